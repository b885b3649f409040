import type { CloudStackCluster, CloudStackMachine } from '../../../api/kinds';
import { CloudStackRefused } from '../../../api/ports';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { whyUnsupported } from '../kubernetes-record/decision';
import { Finalizer } from '../names';
import { Reason } from '../reasons';
import type { Scope } from '../scope';
import type { MachineWork } from './work';

/**
 * Promises, before the instance can be put into the record of its Kubernetes cluster, to take it out again. The cluster's
 * controller adds only machines that have promised.
 */
export function promiseToLeaveRecord(
  scope: Scope<CloudStackMachine>,
  cloudStackCluster: CloudStackCluster | undefined,
): void {
  const isShown = scope.deps.kubernetesSync === true && cloudStackCluster?.spec.syncWithACS === true;
  if (isShown) scope.addFinalizer(Finalizer.recordMember);
}

export function hasPromised(machine: CloudStackMachine): boolean {
  return (machine.metadata.finalizers ?? []).includes(Finalizer.recordMember);
}

/**
 * Takes the instance out of the record before it is destroyed: CloudStack cannot let go of a member that is expunged.
 * When the cluster goes as a whole its record goes too, and when CloudStack refuses, the machine does not wait for it.
 */
export async function leaveRecord({ scope, cloud, cloudStackCluster }: MachineWork): Promise<void> {
  if (!hasPromised(scope.object)) return;
  const recordId = cloudStackCluster?.status?.cloudStackClusterId ?? '';
  if (recordId === '' || cloudStackCluster === undefined || isBeingDeleted(cloudStackCluster)) return;
  if (scope.cluster === undefined || isBeingDeleted(scope.cluster)) return;
  if (whyUnsupported(await cloud.capabilities()) !== undefined) return;
  const id = scope.object.spec.instanceID ?? '';
  const { kubernetesRecords } = cloud;
  try {
    const members = await kubernetesRecords.members(recordId);
    if (members?.has(id) === true) await kubernetesRecords.remove(recordId, [id]);
  } catch (error) {
    if (!(error instanceof CloudStackRefused)) throw error;
    kubernetesRecords.forgetMembers(recordId);
    const message = `instance ${id} could not be taken out of Kubernetes cluster ${recordId}: ${error.message}`;
    scope.event('Warning', Reason.RefusedByCloudStack, message);
  }
}
