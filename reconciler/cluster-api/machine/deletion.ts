import { Node } from '../../../api/kinds';
import { Machine } from '../../../api/kinds/cluster-api/machine';
import { CLUSTER_NAME_LABEL, CONTROL_PLANE_LABEL } from '../../../api/labels';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { Reason } from '../conditions/reasons';
import type { External } from '../references/external-objects';
import { mayTouchNode, preDrainHooks, preTerminateHooks } from './deletion-guards';
import { deleteNode, drainNode, type Stage, startTimes, waitForConnection, waitForVolumes } from './drain';
import { type MachineScope, machineOf } from './scope';

/**
 * Takes a machine apart, one stage after the other (`capi.md` 4.3). Every stage that waits says so in the scope.
 * @returns true when the finalizer may go
 */
export async function reconcileDelete(scope: MachineScope): Promise<boolean> {
  const touchNode = mayTouchNode({
    clusterDeleting: isBeingDeleted(scope.cluster),
    controlPlaneDeleting: scope.controlPlaneDeleting ?? false,
    nodeRef: machineOf(scope).status?.nodeRef?.name,
    isControlPlane: isControlPlane(machineOf(scope)),
    otherControlPlaneMachines: otherControlPlaneMachines(scope),
    externallyManagedControlPlane: scope.controlPlane?.externallyManaged ?? false,
  });
  if (touchNode && (await vacateNode(scope)) === 'wait') return false;
  if (waitForPreTerminateHooks(scope) === 'wait') return false;
  const { deps, infrastructure, bootstrap } = scope;
  const removed = async (found: External | undefined, reason: string): Promise<boolean> => {
    if (found?.object === undefined) return true;
    const { resource, object } = found;
    if (!isBeingDeleted(object)) await deps.objects.delete(resource, object);
    if (
      deps.objects.get(resource, { namespace: scope.clusterKey.namespace, name: object.metadata.name }) === undefined
    ) {
      return true;
    }
    scope.deleting = { reason, message: `Waiting for ${object.kind} to be deleted` };
    return false;
  };
  if (scope.infrastructureError !== undefined || scope.bootstrapError !== undefined) return false;
  if (!(await removed(infrastructure, Reason.waitingForInfrastructureDeletion))) return false;
  if (!(await removed(bootstrap, Reason.waitingForBootstrapDeletion))) return false;
  const node = machineOf(scope).status?.nodeRef?.name;
  return !touchNode || node === undefined || (await deleteNode(scope, node)) === 'next';
}

function isControlPlane(machine: Machine): boolean {
  return machine.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined;
}

function otherControlPlaneMachines(scope: MachineScope): number {
  const { namespace, name } = scope.clusterKey;
  const machines = scope.deps.objects.list(Machine, {
    namespace,
    selector: { matchLabels: { [CLUSTER_NAME_LABEL]: name } },
  });
  return machines.filter(
    (machine) =>
      isControlPlane(machine) && !isBeingDeleted(machine) && machine.metadata.uid !== machineOf(scope).metadata.uid,
  ).length;
}

/** Pre-drain hooks, drain, volumes. */
async function vacateNode(scope: MachineScope): Promise<Stage> {
  const machine = machineOf(scope);
  const hooks = preDrainHooks(machine.metadata.annotations);
  if (hooks.length > 0) {
    startTimes(scope).waitForPreDrainHookStartTime ??= scope.draft.now;
    const message = `Waiting for pre-drain hooks to succeed (hooks: ${hooks.join(',')})`;
    scope.deleting = { reason: Reason.waitingForPreDrainHook, message };
    return 'wait';
  }
  const { connection } = scope;
  // That nobody answers us now, for instance just after our start, says nothing about what runs on the node.
  if (connection === undefined) return waitForConnection(scope);
  const name = machine.status?.nodeRef?.name;
  const node = name === undefined ? undefined : connection.get(Node, { namespace: '', name });
  if (node === undefined) return 'next';
  if ((await drainNode(scope, node, connection)) === 'wait') return 'wait';
  return waitForVolumes(scope, node, connection);
}

function waitForPreTerminateHooks(scope: MachineScope): Stage {
  const hooks = preTerminateHooks(machineOf(scope).metadata.annotations);
  if (hooks.length === 0) return 'next';
  startTimes(scope).waitForPreTerminateHookStartTime ??= scope.draft.now;
  const message = `Waiting for pre-terminate hooks to succeed (hooks: ${hooks.join(',')})`;
  scope.deleting = { reason: Reason.waitingForPreTerminateHook, message };
  return 'wait';
}
