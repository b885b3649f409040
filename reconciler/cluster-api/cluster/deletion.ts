import { Machine } from '../../../api/kinds/cluster-api/machine';
import { MachineDeployment } from '../../../api/kinds/cluster-api/machine-deployment';
import { MachineSet } from '../../../api/kinds/cluster-api/machine-set';
import type { TypedResource } from '../../../api/ports';
import { isBeingDeleted, type KubeObject, keyOf } from '../../../machinery/kube-object';
import { Reason } from '../conditions/reasons';
import type { External } from '../references/external-objects';
import { descendantsOf, listNames, remainingWorkers, standaloneSets, standaloneWorkers } from './descendants';
import type { ClusterScope } from './scope';

/**
 * Takes a cluster apart: workers, control plane, infrastructure, each after the one before is gone (`capi.md` 4.2).
 * @returns true when the finalizer may go
 */
export async function reconcileDelete(scope: ClusterScope): Promise<boolean> {
  const { descendants, deps, draft } = scope;
  await deleteAll(scope, MachineDeployment, descendants.deployments);
  await deleteAll(scope, MachineSet, standaloneSets(descendants));
  await deleteAll(scope, Machine, standaloneWorkers(descendants));
  const left = remainingWorkers(descendantsOf(deps.objects, keyOf(draft.stored)));
  if (left.length > 0) {
    scope.deleting = { reason: Reason.waitingForWorkersDeletion, message: left.join('\n') };
    return false;
  }
  if (scope.controlPlaneError !== undefined) return false;
  if (!(await removed(scope, scope.controlPlane, Reason.waitingForControlPlaneDeletion))) return false;
  if (!(await controlPlaneMachinesRemoved(scope))) return false;
  if (scope.infrastructureError !== undefined) return false;
  return removed(scope, scope.infrastructure, Reason.waitingForInfrastructureDeletion);
}

/** Control-plane machines that nobody's control plane takes with it. */
async function controlPlaneMachinesRemoved(scope: ClusterScope): Promise<boolean> {
  if (scope.draft.stored.spec.controlPlaneRef === undefined) {
    await deleteAll(scope, Machine, scope.descendants.controlPlaneMachines);
  }
  const { controlPlaneMachines } = descendantsOf(scope.deps.objects, keyOf(scope.draft.stored));
  if (controlPlaneMachines.length === 0) return true;
  const message = `* Control plane Machines: ${listNames(controlPlaneMachines)}`;
  scope.deleting = { reason: Reason.waitingForControlPlaneDeletion, message };
  return false;
}

async function removed(scope: ClusterScope, found: External | undefined, reason: string): Promise<boolean> {
  if (found?.object === undefined) return true;
  const { resource, object } = found;
  if (!isBeingDeleted(object)) await scope.deps.objects.delete(resource, object);
  if (scope.deps.objects.get(resource, keyOf(object)) === undefined) return true;
  scope.deleting = { reason, message: `Waiting for ${object.kind} to be deleted` };
  return false;
}

async function deleteAll<T extends KubeObject>(
  scope: ClusterScope,
  resource: TypedResource<T>,
  objects: readonly T[],
): Promise<void> {
  for (const object of objects) if (!isBeingDeleted(object)) await scope.deps.objects.delete(resource, object);
}
