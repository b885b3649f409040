import { crds } from '../../../api';
import { Cluster, KubeadmControlPlane, Machine, MachineDeployment, MachineSet, Secret } from '../../../api/kinds';
import type { EtcdAdmin, EtcdMember, KubeApi, Objects } from '../../../api/ports';
import { isTrue } from '../../../machinery/conditions';
import type { KubeObject, ObjectKey } from '../../../machinery/kube-object';
import { secretText } from '../../../machinery/kubeadm';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { bootstrapControllers } from '../../../reconciler/bootstrap';
import { clusterApiControllers } from '../../../reconciler/cluster-api';
import { controlPlaneControllers } from '../../../reconciler/control-plane';
import { type Manager, silentLog, startManager } from '../../../reconciler/runtime';
import { clusterCacheController, WorkloadLinks } from '../../../reconciler/workload';
import { createGuestHost, type EtcdPort, type Guests, workloadKube } from '../../../sandbox/guest';
import { createKubeServer, type KubeServer } from '../../../sandbox/kube';
import { latencyProfiles } from '../../../sandbox/latency';
import { CountingApi } from './counting-api';
import { Cloud, testCrds, testInfrastructure } from './infrastructure';

export const NAMESPACE = 'default';
export const CLUSTER = 'c';

export interface WorldOptions {
  readonly seed?: number;
  readonly bootMs?: number;
  /** How long a machine still runs that is being destroyed. @default 0 */
  readonly destroyMs?: number;
  /** Stands between the loops and etcd. */
  readonly etcd?: (real: EtcdAdmin) => EtcdAdmin;
}

/** Management cluster, loops, cloud and guests in one process, on a virtual clock. */
export class World {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly kube: KubeServer;
  readonly guests: Guests;
  manager: Manager;
  /** Everything the loops asked of the management API. */
  requests: CountingApi;
  readonly faults: unknown[] = [];
  /** Ports of API servers whose certificates were looked at. */
  readonly certificatePorts: (number | undefined)[] = [];
  #links: WorkloadLinks;
  readonly #options: WorldOptions;
  readonly #cloud = new Cloud();

  private constructor(options: WorldOptions) {
    const { clock } = this;
    const random = new SeededRandom(options.seed ?? 1);
    this.random = random;
    this.kube = createKubeServer({ clock, random });
    this.guests = createGuestHost({
      clock,
      random,
      latency: latencyProfiles.lab,
      kube: workloadKube({ clock, random }),
      network: 'in-process',
      onFault: (_where, error) => this.faults.push(error),
    });
    this.requests = new CountingApi(this.kube.api());
    this.#options = options;
    [this.manager, this.#links] = this.#startLoops();
  }

  #startLoops(): [Manager, WorkloadLinks] {
    const { clock, random } = this;
    // A watch that breaks with the API server it led to is part of the game; a reconcile that fails is not.
    const failed = (fields: object, message: string) => {
      if (message.startsWith('reconcile')) this.faults.push(`${message} ${JSON.stringify(fields)}`);
    };
    const log = { ...silentLog, error: failed, warn: failed };

    const links = new WorkloadLinks({ access: this.guests.access, clock, random, log });
    const manager = startManager({
      api: this.requests,
      clock,
      random,
      log,
      controllers: ({ objects, recorder }) => {
        const common = { objects, clock, random, workloads: links, recorder, events: recorder('test') };
        const port = (cluster: ObjectKey) => etcdPort(objects, this.guests, cluster);
        return [
          clusterCacheController({ objects, links: links }),
          ...clusterApiControllers(common),
          ...bootstrapControllers(common),
          ...controlPlaneControllers({
            ...common,
            etcd: (this.#options.etcd ?? ((real) => real))(etcdAdmin(port)),
            certificates: {
              expiry: (cluster, node, apiServerPort) => {
                this.certificatePorts.push(apiServerPort);
                return port(cluster).apiServerCertificateExpiry(node);
              },
            },
          }),
          ...testInfrastructure({
            objects,
            guests: this.guests,
            clock,
            random,
            bootMs: this.#options.bootMs ?? 500,
            destroyMs: this.#options.destroyMs ?? 0,
            cloud: this.#cloud,
          }),
        ];
      },
    });
    return [manager, links];
  }

  /** The process dies, and another one takes its place. What runs outside of it goes on. */
  async restart(): Promise<void> {
    const stopped = Promise.all([this.manager.stop(), this.#links.stop()]);
    // What still runs may be waiting for a retry.
    await this.clock.advance(20_000);
    await stopped;
    this.requests = new CountingApi(this.kube.api());
    [this.manager, this.#links] = this.#startLoops();
    await this.clock.runUntil(() => this.manager.activity().warm, 60_000);
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    const world = new World(options);
    for (const crd of [...crds({ conversion: 'none' }), ...testCrds()]) {
      const resource = {
        group: 'apiextensions.k8s.io',
        version: 'v1',
        kind: crd.kind,
        plural: 'customresourcedefinitions',
        namespaced: false,
      };
      await world.kube.api().create(resource, crd);
    }
    await world.clock
      .runUntil(() => world.manager.activity().warm, 60_000)
      .catch((error: unknown) => {
        throw new Error(JSON.stringify(world.manager.cold()), { cause: error });
      });
    return world;
  }

  get api(): KubeApi {
    return this.kube.api();
  }

  async apply(...objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects) {
      const resource = await this.api.resourceFor(object.apiVersion, object.kind);
      if (resource === undefined) throw new Error(`no ${object.kind}`);
      const key = { namespace: object.metadata.namespace ?? NAMESPACE, name: object.metadata.name };
      await this.api.patch(resource, key, { type: 'apply', patch: object, force: true }, { fieldManager: 'user' });
    }
  }

  get controlPlane(): KubeadmControlPlane | undefined {
    return this.manager.objects.get(KubeadmControlPlane, { namespace: NAMESPACE, name: `${CLUSTER}-cp` });
  }

  get cluster(): Cluster | undefined {
    return this.manager.objects.get(Cluster, { namespace: NAMESPACE, name: CLUSTER });
  }

  machines(role: 'control-plane' | 'worker'): readonly Machine[] {
    return this.manager.objects
      .list(Machine, { namespace: NAMESPACE })
      .filter(
        (machine) =>
          (machine.metadata.labels?.['cluster.x-k8s.io/control-plane'] !== undefined) === (role === 'control-plane'),
      );
  }

  /** Whether the control plane has this many machines, all Ready and up to date. */
  isStable(replicas: number, version?: string): boolean {
    const status = this.controlPlane?.status;
    const machines = this.machines('control-plane');
    return (
      machines.length === replicas &&
      machines.every((machine) => isTrue(machine, 'Ready') && machine.metadata.deletionTimestamp === undefined) &&
      machines.every((machine) => version === undefined || machine.spec.version === version) &&
      status?.replicas === replicas &&
      status.readyReplicas === replicas &&
      status.upToDateReplicas === replicas &&
      status.availableReplicas === replicas
    );
  }

  /** Whether there are so many workers, all Ready. */
  hasWorkers(count: number): boolean {
    const workers = this.machines('worker');
    return workers.length === count && workers.every((machine) => isTrue(machine, 'Ready'));
  }

  /** Runs until the goal is reached; the error of a goal that is not says where things stand. */
  async until(goal: () => boolean, limitMs = 300_000): Promise<void> {
    try {
      await this.clock.runUntil(goal, limitMs);
    } catch (error) {
      throw new Error(`${String(error)}\n${this.report()}`, { cause: error });
    }
  }

  /** Conditions that are not as wished, of everything. */
  report(): string {
    const sets = this.manager.objects.list(MachineSet);
    const objects = [
      this.cluster,
      this.controlPlane,
      ...sets,
      ...this.manager.objects.list(MachineDeployment),
      ...this.machines('control-plane'),
      ...this.machines('worker'),
    ];
    const lines = objects.flatMap((object) => {
      const conditions = object?.status?.conditions ?? [];
      return [
        `${object?.kind} ${object?.metadata.name} deleting=${object?.metadata.deletionTimestamp ?? 'no'}`,
        ...conditions.map(({ type, status, reason, message }) => `  ${type}=${status} ${reason} ${message}`),
      ];
    });
    return [...lines, ...this.faults.map(String)].join('\n');
  }

  async patchControlPlane(spec: object): Promise<void> {
    const key = { namespace: NAMESPACE, name: `${CLUSTER}-cp` };
    await this.api.patch(KubeadmControlPlane, key, { type: 'merge', patch: { spec } });
  }

  /** The API of the workload cluster, with the administrator's kubeconfig. */
  async workload(): Promise<KubeApi> {
    const secret = await this.api.get(Secret, { namespace: NAMESPACE, name: `${CLUSTER}-kubeconfig` });
    return this.guests.access.connect(secretText(secret, 'value') ?? '').api;
  }

  async etcdMembers(): Promise<readonly EtcdMember[]> {
    const node = this.machines('control-plane')[0]?.status?.nodeRef?.name ?? '';
    return etcdPort(this.manager.objects, this.guests, { namespace: NAMESPACE, name: CLUSTER }).members(node);
  }

  async deleteCluster(): Promise<void> {
    await this.api.delete(Cluster, { namespace: NAMESPACE, name: CLUSTER });
  }

  async stop(): Promise<void> {
    await this.manager.stop();
    await this.#links.stop();
    await this.guests.close();
    this.kube.close();
  }
}

function etcdPort(objects: Objects, guests: Guests, cluster: ObjectKey): EtcdPort {
  const secret = objects.get(Secret, { namespace: cluster.namespace, name: `${cluster.name}-kubeconfig` });
  return guests.access.etcd(secretText(secret, 'value') ?? '');
}

function etcdAdmin(port: (cluster: ObjectKey) => EtcdPort): EtcdAdmin {
  return {
    members: (cluster, node) => port(cluster).members(node),
    status: (cluster, node) => port(cluster).status(node),
    alarms: (cluster, node) => port(cluster).alarms(node),
    moveLeader: (cluster, node, to) => port(cluster).moveLeader(node, to),
    removeMember: (cluster, node, memberId) => port(cluster).removeMember(node, memberId),
  };
}
