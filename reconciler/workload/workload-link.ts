import { ConfigMap, Node, Pod } from '../../api/kinds/kubernetes';
import {
  isReason,
  type KubeApi,
  type Log,
  type TypedResource,
  type WorkloadAccess,
  type WorkloadChannel,
  type WorkloadConnection,
  type WorkloadEvent,
  type WorkloadHealth,
} from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import { messageOf } from '../../machinery/errors';
import { isJsonObject } from '../../machinery/json';
import { type KubeObject, keyText, type ObjectKey } from '../../machinery/kube-object';
import type { Random } from '../../machinery/random';
import { backoffMs, Caches } from '../runtime';

/** Told about probes and connections; see `capi_cluster_cache_*`. */
export interface LinkMetrics {
  probed(cluster: ObjectKey, answered: boolean): void;
  connected(cluster: ObjectKey, up: boolean): void;
  forgotten(cluster: ObjectKey): void;
}

export interface LinkOptions {
  readonly cluster: ObjectKey;
  readonly access: WorkloadAccess;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: LinkMetrics | undefined;
  readonly emit: (event: WorkloadEvent) => void;
}

/** Cluster API's figures (`capi.md` 4.1). */
const PROBE_INTERVAL_MS = 10_000;
const PROBE_TIMEOUT_MS = 5000;
const FAILURES_TO_DISCONNECT = 5;
/**
 * A cluster that is coming up, or has just been lost, is asked every second: a refused connection costs next to
 * nothing, and the time until it is noticed is on the way to Ready. One that stays away is asked less often.
 */
const FRESH_MS = 10 * 60_000;
const BACKOFF_FRESH = { baseMs: 100, capMs: 1000 };
const BACKOFF_STALE = { baseMs: 1000, capMs: 15_000 };

/** What is watched in a workload cluster. Namespaced kinds in kube-system only. */
const WATCHED: readonly { resource: TypedResource; trim?: (object: KubeObject) => KubeObject }[] = [
  { resource: Node, trim: withoutImages },
  { resource: Pod },
  { resource: ConfigMap },
];

interface Live {
  readonly channel: WorkloadChannel;
  readonly caches: Caches;
  readonly connection: WorkloadConnection;
}

/** The connection to one workload cluster: made, probed, and made again when it breaks. */
export class WorkloadLink {
  readonly #options: LinkOptions;
  readonly #wantedSince: number;
  readonly #stop = new AbortController();
  #kubeconfig: string;
  /** Ends the present connection (or the wait for the next attempt) because there are new credentials. */
  #renew = new AbortController();
  #live: Live | undefined;
  #lastSuccess: number | undefined;
  #lastError: string | undefined;
  readonly #running: Promise<void>;

  constructor(options: LinkOptions, kubeconfig: string) {
    this.#options = options;
    this.#kubeconfig = kubeconfig;
    this.#wantedSince = options.clock.now();
    this.#running = this.#run();
  }

  get connection(): WorkloadConnection | undefined {
    return this.#live?.connection;
  }

  get channel(): WorkloadChannel | undefined {
    return this.#live?.channel;
  }

  get kubeconfig(): string {
    return this.#kubeconfig;
  }

  get health(): WorkloadHealth {
    return {
      connected: this.#live !== undefined,
      lastSuccess: this.#lastSuccess,
      wantedSince: this.#wantedSince,
      lastError: this.#lastError,
    };
  }

  /** Connects anew when the kubeconfig is another one. */
  use(kubeconfig: string): void {
    if (kubeconfig === this.#kubeconfig) return;
    this.#kubeconfig = kubeconfig;
    this.#renew.abort();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#renew.abort();
    await this.#running;
    this.#options.metrics?.forgotten(this.#options.cluster);
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    let failures = 0;
    let awaySince = clock.now();
    while (!this.#stop.signal.aborted) {
      this.#renew = new AbortController();
      const signal = this.#renew.signal;
      const live = await this.#connect(signal);
      if (live !== undefined) {
        failures = 0;
        await this.#serve(live, signal);
        awaySince = clock.now();
        continue;
      }
      failures++;
      const pace = clock.now() - awaySince < FRESH_MS ? BACKOFF_FRESH : BACKOFF_STALE;
      await clock.sleep(backoffMs(failures, pace, random), signal);
    }
  }

  /** One attempt: sign of life, then warm caches. */
  async #connect(signal: AbortSignal): Promise<Live | undefined> {
    const { access, clock, random, log, cluster } = this.#options;
    let channel: WorkloadChannel | undefined;
    let caches: Caches | undefined;
    try {
      channel = access.connect(this.#kubeconfig);
      await this.#probe(channel, signal);
      const warming = new Caches({ api: channel.api, clock, random, log, namespace: 'kube-system' });
      caches = warming;
      await Promise.all(WATCHED.map(({ resource, trim }) => warming.watch(resource, trim).attempt()));
      if (signal.aborted) throw new Error('given up');
      return { channel, caches, connection: connectionOf(channel.api, caches) };
    } catch (error) {
      this.#lastError = messageOf(error);
      log.debug({ cluster: keyText(cluster), error: this.#lastError }, 'workload cluster does not answer yet');
      // Closing first ends requests in flight, which the caches would wait for.
      channel?.close();
      await caches?.stop();
      return undefined;
    }
  }

  /** Until the connection breaks or is given up. */
  async #serve(live: Live, signal: AbortSignal): Promise<void> {
    const { cluster, clock, emit, log, metrics } = this.#options;
    this.#live = live;
    this.#lastError = undefined;
    for (const informer of live.caches.all()) {
      informer.subscribe(({ object }) => emit({ type: 'object', cluster, object }));
    }
    metrics?.connected(cluster, true);
    log.info({ cluster: keyText(cluster) }, 'workload cluster connected');
    emit({ type: 'connected', cluster });
    let failures = 0;
    while (failures < FAILURES_TO_DISCONNECT && !signal.aborted) {
      await clock.sleep(PROBE_INTERVAL_MS, signal);
      if (signal.aborted) break;
      try {
        await this.#probe(live.channel, signal);
        failures = 0;
        this.#lastError = undefined;
      } catch (error) {
        failures++;
        this.#lastError = messageOf(error);
        // The credentials were renewed behind our back; the Secret has, or will have, the new ones.
        if (isReason(error, 'Unauthorized')) break;
      }
    }
    this.#live = undefined;
    metrics?.connected(cluster, false);
    log.info({ cluster: keyText(cluster), error: this.#lastError }, 'workload cluster disconnected');
    emit({ type: 'disconnected', cluster });
    live.channel.close();
    await live.caches.stop();
  }

  async #probe(channel: WorkloadChannel, parent: AbortSignal): Promise<void> {
    const { clock, cluster, metrics } = this.#options;
    const abort = new AbortController();
    const forward = () => abort.abort();
    parent.addEventListener('abort', forward, { once: true });
    const timer = clock.after(PROBE_TIMEOUT_MS, forward);
    try {
      await channel.probe(abort.signal);
      this.#lastSuccess = clock.now();
      metrics?.probed(cluster, true);
    } catch (error) {
      if (!parent.aborted) metrics?.probed(cluster, false);
      throw error;
    } finally {
      timer.cancel();
      parent.removeEventListener('abort', forward);
    }
  }
}

function connectionOf(api: KubeApi, caches: Caches): WorkloadConnection {
  // The caller's TypedResource says what its objects are, as everywhere.
  return {
    api,
    get: <T extends KubeObject>(resource: TypedResource<T>, key: ObjectKey) =>
      caches.warm(resource).store.get(key) as T | undefined,
    list: <T extends KubeObject>(resource: TypedResource<T>) =>
      caches.warm(resource).store.list() as readonly KubeObject[] as readonly T[],
  };
}

/** Names of images fill more than half of a Node and are of no use here. */
function withoutImages(node: KubeObject): KubeObject {
  if (!isJsonObject(node.status) || node.status.images === undefined) return node;
  const { images: _images, ...status } = node.status;
  return { ...node, status };
}
