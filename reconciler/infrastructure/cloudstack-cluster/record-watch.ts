import { CloudStackCluster, type CloudStackMachine, Cluster } from '../../../api/kinds';
import type { ObjectEvent } from '../../../api/ports';
import { keyOf, type ObjectKey } from '../../../machinery/kube-object';
import type { InfrastructureDeps } from '../deps';
import { isSettled } from '../kubernetes-record/members';
import { clusterNameOf } from '../scope';

/** Wakes the cluster of a machine when the machine enters or leaves its record among CloudStack's Kubernetes clusters. */
export function recordOfMachine(deps: InfrastructureDeps, event: ObjectEvent): readonly ObjectKey[] {
  if (deps.kubernetesSync !== true) return [];
  // Watched as CloudStackMachine, so both are.
  const machine = event.object as CloudStackMachine;
  const previous = event.previous as CloudStackMachine | undefined;
  const isNews =
    event.type !== 'modified' ||
    previous === undefined ||
    isSettled(machine) !== isSettled(previous) ||
    machine.spec.instanceID !== previous.spec.instanceID;
  const clusterName = clusterNameOf(machine);
  if (!isNews || clusterName === undefined) return [];
  const namespace = machine.metadata.namespace ?? '';
  const reference = deps.objects.get(Cluster, { namespace, name: clusterName })?.spec.infrastructureRef;
  const name = reference?.kind === 'CloudStackCluster' ? reference.name : clusterName;
  const cluster = deps.objects.get(CloudStackCluster, { namespace, name });
  return cluster?.spec.syncWithACS === true ? [keyOf(cluster)] : [];
}
