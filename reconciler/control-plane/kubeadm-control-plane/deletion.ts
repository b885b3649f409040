import { Machine } from '../../../api/kinds';
import { CLUSTER_NAME_LABEL, CONTROL_PLANE_LABEL, KUBEADM_CONTROL_PLANE_FINALIZER } from '../../../api/labels';
import { done, type Outcome } from '../../../api/ports';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { dropHook } from './delete-machines';
import { CLEANUP_HOOK, Reason, Type } from './reasons';
import { isGone, machinesOf, type Scope } from './scope';

/** Deletes the machines once no worker is left, then lets go of the object (`capi.md` 6.10). */
export async function reconcileDeletion(scope: Scope): Promise<Outcome> {
  const workers = workersOf(scope);
  if (workers.length > 0) {
    const names = workers.slice(0, 5).map((machine) => machine.metadata.name);
    const more = workers.length > names.length ? `, ... (${workers.length - names.length} more)` : '';
    reportDeleting(
      scope,
      Reason.waitingForWorkersDeletion,
      `KubeadmControlPlane deletion blocked because following objects still exist:\n* Machines: ${names.join(', ')}${more}`,
    );
    return done();
  }
  for (const machine of machinesOf(scope)) await deleteMachine(scope, machine);
  const left = machinesOf(scope).length;
  if (left > 0) {
    reportDeleting(scope, Reason.waitingForMachineDeletion, `Deleting ${left} ${left === 1 ? 'Machine' : 'Machines'}`);
    return done();
  }
  reportDeleting(scope, Reason.deletionCompleted, 'Deletion completed');
  return done();
}

/** Without care for etcd: the cluster goes as a whole, and no member may hold another one up. */
async function deleteMachine(scope: Scope, machine: Machine): Promise<void> {
  const free = machine.metadata.annotations?.[CLEANUP_HOOK] === undefined ? machine : await dropHook(scope, machine);
  if (!isBeingDeleted(free)) await scope.deps.objects.delete(Machine, free);
}

function workersOf(scope: Scope): readonly Machine[] {
  const { name, namespace } = scope.clusterKey;
  return scope.deps.objects.list(Machine, {
    namespace,
    selector: {
      matchLabels: { [CLUSTER_NAME_LABEL]: name },
      matchExpressions: [{ key: CONTROL_PLANE_LABEL, operator: 'DoesNotExist' }],
    },
  });
}

function reportDeleting(scope: Scope, reason: string, message: string): void {
  scope.reports.push({ type: Type.deleting, status: 'True', reason, message });
}

/** The last write: without the finalizer the object is gone. */
export async function releaseFinalizer(scope: Scope): Promise<void> {
  const isHeld = scope.draft.stored.metadata.finalizers?.includes(KUBEADM_CONTROL_PLANE_FINALIZER) === true;
  if (isHeld && !isGone(scope)) await scope.draft.release(KUBEADM_CONTROL_PLANE_FINALIZER);
}
