import { Machine } from '../../../api/kinds';
import { done, type Outcome, requeueAfter } from '../../../api/ports';
import type { ConditionReport } from '../../../machinery/conditions';
import { cloneJson } from '../../../machinery/json';
import { moveLeadershipFrom } from './etcd-members';
import { MachineType, REMEDIATION_FOR, REMEDIATION_IN_PROGRESS, Reason } from './reasons';
import { planRemediation, recoveredMachines } from './remediation';
import { type RemediationData, readRemediation, remediationText } from './remediation-data';
import { isInitialized, machinesOf, type Scope, saveMachineConditions, updateMachine } from './scope';

const DELETING: ConditionReport = {
  type: MachineType.ownerRemediated,
  status: 'False',
  reason: Reason.machineDeleting,
  message: 'Machine is deleting',
};

/**
 * Deletes one machine that a health check found unhealthy, where the control plane can do without it. What it is about
 * to do is stored on the control plane first, so that the machine that comes knows what it replaces.
 * @returns when to look again, or 'stepped'
 */
export async function remediateMachine(scope: Scope): Promise<Outcome | 'stepped'> {
  for (const machine of recoveredMachines(machinesOf(scope))) await withdraw(scope, machine);
  const { deps, draft, managedEtcd } = scope;
  const step = planRemediation({
    machines: machinesOf(scope),
    initialized: isInitialized(scope),
    managedEtcd,
    etcdMembers: scope.etcd.members,
    inProgress: remediationInProgress(scope),
    limits: scope.controlPlane.spec.remediation ?? {},
    now: deps.clock.now(),
  });
  if (step.kind === 'none') return done();
  if (step.kind === 'wait') {
    updateMachine(scope, await saveMachineConditions(scope, step.machine, [step.report]));
    return step.retryAfterMs === undefined ? done() : requeueAfter(step.retryAfterMs);
  }
  const { metadata } = draft.object;
  metadata.annotations = { ...metadata.annotations, [REMEDIATION_IN_PROGRESS]: remediationText(step.data) };
  await draft.saveMain();
  if (isInitialized(scope) && managedEtcd) await moveLeadershipFrom(scope, step.machine);
  const said = await saveMachineConditions(scope, step.machine, [DELETING]);
  await deps.objects.delete(Machine, said);
  updateMachine(scope, said);
  return 'stepped';
}

/** A replacement whose new machine does not exist yet. */
export function remediationInProgress(scope: Scope): RemediationData | undefined {
  const data = readRemediation(scope.draft.object.metadata.annotations?.[REMEDIATION_IN_PROGRESS]);
  const isReplaced = machinesOf(scope).some(
    ({ metadata }) => readRemediation(metadata.annotations?.[REMEDIATION_FOR])?.machine === data?.machine,
  );
  return isReplaced ? undefined : data;
}

/** The new machine exists, or none is wanted any more: written with the status. */
export function endRemediation(scope: Scope): void {
  delete scope.draft.object.metadata.annotations?.[REMEDIATION_IN_PROGRESS];
}

async function withdraw(scope: Scope, machine: Machine): Promise<void> {
  const after = cloneJson(machine);
  const conditions = (after.status?.conditions ?? []).filter(({ type }) => type !== MachineType.ownerRemediated);
  after.status = { ...after.status, conditions };
  const ownedConditions = [MachineType.ownerRemediated];
  updateMachine(scope, await scope.deps.objects.patch(Machine, machine, after, { ownedConditions }));
}
