import type { Clock } from '../../machinery/clock';
import { equalJson } from '../../machinery/json';
import type { Route } from '../ports';
import type { Environment, WorldOptions } from './environment';
import type { Machine } from './machine';
import type { ClusterRecord, KubeletRecord } from './records';
import { WorkloadCluster } from './workload/cluster';

/** A control-plane machine that answers at an address. */
export interface Reached {
  readonly kind: 'reached';
  readonly cluster: WorkloadCluster;
  readonly machine: Machine;
}

export interface NotReached {
  readonly kind: 'not-reached';
  /** As a client's system reports it. */
  readonly why: string;
}

export const ANY_TOPIC = '*';
/** Changes of the route at `host:port`, and of the cluster that has it as its endpoint. */
export const routeTopic = (address: string): string => `route ${address}`;
export const clusterTopic = (clusterId: string): string => `cluster ${clusterId}`;

/** All machines, workload clusters and routes of a guest host, and what they can see of each other. */
export class World implements Environment {
  readonly machines = new Map<string, Machine>();
  readonly clusters = new Map<string, WorkloadCluster>();
  readonly options: WorldOptions;
  #routes = new Map<string, Route>();
  /** Machines of a cluster by the name of their Node. */
  readonly #byCluster = new Map<string, Map<string, Machine>>();
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(options: WorldOptions) {
    this.options = options;
  }

  get clock(): Clock {
    return this.options.clock;
  }

  get routes(): Iterable<Route> {
    return this.#routes.values();
  }

  setRoutes(routes: readonly Route[]): void {
    const old = this.#routes;
    this.#routes = new Map(routes.map((route) => [`${route.publicIp}:${route.publicPort}`, route]));
    for (const address of new Set([...old.keys(), ...this.#routes.keys()])) {
      const [before, after] = [old.get(address), this.#routes.get(address)];
      if (before !== after && !equalJson(before, after)) this.#notify(routeTopic(address));
    }
  }

  /** What a TCP and TLS client finds at an address: the first target whose API server is up. */
  resolve(host: string, port: number): Reached | NotReached {
    const route = this.#routes.get(`${host}:${port}`);
    for (const target of route?.targets ?? []) {
      const machine = this.machines.get(target.machineId);
      const cluster = machine === undefined ? undefined : this.apiServerOn(machine);
      if (machine === undefined || cluster === undefined) continue;
      if (machine.kubelet?.controlPlane?.bindPort === target.port) return { kind: 'reached', cluster, machine };
    }
    return { kind: 'not-reached', why: `dial tcp ${host}:${port}: connect: connection refused` };
  }

  /** The cluster whose API server answers on a machine right now. */
  apiServerOn(machine: Machine): WorkloadCluster | undefined {
    const { kubelet } = machine;
    if (kubelet?.controlPlane === undefined || !machine.kubeletRunning) return undefined;
    const cluster = this.clusters.get(kubelet.clusterId);
    return cluster?.servesOn(machine) === true ? cluster : undefined;
  }

  openCluster(record: ClusterRecord): WorkloadCluster {
    const cluster = new WorkloadCluster(this, record, this.options.kube.open(record.id));
    this.clusters.set(record.id, cluster);
    return cluster;
  }

  /** Forgets a cluster no disk holds any more: with its last control-plane disk its etcd data are gone. */
  dropOrphans(): void {
    for (const [id, cluster] of this.clusters) {
      const machines = [...this.machinesOf(id).values()];
      const isHeld = machines.some((machine) => machine.kubelet?.controlPlane !== undefined);
      if (isHeld || cluster.isStarting) continue;
      this.clusters.delete(id);
      this.#byCluster.delete(id);
      cluster.close();
      this.options.kube.remove(id);
      this.options.record({ type: 'cluster-gone', clusterId: id });
    }
  }

  saveDisk(machine: Machine): void {
    this.options.record({ type: 'disk', disk: machine.disk });
  }

  /** Tells those who wait for a cluster that power, membership or kubelets have changed in it. */
  changed(clusterId: string | undefined): void {
    const cluster = clusterId === undefined ? undefined : this.clusters.get(clusterId);
    if (clusterId === undefined || cluster === undefined) return;
    cluster.refresh();
    this.#notify(clusterTopic(clusterId), routeTopic(cluster.record.controlPlaneEndpoint));
  }

  /** Machines whose disk belongs to a cluster, by the name of their Node. */
  machinesOf(clusterId: string): ReadonlyMap<string, Machine> {
    return this.#byCluster.get(clusterId) ?? new Map();
  }

  addMachine(machine: Machine): void {
    this.machines.set(machine.id, machine);
    this.#index(machine);
  }

  removeMachine(machine: Machine): void {
    this.machines.delete(machine.id);
    this.#unindex(machine);
    this.options.record({ type: 'disk-gone', machineId: machine.id });
  }

  /** Writes kubelet's files to a machine's disk, or takes them away. */
  setKubelet(machine: Machine, kubelet: KubeletRecord | undefined): void {
    this.#unindex(machine);
    machine.disk = { ...machine.disk, kubelet };
    this.#index(machine);
    this.saveDisk(machine);
  }

  #index(machine: Machine): void {
    if (machine.kubelet === undefined) return;
    const { clusterId, nodeName } = machine.kubelet;
    const machines = this.#byCluster.get(clusterId) ?? new Map<string, Machine>();
    this.#byCluster.set(clusterId, machines.set(nodeName, machine));
  }

  #unindex(machine: Machine): void {
    if (machine.kubelet === undefined) return;
    const { clusterId, nodeName } = machine.kubelet;
    const machines = this.#byCluster.get(clusterId);
    if (machines?.get(nodeName) === machine) machines.delete(nodeName);
  }

  /** Calls `listener` after changes of any of the topics ({@link ANY_TOPIC}: of all); returns what ends that. */
  onChange(topics: readonly string[], listener: () => void): () => void {
    for (const topic of topics) {
      const listeners = this.#listeners.get(topic) ?? new Set();
      this.#listeners.set(topic, listeners.add(listener));
    }
    return () => {
      for (const topic of topics) {
        const listeners = this.#listeners.get(topic);
        listeners?.delete(listener);
        if (listeners?.size === 0) this.#listeners.delete(topic);
      }
    };
  }

  #notify(...topics: readonly string[]): void {
    const listeners = new Set([...topics, ANY_TOPIC].flatMap((topic) => [...(this.#listeners.get(topic) ?? [])]));
    for (const listener of listeners) listener();
  }

  /**
   * Asks `attempt` now, after every change of a topic, and every `everyMs` (absent: only after changes), until it gives
   * a value; undefined when `timeoutMs` (absent: never) have passed or `signal` aborts.
   */
  async retry<T>(
    attempt: () => Promise<T | undefined>,
    signal: AbortSignal,
    options: { readonly topics: readonly string[]; readonly timeoutMs?: number; readonly everyMs?: number },
  ): Promise<T | undefined> {
    const end = this.clock.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
    while (!signal.aborted) {
      const change = this.#nextChange(options.topics, signal);
      try {
        const value = await attempt();
        if (value !== undefined) return value;
        const waitMs = Math.min(end - this.clock.now(), options.everyMs ?? Number.POSITIVE_INFINITY);
        if (waitMs <= 0) return undefined;
        await (Number.isFinite(waitMs) ? this.clock.sleep(waitMs, change.signal) : change.happened);
      } finally {
        change.forget();
      }
    }
    return undefined;
  }

  /** Starts to listen before the attempt is made, so that no change in between is missed. */
  #nextChange(
    topics: readonly string[],
    signal: AbortSignal,
  ): { signal: AbortSignal; happened: Promise<void>; forget: () => void } {
    const change = new AbortController();
    const happened = new Promise<void>((resolve) => change.signal.addEventListener('abort', () => resolve()));
    const abort = () => change.abort();
    const stop = this.onChange(topics, abort);
    signal.addEventListener('abort', abort, { once: true });
    const forget = () => {
      stop();
      signal.removeEventListener('abort', abort);
    };
    return { signal: change.signal, happened, forget };
  }
}
