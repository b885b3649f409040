import { Machine } from '../../../api/kinds';
import { PRE_TERMINATE_HOOK_ANNOTATION } from '../../../api/labels';
import { done, type Outcome, requeueAfter } from '../../../api/ports';
import { conditionOf } from '../../../machinery/conditions';
import { cloneJson } from '../../../machinery/json';
import { describeObject, isBeingDeleted } from '../../../machinery/kube-object';
import { parseVersion } from '../../../machinery/versions';
import { moveLeadershipFrom, removeMemberOf } from './etcd-members';
import { lookAtEtcdAgain } from './inspect';
import { joinTimeLeft } from './joining';
import { CLEANUP_HOOK, EventReason, WAITING_FOR_HOOK } from './reasons';
import { runsComponents } from './remediation';
import { machinesOf, type Scope, updateMachine } from './scope';

/**
 * Lets the machine that was told first to go leave etcd, once its Machine waits for that (`capi.md` 6.5). The API
 * server on it stays up until then.
 * @returns undefined when no machine is being deleted; while one is, nothing else may happen
 */
export async function reconcileDeletingMachine(scope: Scope): Promise<Outcome | undefined> {
  const deleting = machinesOf(scope).filter(isBeingDeleted);
  if (deleting.length === 0) return undefined;
  // Without the hook the machine is on its way; one at a time.
  if (deleting.some((machine) => machine.metadata.annotations?.[CLEANUP_HOOK] === undefined)) return done();
  const [machine] = deleting.sort(byDeletion);
  if (machine === undefined || conditionOf(machine, 'Deleting')?.reason !== WAITING_FOR_HOOK) return done();
  if (needsLocalApiServer(machine) && hasOtherHooks(machine)) return done();
  const others = machinesOf(scope).filter((other) => other !== machine);
  if (others.length > 0 && !others.some((other) => runsComponents(other, scope.managedEtcd))) {
    reportWait(scope, machine, 'no other machine has healthy control plane components');
    return done();
  }
  if (scope.managedEtcd && others.length > 0) {
    const left = joinTimeLeft(machine, scope.deps.clock.now());
    if (left > 0) {
      reportWait(scope, machine, 'it may be about to join etcd, and would leave a dead member there');
      return requeueAfter(left);
    }
    // What was seen of etcd may be older than the Node; the member is not.
    await lookAtEtcdAgain(scope);
    await moveLeadershipFrom(scope, machine);
    await removeMemberOf(scope, machine);
  }
  await dropHook(scope, machine);
  return done();
}

function reportWait(scope: Scope, machine: Machine, why: string): void {
  scope.blocked = `${describeObject(machine)}: it is not let go, because ${why}`;
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
