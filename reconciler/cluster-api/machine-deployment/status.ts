import { DEFAULT_MAX_UNAVAILABLE } from '../../../api/kinds/cluster-api/machine-deployment';
import { type ConditionReport, conditionOf, isFalse } from '../../../machinery/conditions';
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
import { boundsOf } from './rollout';
import type { DeploymentScope } from './scope';

/** Fills the status of a MachineDeployment; returns the conditions to write. */
export function reportStatus(scope: DeploymentScope, paused: ConditionReport): ConditionReport[] {
  const { draft, wanted, machines, sets } = scope;
  const deployment = draft.object;
  const deleting = isBeingDeleted(wanted);
  const desired = deleting ? 0 : (wanted.spec.replicas ?? 1);
  const status = { ...deployment.status, selector: formatSelector(selectorOf(wanted.spec.selector)) };
  const reported = sets.some((set) => set.status?.replicas !== undefined);
  for (const field of ['replicas', 'readyReplicas', 'availableReplicas', 'upToDateReplicas'] as const) {
    if (reported) status[field] = sets.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);
    else delete status[field];
  }
  const versions = countVersions(machines.map((machine) => machine.spec.version));
  if (versions.length > 0) status.versions = versions;
  else delete status.versions;
  const current = status.replicas ?? 0;
  status.phase = current < desired ? 'ScalingUp' : current > desired ? 'ScalingDown' : 'Running';
  deployment.status = status;
  return [
    availableReport(scope, status.availableReplicas),
    rollingOutReport(scope),
    remediatingReport(machines, 'MachineDeployment/MachineSet'),
    ...scalingReports({ current, desired: wanted.spec.replicas ?? 1, deleting, blocked: scope.blocked }),
    machinesReadyReport(Type.machinesReady, machines),
    machinesUpToDateReport(Type.machinesUpToDate, machines, scope.deps.clock.now()),
    paused,
    deletingReport(scope, deleting),
  ];
}

function availableReport(scope: DeploymentScope, available: number | undefined): ConditionReport {
  const type = Type.available;
  if (available === undefined) {
    const message = 'Waiting for status.availableReplicas set';
    return { type, status: 'Unknown', reason: Reason.waitingForAvailableReplicasSet, message };
  }
  const { replicas = 1, rollout } = scope.wanted.spec;
  const required = replicas - boundsOf(scope).maxUnavailable;
  if (available >= required) return { type, status: 'True', reason: Reason.available };
  const message = `${available} available replicas, at least ${required} required`;
  if (isBeingDeleted(scope.wanted)) {
    return { type, status: 'False', reason: Reason.notAvailable, message: 'Deletion in progress' };
  }
  const maxUnavailable = rollout?.strategy?.rollingUpdate?.maxUnavailable ?? DEFAULT_MAX_UNAVAILABLE;
  const bounds = ` (spec.strategy.rollout.maxUnavailable is ${maxUnavailable}, spec.replicas is ${replicas})`;
  const rolling = rollout?.strategy?.type !== 'OnDelete';
  return { type, status: 'False', reason: Reason.notAvailable, message: message + (rolling ? bounds : '') };
}

/** The reasons why machines are replaced, from the machines themselves. */
function rollingOutReport(scope: DeploymentScope): ConditionReport {
  const outdated = scope.machines.filter((machine) => isFalse(machine, Type.upToDate));
  if (outdated.length === 0) return { type: Type.rollingOut, status: 'False', reason: Reason.notRollingOut };
  const reasons = new Set(
    outdated.flatMap((machine) => (conditionOf(machine, Type.upToDate)?.message ?? '').split('\n')),
  );
  const lines = [...reasons].filter((line) => line !== '').sort();
  const message = [`Rolling out ${outdated.length} not up-to-date replicas`, ...lines].join('\n');
  return { type: Type.rollingOut, status: 'True', reason: Reason.rollingOut, message };
}

function deletingReport(scope: DeploymentScope, deleting: boolean): ConditionReport {
  if (!deleting) return { type: Type.deleting, status: 'False', reason: Reason.notDeleting };
  const { machines, sets } = scope;
  const message =
    machines.length > 0
      ? `Deleting ${machines.length} ${machines.length === 1 ? 'Machine' : 'Machines'}`
      : `Deleting ${sets.length} MachineSets`;
  return { type: Type.deleting, status: 'True', reason: Reason.deleting, message };
}
