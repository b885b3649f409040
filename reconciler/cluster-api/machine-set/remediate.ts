import { Machine, MachineDeployment } from '../../../api/kinds';
import { REVISION_ANNOTATION } from '../../../api/labels';
import { type ConditionReport, conditionOf } from '../../../machinery/conditions';
import { resolveIntOrPercent } from '../../../machinery/int-or-percent';
import { cloneJson } from '../../../machinery/json';
import { controllerOf } from '../../../machinery/kube-object';
import { Draft } from '../../runtime/draft';
import { Type } from '../conditions/reasons';
import { deleteMachine, refreshMachines } from './machines';
import { DELETING, deferred, planRemediation, type RemediationLimits } from './remediation';
import type { MachineSetScope } from './scope';

/**
 * Deletes machines that a health check found unhealthy and left to their owner; the missing number is made up for as
 * usual. That they are being replaced is said first, so that a run that ends between the two is recognized.
 * @param preflight - why no machine could be created now
 */
export async function remediateMachines(
  scope: MachineSetScope,
  preflight: () => Promise<readonly string[]>,
): Promise<void> {
  const plan = planRemediation(scope.machines, limitsOf(scope));
  if (plan.due.length + plan.held.length + plan.recovered.length === 0) return;
  for (const machine of plan.recovered) await withdraw(scope, machine);
  const blocked = plan.due.length === 0 ? [] : await preflight();
  for (const { machine, report } of [...plan.held, ...(blocked.length > 0 ? deferred(plan.due, blocked) : [])]) {
    await say(scope, machine, report);
  }
  if (blocked.length === 0) {
    for (const machine of plan.due) await deleteMachine(scope, await say(scope, machine, DELETING));
  }
  refreshMachines(scope);
}

function limitsOf({ deps, wanted, namespace }: MachineSetScope): RemediationLimits {
  const owner = controllerOf(wanted);
  const deployment =
    owner?.kind === 'MachineDeployment'
      ? deps.objects.get(MachineDeployment, { namespace, name: owner.name })
      : undefined;
  if (deployment === undefined) return { isCurrent: true, maxInFlight: undefined };
  const revision = (object: { metadata: { annotations?: { [key: string]: string } | undefined } }) =>
    object.metadata.annotations?.[REVISION_ANNOTATION];
  const { remediation, replicas = 1 } = deployment.spec;
  const limit = remediation?.maxInFlight;
  return {
    isCurrent: revision(deployment) === revision(wanted),
    maxInFlight:
      limit === undefined ? undefined : { count: resolveIntOrPercent(limit, replicas, 'up'), text: String(limit) },
  };
}

async function say(scope: MachineSetScope, machine: Machine, report: ConditionReport): Promise<Machine> {
  const { reason, message } = conditionOf(machine, report.type) ?? {};
  if (reason === report.reason && message === report.message) return machine;
  const draft = new Draft(Machine, machine, scope.deps);
  await draft.save([report], false);
  return draft.stored;
}

async function withdraw({ deps }: MachineSetScope, machine: Machine): Promise<void> {
  const after = cloneJson(machine);
  const conditions = (after.status?.conditions ?? []).filter(({ type }) => type !== Type.ownerRemediated);
  after.status = { ...after.status, conditions };
  await deps.objects.patch(Machine, machine, after, { ownedConditions: [Type.ownerRemediated] });
}
