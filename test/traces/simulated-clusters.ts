import { ConfigMap, Node, Pod } from '../../api/kinds';
import {
  type ApiServerCertificates,
  type EtcdAdmin,
  EtcdUnavailable,
  KubeUnreachable,
  type WorkloadAccess,
} from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import { parseKubeconfig } from '../../machinery/pki';
import type { Random } from '../../machinery/random';
import { createKubeServer, type KubeServer } from '../../sandbox/kube';

const NO_INFO = {
  architecture: '',
  bootID: '',
  containerRuntimeVersion: '',
  kernelVersion: '',
  kubeProxyVersion: '',
  machineID: '',
  operatingSystem: '',
  osImage: '',
  systemUUID: '',
};

/** A workload cluster that exists as far as controllers look: Nodes, static pods, kubeadm-config, etcd members. */
export class SimulatedCluster {
  readonly server: KubeServer;
  /** Node names of etcd members, in order of joining; the first is the leader. */
  readonly members: string[] = [];
  #apiServers = 0;

  constructor(
    readonly port: number,
    clock: Clock,
    random: Random,
  ) {
    this.server = createKubeServer({ clock, random });
  }

  get answers(): boolean {
    return this.#apiServers > 0;
  }

  async addNode(name: string, version: string, controlPlane: boolean): Promise<void> {
    const api = this.server.api();
    const role = 'node-role.kubernetes.io/control-plane';
    const conditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({
      type,
      status: type === 'Ready' ? 'True' : 'False',
      reason: 'Simulated',
    }));
    const nodeInfo = { ...NO_INFO, kubeletVersion: version };
    await api.create(Node, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: controlPlane ? { [role]: '' } : {} },
      spec: {
        providerID: `in-memory://${name}`,
        ...(controlPlane ? { taints: [{ key: role, effect: 'NoSchedule' }] } : {}),
      },
      status: { conditions, nodeInfo },
    });
  }

  async startControlPlane(node: string): Promise<void> {
    const api = this.server.api();
    for (const component of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd']) {
      const key = { namespace: 'kube-system', name: `${component}-${node}` };
      await api.create(Pod, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          ...key,
          labels: { component, tier: 'control-plane' },
          annotations: { 'kubernetes.io/config.mirror': 'simulated' },
        },
        spec: { nodeName: node, containers: [{ name: component, image: component }] },
      });
      const patch = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
      await api.patch(Pod, key, { type: 'merge', patch }, { subresource: 'status' });
    }
    this.members.push(node);
    this.#apiServers++;
    if (this.#apiServers > 1 || this.members.length > 1) return;
    await api.create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'kube-system', name: 'kubeadm-config' },
      data: { ClusterConfiguration: '' },
    });
  }

  /** The VM is gone: its Node and pods with it, and its member if nobody removed it. */
  async removeNode(node: string, controlPlane: boolean): Promise<void> {
    const api = this.server.api();
    if (controlPlane) this.#apiServers--;
    const index = this.members.indexOf(node);
    if (index >= 0) this.members.splice(index, 1);
    await api.delete(Node, { namespace: '', name: node }).catch(() => undefined);
    if (!controlPlane) return;
    for (const component of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd']) {
      const key = { namespace: 'kube-system', name: `${component}-${node}` };
      await api.delete(Pod, key, { gracePeriodSeconds: 0 }).catch(() => undefined);
    }
  }
}

/** All workload clusters of a run, found by the port in their kubeconfig. */
export class SimulatedClusters {
  readonly #clusters = new Map<number, SimulatedCluster>();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** The only cluster of a scenario listens here. */
  static readonly PORT = 20_000;

  at(port: number): SimulatedCluster {
    const known = this.#clusters.get(port) ?? new SimulatedCluster(port, this.clock, this.random);
    this.#clusters.set(port, known);
    return known;
  }

  readonly access: WorkloadAccess = {
    connect: (kubeconfig) => {
      const { server } = parseKubeconfig(kubeconfig);
      const cluster = this.at(Number(new URL(server).port));
      return {
        api: cluster.server.api(),
        probe: () =>
          cluster.answers
            ? Promise.resolve()
            : Promise.reject(new KubeUnreachable(`GET ${server}/`, new Error('connection refused'))),
        close: () => undefined,
      };
    },
  };

  /** Simulated at the level of the port: no gRPC, no port-forward; the sandbox's guests have those. */
  readonly etcd: EtcdAdmin = {
    members: (cluster, node) => {
      const { members } = this.#reach(cluster, node);
      const list = members.map((name) => ({
        id: idOf(name),
        name,
        isLearner: false,
        peerUrls: [`https://${name}:2380`],
        clientUrls: [`https://${name}:2379`],
      }));
      return Promise.resolve(list);
    },
    status: (cluster, node) => {
      const { members } = this.#reach(cluster, node);
      const leaderId = idOf(members[0] ?? '');
      return Promise.resolve({ clusterId: 'c', memberId: idOf(node), leaderId, errors: [] });
    },
    alarms: (cluster, node) => {
      this.#reach(cluster, node);
      return Promise.resolve([]);
    },
    moveLeader: (cluster, node, to) => {
      const { members } = this.#reach(cluster, node);
      members.sort((a, b) => Number(idOf(b) === to) - Number(idOf(a) === to));
      return Promise.resolve();
    },
    removeMember: (cluster, node, memberId) => {
      const { members } = this.#reach(cluster, node);
      const index = members.findIndex((name) => idOf(name) === memberId);
      if (index >= 0) members.splice(index, 1);
      return Promise.resolve();
    },
  };

  readonly certificates: ApiServerCertificates = {
    expiry: () => Promise.resolve(new Date(this.clock.now() + 365 * 24 * 3600_000)),
  };

  #reach(cluster: { namespace: string; name: string }, node: string): SimulatedCluster {
    const simulated = this.at(SimulatedClusters.PORT);
    if (!simulated.answers || !simulated.members.includes(node)) {
      throw new EtcdUnavailable(cluster, node, new Error('no such member'));
    }
    return simulated;
  }
}

function idOf(name: string): string {
  return Buffer.from(name).toString('hex').slice(-16);
}
