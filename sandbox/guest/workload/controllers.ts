import { isReason } from '../../../api/ports/kube-api';
import type { KubeObject, Resource } from '../../../machinery/kube-object';
import { keyOf, keyText } from '../../../machinery/kube-object';
import type { Environment, RunningCluster } from '../environment';
import { allowDisruptions } from './disruption';
import { monitorNodes } from './node-monitor';
import { runPods } from './pods';
import { resources } from './resources';
import type { View } from './view';
import { runWorkloads } from './workloads';

const WATCHED = {
  nodes: resources.nodes,
  pods: resources.pods,
  daemonSets: resources.daemonSets,
  deployments: resources.deployments,
  replicaSets: resources.replicaSets,
  budgets: resources.podDisruptionBudgets,
} as const;

/**
 * The parts of kube-controller-manager, kube-scheduler and the kubelets that clients of a workload cluster can see:
 * silent nodes become NotReady, DaemonSets and Deployments have pods, pods are scheduled, run and end.
 * One level-triggered pass after every change; it does nothing while no API server of the cluster is up.
 */
export class ClusterControllers {
  readonly #world: Environment;
  readonly #cluster: RunningCluster;
  readonly #stop = new AbortController();
  readonly #caches = {
    nodes: new Map<string, KubeObject>(),
    pods: new Map<string, KubeObject>(),
    daemonSets: new Map<string, KubeObject>(),
    deployments: new Map<string, KubeObject>(),
    replicaSets: new Map<string, KubeObject>(),
    budgets: new Map<string, KubeObject>(),
  } satisfies View;
  #isWatching = false;
  #isRunning = false;
  #isDirty = false;

  constructor(world: Environment, cluster: RunningCluster) {
    this.#world = world;
    this.#cluster = cluster;
  }

  /** Asks for a pass; many asks become one. */
  wake(): void {
    if (this.#stop.signal.aborted || !this.#cluster.isServed) return;
    this.#isDirty = true;
    if (!this.#isWatching) {
      this.#isWatching = true;
      for (const name of ['nodes', 'pods', 'daemonSets', 'deployments', 'replicaSets', 'budgets'] as const) {
        void this.#watch(WATCHED[name], this.#caches[name]);
      }
    }
    if (!this.#isRunning) void this.#run();
  }

  stop(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (this.#isDirty && this.#cluster.isServed && !this.#stop.signal.aborted) {
        // Let the events of one write arrive together.
        await Promise.resolve();
        this.#isDirty = false;
        await this.#pass();
      }
    } finally {
      this.#isRunning = false;
    }
  }

  async #pass(): Promise<void> {
    const steps = [monitorNodes, runWorkloads, runPods, allowDisruptions];
    for (const step of steps) {
      try {
        await step(this.#world, this.#cluster, this.#caches);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        // Somebody else was faster: their write wakes the next pass, which sees it.
        if (isReason(error, 'Conflict', 'NotFound', 'AlreadyExists')) continue;
        this.#world.options.onFault(this.#cluster.id, error);
      }
    }
  }

  async #watch(resource: Resource, cache: Map<string, KubeObject>): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        cache.clear();
        for await (const event of this.#cluster.api.watch(resource, {}, signal)) {
          if (event.type === 'ERROR') break;
          if (event.type === 'BOOKMARK') continue;
          const key = keyText(keyOf(event.object));
          if (event.type === 'DELETED') cache.delete(key);
          else cache.set(key, event.object);
          this.wake();
        }
      } catch (error) {
        if (!signal.aborted) this.#world.options.onFault(this.#cluster.id, error);
        await this.#world.clock.sleep(1000, signal);
      }
    }
  }
}
