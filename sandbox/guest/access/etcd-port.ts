import type { EtcdMember, EtcdStatus } from '../../../api/ports/workload-clusters';
import { EtcdRefused, type EtcdState, type Member, moveLeader, removeMember } from '../etcd/members';
import type { Machine } from '../machine';
import type { WorkloadCluster } from '../workload/cluster';

/**
 * The etcd members of one workload cluster and its API servers' certificates, reached the way a port-forward would
 * reach them but without sockets. Methods throw KubeUnreachable, KubeError or EtcdRefused.
 */
export class EtcdPort {
  readonly #open: (pod: string) => Promise<WorkloadCluster>;

  /** `open` finds the cluster and makes sure that a pod exists. */
  constructor(open: (pod: string) => Promise<WorkloadCluster>) {
    this.#open = open;
  }

  async members(node: string): Promise<readonly EtcdMember[]> {
    const { etcd } = await this.#dial(node);
    return etcd.members.map(memberView);
  }

  async status(node: string): Promise<EtcdStatus> {
    const { etcd, member } = await this.#dial(node);
    return { clusterId: etcd.clusterId, memberId: member.id, leaderId: etcd.leaderId, errors: [] };
  }

  async alarms(node: string): Promise<readonly { readonly memberId: string; readonly alarm: string }[]> {
    await this.#dial(node);
    return [];
  }

  async moveLeader(node: string, to: string): Promise<void> {
    const { cluster, etcd, member } = await this.#dial(node);
    cluster.setEtcd(moveLeader(etcd, member.id, to));
  }

  async removeMember(node: string, memberId: string): Promise<void> {
    const { cluster, etcd } = await this.#dial(node);
    cluster.setEtcd(removeMember(etcd, memberId, cluster.isRunning));
  }

  /** When the serving certificate of the API server on a node ends. */
  async apiServerCertificateExpiry(node: string): Promise<Date> {
    const cluster = await this.#open(`kube-apiserver-${node}`);
    const { controlPlane } = runningMachine(cluster, node)?.kubelet ?? {};
    if (controlPlane === undefined) throw new EtcdRefused(`pod kube-apiserver-${node} does not run`, 'UNAVAILABLE');
    // Certificates carry whole seconds.
    return new Date(Math.floor(controlPlane.certificatesUntil / 1000) * 1000);
  }

  async #dial(node: string): Promise<{ cluster: WorkloadCluster; etcd: EtcdState; member: Member }> {
    const cluster = await this.#open(`etcd-${node}`);
    const machine = runningMachine(cluster, node);
    const member = machine === undefined ? undefined : cluster.memberOn(machine);
    if (cluster.etcd === undefined || member === undefined) {
      throw new EtcdRefused(`etcd-${node}: connect: connection refused`, 'UNAVAILABLE');
    }
    return { cluster, etcd: cluster.etcd, member };
  }
}

export function runningMachine(cluster: WorkloadCluster, node: string): Machine | undefined {
  const machine = cluster.machineOfNode(node);
  return machine?.kubeletRunning === true ? machine : undefined;
}

export function memberView(member: Member): EtcdMember {
  return {
    id: member.id,
    name: member.name,
    isLearner: member.isLearner,
    peerUrls: [`https://${member.address}:2380`],
    clientUrls: [`https://${member.address}:2379`],
  };
}
