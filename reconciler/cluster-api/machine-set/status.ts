import { type ConditionReport, isTrue } from '../../../machinery/conditions';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { formatSelector } from '../../../machinery/selectors';
import { countVersions } from '../../../machinery/versions';
import {
  machinesReadyReport,
  machinesUpToDateReport,
  remediatingReport,
  scalingReports,
} from '../conditions/machine-reports';
import { Reason, Type } from '../conditions/reasons';
import { selectorOf } from '../selector';
import type { MachineSetScope } from './scope';

/** Fills the status of a MachineSet; returns the conditions to write. */
export function reportStatus(scope: MachineSetScope, paused: ConditionReport): ConditionReport[] {
  const { draft, wanted, machines } = scope;
  const set = draft.object;
  const count = (type: string) => machines.filter((machine) => isTrue(machine, type)).length;
  set.status = {
    ...set.status,
    selector: formatSelector(selectorOf(wanted.spec.selector)),
    replicas: machines.length,
    readyReplicas: count(Type.ready),
    availableReplicas: count(Type.available),
    upToDateReplicas: count(Type.upToDate),
  };
  const versions = countVersions(machines.map((machine) => machine.spec.version));
  if (versions.length > 0) set.status.versions = versions;
  else delete set.status.versions;
  const deleting = isBeingDeleted(wanted);
  return [
    remediatingReport(machines, 'MachineSet'),
    ...scalingReports({
      current: machines.length,
      desired: wanted.spec.replicas ?? 1,
      deleting,
      blocked: scope.blocked,
    }),
    machinesReadyReport(Type.machinesReady, machines),
    machinesUpToDateReport(Type.machinesUpToDate, machines, scope.deps.clock.now()),
    paused,
    deletingReport(deleting, machines.length),
  ];
}

function deletingReport(deleting: boolean, left: number): ConditionReport {
  if (!deleting) return { type: Type.deleting, status: 'False', reason: Reason.notDeleting };
  const message = `Deleting ${left} ${left === 1 ? 'Machine' : 'Machines'}`;
  return { type: Type.deleting, status: 'True', reason: Reason.deleting, message };
}
