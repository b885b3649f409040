import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ObjectKey } from '../../machinery/kube-object';
import type { QueueMetrics } from './work-queue';

export interface ControllerMetrics {
  readonly queue: QueueMetrics;
  maxConcurrent(count: number): void;
  activeWorkers(count: number): void;
  reconciled(result: ReconcileResult, seconds: number): void;
  /**
   * @param isKnown - the error is one of ours; anything else is a fault of the program and counts as a panic
   * @param isTerminal - it will not be retried
   */
  failed(isKnown: boolean, isTerminal: boolean): void;
}

export type ReconcileResult = 'success' | 'requeue_after' | 'error';

const RESULTS: readonly ReconcileResult[] = ['success', 'requeue_after', 'error'];
/** controller-runtime's buckets, thinned to what a dashboard can show. */
const RECONCILE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** client-go's: powers of ten from 10 ns are of no use here; from 10 µs on they are the same. */
const QUEUE_BUCKETS = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10, 100];

/** client-go labels requests by HTTP method. */
const METHODS: { readonly [verb: string]: string } = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  apply: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

function clusterLabels(cluster: ObjectKey) {
  return { cluster_name: cluster.name, cluster_namespace: cluster.namespace };
}

/** All metrics of the process under the names controller-runtime and Cluster API gave them (`capi.md` 9.3). */
export class Metrics {
  readonly registry = new Registry();
  readonly #observers = new Set<() => void>();
  readonly #reconcileTotal = this.#counter('controller_runtime_reconcile_total', 'Reconciliations', [
    'controller',
    'result',
  ]);
  readonly #reconcileErrors = this.#counter('controller_runtime_reconcile_errors_total', 'Failed reconciliations', [
    'controller',
  ]);
  readonly #terminalErrors = this.#counter(
    'controller_runtime_terminal_reconcile_errors_total',
    'Reconciliations that failed for good',
    ['controller'],
  );
  readonly #panics = this.#counter(
    'controller_runtime_reconcile_panics_total',
    'Reconciliations ended by a fault of the program',
    ['controller'],
  );
  readonly #reconcileSeconds = this.#histogram(
    'controller_runtime_reconcile_time_seconds',
    'Length of reconciliations',
    ['controller'],
    RECONCILE_BUCKETS,
  );
  readonly #maxConcurrent = this.#gauge('controller_runtime_max_concurrent_reconciles', 'Most workers', ['controller']);
  readonly #activeWorkers = this.#gauge('controller_runtime_active_workers', 'Workers at work', ['controller']);
  readonly #depth = this.#gauge('workqueue_depth', 'Keys that are ready', ['name', 'controller']);
  readonly #adds = this.#counter('workqueue_adds_total', 'Keys added', ['name', 'controller']);
  readonly #retries = this.#counter('workqueue_retries_total', 'Keys added again after a failure', [
    'name',
    'controller',
  ]);
  readonly #queueSeconds = this.#histogram(
    'workqueue_queue_duration_seconds',
    'Time from ready to taken',
    ['name', 'controller'],
    QUEUE_BUCKETS,
  );
  readonly #workSeconds = this.#histogram(
    'workqueue_work_duration_seconds',
    'Time in work',
    ['name', 'controller'],
    QUEUE_BUCKETS,
  );
  readonly #unfinished = this.#gauge('workqueue_unfinished_work_seconds', 'Sum of the ages of keys in work', [
    'name',
    'controller',
  ]);
  readonly #longest = this.#gauge('workqueue_longest_running_processor_seconds', 'Age of the oldest key in work', [
    'name',
    'controller',
  ]);
  readonly #restRequests = this.#counter('rest_client_requests_total', 'Requests to Kubernetes API servers', [
    'code',
    'method',
    'host',
  ]);
  readonly #leader = this.#gauge('leader_election_master_status', '1 while this process holds the lease', ['name']);
  readonly #workloadUp = this.#gauge('capi_cluster_cache_connection_up', '1 while a workload cluster answers', [
    'cluster_name',
    'cluster_namespace',
  ]);
  readonly #workloadProbe = this.#gauge('capi_cluster_cache_healthcheck', '1 when the last probe was answered', [
    'cluster_name',
    'cluster_namespace',
  ]);
  readonly #workloadProbes = this.#counter('capi_cluster_cache_healthchecks_total', 'Probes of workload clusters', [
    'cluster_name',
    'cluster_namespace',
    'status',
  ]);
  readonly #infrastructureErrors = this.#counter('acs_reconciliation_errors', 'Failures of the CloudStack provider', [
    'acs_error_code',
  ]);

  /**
   * The series of one controller, all present from the start.
   */
  forController(controller: string): ControllerMetrics {
    const queue = { name: controller, controller };
    for (const result of RESULTS) this.#reconcileTotal.inc({ controller, result }, 0);
    for (const counter of [this.#reconcileErrors, this.#terminalErrors, this.#panics]) counter.inc({ controller }, 0);
    for (const counter of [this.#adds, this.#retries]) counter.inc(queue, 0);
    for (const gauge of [this.#depth, this.#unfinished, this.#longest]) gauge.set(queue, 0);
    const total = new Map(RESULTS.map((result) => [result, this.#reconcileTotal.labels({ controller, result })]));
    const seconds = this.#reconcileSeconds.labels({ controller });
    const active = this.#activeWorkers.labels({ controller });
    const [adds, retries, depth] = [this.#adds.labels(queue), this.#retries.labels(queue), this.#depth.labels(queue)];
    const [waited, worked] = [this.#queueSeconds.labels(queue), this.#workSeconds.labels(queue)];
    return {
      queue: {
        added: () => adds.inc(),
        retried: () => retries.inc(),
        taken: (value) => waited.observe(value),
        finished: (value) => worked.observe(value),
        depth: (value) => depth.set(value),
      },
      maxConcurrent: (count) => this.#maxConcurrent.set({ controller }, count),
      activeWorkers: (count) => active.set(count),
      reconciled: (result, value) => {
        total.get(result)?.inc();
        seconds.observe(value);
      },
      failed: (isKnown, isTerminal) => {
        this.#reconcileErrors.inc({ controller });
        if (isTerminal) this.#terminalErrors.inc({ controller });
        if (!isKnown) this.#panics.inc({ controller });
      },
    };
  }

  /** Prometheus' text. */
  async text(): Promise<string> {
    for (const observe of this.#observers) observe();
    return this.registry.metrics();
  }

  /** Called before every scrape, for figures that are not kept up to date. */
  beforeScrape(observe: () => void): () => void {
    this.#observers.add(observe);
    return () => this.#observers.delete(observe);
  }

  /** Counts a request; `code` undefined: there was no answer. */
  readonly requested = (request: { verb: string; host: string; code: number | undefined }): void => {
    const code = request.code === undefined ? '<error>' : String(request.code);
    this.#restRequests.inc({ code, method: METHODS[request.verb] ?? 'GET', host: request.host });
  };

  /** Counts a failure of the CloudStack provider, under the name the existing provider gave it (`capc.md` 8). */
  readonly infrastructureFailed = (acsErrorCode: string): void =>
    this.#infrastructureErrors.inc({ acs_error_code: acsErrorCode });

  readonly leaderChanged = (name: string, isLeader: boolean): void => this.#leader.set({ name }, isLeader ? 1 : 0);

  /** What connections to workload clusters tell (`capi_cluster_cache_*`). */
  readonly workload = {
    probed: (cluster: ObjectKey, answered: boolean): void => {
      this.#workloadProbe.set(clusterLabels(cluster), answered ? 1 : 0);
      this.#workloadProbes.inc({ ...clusterLabels(cluster), status: answered ? 'success' : 'error' });
    },
    connected: (cluster: ObjectKey, up: boolean): void => this.#workloadUp.set(clusterLabels(cluster), up ? 1 : 0),
    forgotten: (cluster: ObjectKey): void => {
      this.#workloadProbe.remove(clusterLabels(cluster));
      this.#workloadUp.remove(clusterLabels(cluster));
      for (const status of ['success', 'error']) this.#workloadProbes.remove({ ...clusterLabels(cluster), status });
    },
  };

  /** Ages in seconds of the keys a controller has in work; told at every scrape. */
  working(controller: string, ages: readonly number[]): void {
    const labels = { name: controller, controller };
    this.#unfinished.set(
      labels,
      ages.reduce((sum, age) => sum + age, 0),
    );
    this.#longest.set(labels, Math.max(0, ...ages));
  }

  #counter<T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #gauge<T extends string>(name: string, help: string, labelNames: readonly T[]): Gauge<T> {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #histogram<T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
    buckets: readonly number[],
  ): Histogram<T> {
    return new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      buckets: [...buckets],
      registers: [this.registry],
    });
  }
}
