import { CONTROL_PLANE_LABEL } from '../../api/labels';
import { conditionOf, isTrue } from '../../machinery/conditions';
import { isBeingDeleted, type KubeObject } from '../../machinery/kube-object';
import { hasExternalEtcd } from '../../machinery/kubeadm';
import { quorumOf } from '../../reconciler/control-plane/kubeadm-control-plane/etcd-safety';
import { CLEANUP_HOOK } from '../../reconciler/control-plane/kubeadm-control-plane/reasons';
import { isOf, type Snapshot } from './snapshot';

/** The etcd that a cluster's control plane runs itself, by the names of the Machines of its members. */
export interface EtcdMembers {
  readonly all: readonly string[];
  /** Their VMs are gone, and what was on them. */
  readonly lost: readonly string[];
  readonly healthy: readonly string[];
  /** It was there, no machine is left that it could be on, and its cluster is to go on. */
  readonly isGone: boolean;
}

/** `unsure`: enough members are left, but not enough of them are known to be healthy. */
export type Quorum = 'kept' | 'unsure' | 'lost';

/** Without members nothing can be lost. */
export function quorumAmong({ all, lost, healthy }: Pick<EtcdMembers, 'all' | 'lost' | 'healthy'>): Quorum {
  const needed = all.length === 0 ? 0 : quorumOf(all.length);
  if (healthy.length >= needed) return 'kept';
  return all.length - lost.length >= needed ? 'unsure' : 'lost';
}

export function etcdMembersOf(snapshot: Snapshot, cluster: KubeObject): EtcdMembers {
  const ofCluster = isOf(cluster);
  const isExternal = snapshot.controlPlanes.some(
    (controlPlane) =>
      ofCluster(controlPlane) && hasExternalEtcd(controlPlane.spec.kubeadmConfigSpec?.clusterConfiguration),
  );
  if (isExternal) return { all: [], lost: [], healthy: [], isGone: false };
  const lostVms = new Set(
    snapshot.infrastructureMachines
      .filter((vm) => ofCluster(vm) && conditionOf(vm, 'Ready')?.reason === 'InstanceLost')
      .map(({ metadata }) => metadata.name),
  );
  const machines = snapshot.machines.filter(
    (machine) => ofCluster(machine) && machine.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined,
  );
  const isGone =
    !isBeingDeleted(cluster) &&
    snapshot.controlPlanes.some((controlPlane) => ofCluster(controlPlane) && isTrue(controlPlane, 'Initialized')) &&
    machines.every(({ spec }) => spec.providerID === undefined);
  const all = machines.filter(
    (machine) =>
      // It joins etcd with its Node, and has left it when its control plane lets it go.
      machine.status?.nodeRef !== undefined &&
      !(isBeingDeleted(machine) && machine.metadata.annotations?.[CLEANUP_HOOK] === undefined),
  );
  const lost = all.filter((machine) => {
    const reason = conditionOf(machine, 'InfrastructureReady')?.reason;
    return reason === 'InstanceLost' || reason === 'ObjectDeleted' || lostVms.has(machine.spec.infrastructureRef.name);
  });
  const healthy = all.filter((machine) => !lost.includes(machine) && isTrue(machine, 'EtcdMemberHealthy'));
  return { all: namesOf(all), lost: namesOf(lost), healthy: namesOf(healthy), isGone };
}

function namesOf(objects: readonly KubeObject[]): readonly string[] {
  return objects.map(({ metadata }) => metadata.name);
}
