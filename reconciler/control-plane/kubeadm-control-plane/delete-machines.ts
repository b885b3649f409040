import { Machine } from '../../../api/kinds';
import { PRE_TERMINATE_HOOK_ANNOTATION } from '../../../api/labels';
import { conditionOf } from '../../../machinery/conditions';
import { cloneJson } from '../../../machinery/json';
import { describeObject, isBeingDeleted } from '../../../machinery/kube-object';
import { parseVersion } from '../../../machinery/versions';
import { moveLeadershipFrom, removeMemberOf } from './etcd-members';
import { CLEANUP_HOOK, EventReason, WAITING_FOR_HOOK } from './reasons';
import { runsComponents } from './remediation';
import { machinesOf, type Scope, updateMachine } from './scope';

/**
 * Lets the machine that was told first to go leave etcd, once its Machine waits for that (`capi.md` 6.5). The API
 * server on it stays up until then.
 * @returns true while a machine is being deleted: nothing else may happen meanwhile
 */
export async function reconcileDeletingMachine(scope: Scope): Promise<boolean> {
  const deleting = machinesOf(scope).filter(isBeingDeleted);
  if (deleting.length === 0) return false;
  // Without the hook the machine is on its way; one at a time.
  if (deleting.some((machine) => machine.metadata.annotations?.[CLEANUP_HOOK] === undefined)) return true;
  const [machine] = deleting.sort(byDeletion);
  if (machine === undefined || conditionOf(machine, 'Deleting')?.reason !== WAITING_FOR_HOOK) return true;
  if (needsLocalApiServer(machine) && hasOtherHooks(machine)) return true;
  const others = machinesOf(scope).filter((other) => other !== machine);
  if (others.length > 0 && !others.some((other) => runsComponents(other, scope.managedEtcd))) {
    reportWait(scope, machine);
    return true;
  }
  if (scope.managedEtcd && others.length > 0) {
    await moveLeadershipFrom(scope, machine);
    await removeMemberOf(scope, machine);
  }
  await dropHook(scope, machine);
  return true;
}

/** Its Pods may be the last ones that work; the conditions of the others tell when they do. */
function reportWait(scope: Scope, machine: Machine): void {
  scope.blocked = `${describeObject(machine)}: it is not let go, because no other machine has healthy control plane components`;
  scope.deps.events.event(scope.draft.stored, 'Warning', EventReason.failedScaleDown, scope.blocked);
}

function byDeletion(left: Machine, right: Machine): number {
  const time = (machine: Machine) => Date.parse(machine.metadata.deletionTimestamp ?? '');
  return time(left) - time(right) || (left.metadata.name < right.metadata.name ? -1 : 1);
}

/** From 1.31 on a kubelet talks to the API server beside it, which ends with its etcd member. */
function needsLocalApiServer(machine: Machine): boolean {
  const version = parseVersion(machine.spec.version ?? '');
  return version !== undefined && (version.major > 1 || version.minor >= 31);
}

function hasOtherHooks(machine: Machine): boolean {
  return Object.keys(machine.metadata.annotations ?? {}).some(
    (key) => key.startsWith(PRE_TERMINATE_HOOK_ANNOTATION) && key !== CLEANUP_HOOK,
  );
}

/** Takes our hook off a Machine. */
export async function dropHook(scope: Scope, machine: Machine): Promise<Machine> {
  const after = cloneJson(machine);
  delete after.metadata.annotations?.[CLEANUP_HOOK];
  const answer = await scope.deps.objects.patch(Machine, machine, after);
  updateMachine(scope, answer);
  return answer;
}
