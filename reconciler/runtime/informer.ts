import {
  isReason,
  type KubeApi,
  KubeError,
  KubeUnreachable,
  type Log,
  type ObjectEvent,
  type WatchEvent,
} from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import { messageOf } from '../../machinery/errors';
import type { KubeObject, Resource } from '../../machinery/kube-object';
import type { Random } from '../../machinery/random';
import { backoffMs } from './backoff';
import { isNewerVersion } from './resource-version';
import { Store } from './store';
import { Watchdog } from './watchdog';

export interface InformerOptions {
  readonly api: KubeApi;
  readonly resource: Resource;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  /** Shortens objects before they are kept (schemas of CRDs, for instance). */
  readonly trim?: ((object: KubeObject) => KubeObject) | undefined;
}

/** @param initial - the object was there before the cache was warm */
export type InformerListener = (event: ObjectEvent, initial: boolean) => void;

/** One page keeps the API server's and our own memory peaks low (client-go's size). */
const PAGE_SIZE = 500;
const BACKOFF = { baseMs: 100, capMs: 10_000 };
/** Watches are renewed at different times, each after 4 to 5 minutes. */
const WATCH_SECONDS = { least: 240, spread: 60 };
/** A watch that ended sooner than this and brought nothing counts as failed: a server in trouble is not hammered. */
const SHORTEST_WATCH_MS = 1000;

/**
 * Keeps a {@link Store} equal to what the API server holds: one paged list, then watches from there, for ever.
 * A broken watch is resumed where it ended; only an expired version leads to a new list.
 */
export class Informer {
  readonly store: Store;
  readonly resource: Resource;
  readonly #options: InformerOptions;
  readonly #listeners = new Set<InformerListener>();
  readonly #stop = new AbortController();
  #synced = false;
  #waiters: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #lastFailure: unknown;
  #loop: Promise<void> | undefined;

  constructor(options: InformerOptions) {
    this.#options = options;
    this.resource = options.resource;
    this.store = new Store(options.clock, (event) => this.#emit(event));
  }

  get synced(): boolean {
    return this.#synced;
  }

  /** Why the cache is not warm; undefined while it is, or while nothing has failed. */
  get lastFailure(): unknown {
    return this.#lastFailure;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Ends list and watch; the store stays as it is. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#settle((waiter) => waiter.reject(new Error('stopped')));
    await this.#loop;
  }

  /** Resolves when the cache is warm; rejects when the attempt to warm it fails (the informer itself goes on trying). */
  attempt(): Promise<void> {
    if (this.#synced) return Promise.resolve();
    if (this.#stop.signal.aborted) return Promise.reject(new Error('stopped'));
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  subscribe(listener: InformerListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #run(): Promise<void> {
    const { clock, random, log } = this.#options;
    let version: string | undefined;
    let failures = 0;
    let anew = false;
    let wasAway = false;
    while (!this.#stop.signal.aborted) {
      try {
        if (version === undefined) {
          version = await this.#list(anew);
          anew = false;
          failures = 0;
        } else if (wasAway) {
          if (await this.#isBehind(version)) version = await this.#list(true);
          // The server answers again: what it refuses from here on is not worth the patience of the outage.
          failures = Math.min(failures, 2);
        }
        wasAway = false;
        const started = clock.now();
        const watched = await this.#watch(version);
        version = watched.version;
        failures = watched.events > 0 || clock.now() - started >= SHORTEST_WATCH_MS ? 0 : failures + 1;
      } catch (error) {
        if (this.#stop.signal.aborted) break;
        failures++;
        wasAway ||= error instanceof KubeUnreachable;
        if (isExpired(error) || isFromTheFuture(error)) {
          anew = isFromTheFuture(error);
          version = undefined;
        }
        this.#lastFailure = error;
        this.#settle((waiter) => waiter.reject(error));
        const fields = { resource: describeResource(this.resource), error: messageOf(error), failures };
        log[failures > 2 ? 'warn' : 'debug'](fields, 'watch failed');
      }
      if (failures > 0) await clock.sleep(backoffMs(failures, BACKOFF, random), this.#stop.signal);
    }
  }

  /**
   * Whether the server's data is older than what was seen: it came back reset or restored. A watch from a version of
   * the future is not refused, it is silent; so this is asked once after every outage.
   */
  async #isBehind(version: string): Promise<boolean> {
    const { api, namespace } = this.#options;
    const { resourceVersion } = await api.list(this.resource, { namespace, limit: 1 });
    return isNewerVersion(version, resourceVersion);
  }

  /** @returns the version to watch from */
  async #list(anew: boolean): Promise<string> {
    const { api, namespace, trim } = this.#options;
    const items: KubeObject[] = [];
    let page = await api.list(this.resource, { namespace, limit: PAGE_SIZE });
    for (;;) {
      for (const item of page.items) items.push(trim === undefined ? item : trim(item));
      if (page.continue === undefined || page.continue === '' || this.#stop.signal.aborted) break;
      page = await api.list(this.resource, { namespace, limit: PAGE_SIZE, continue: page.continue });
    }
    this.store.replace(items, page.resourceVersion, anew);
    this.#synced = true;
    this.#lastFailure = undefined;
    this.#settle((waiter) => waiter.resolve());
    return page.resourceVersion;
  }

  /** Follows one watch to its end. */
  async #watch(from: string): Promise<{ version: string; events: number }> {
    const { api, clock, random, namespace } = this.#options;
    const timeoutSeconds = WATCH_SECONDS.least + random.below(WATCH_SECONDS.spread);
    const watchdog = new Watchdog(clock, timeoutSeconds * 1000, this.#stop.signal);
    let version = from;
    let events = 0;
    try {
      const options = { namespace, resourceVersion: from, allowWatchBookmarks: true, timeoutSeconds };
      for await (const event of api.watch(this.resource, options, watchdog.signal)) {
        if (this.#stop.signal.aborted) break;
        watchdog.alive(event.type === 'BOOKMARK');
        version = this.#take(event) ?? version;
        events++;
      }
    } finally {
      watchdog.stop();
    }
    return { version, events };
  }

  /** @returns the version the event moves the watch to */
  #take(event: WatchEvent): string | undefined {
    if (event.type === 'BOOKMARK') return event.resourceVersion;
    if (event.type === 'ERROR') throw new KubeError(event.status, `watch ${describeResource(this.resource)}`);
    const object = this.#options.trim === undefined ? event.object : this.#options.trim(event.object);
    if (event.type === 'DELETED') this.store.remove(object);
    else this.store.offer(object);
    return object.metadata.resourceVersion;
  }

  #emit(event: ObjectEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event, !this.#synced);
      } catch (error) {
        const fields = { resource: describeResource(this.resource), error: messageOf(error) };
        this.#options.log.error(fields, 'an event handler threw');
      }
    }
  }

  #settle(how: (waiter: { resolve: () => void; reject: (error: unknown) => void }) => void): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) how(waiter);
  }
}

/** `plural.group/version`, for logs and metrics. */
export function describeResource(resource: Resource): string {
  return `${resource.plural}${resource.group === '' ? '' : `.${resource.group}`}/${resource.version}`;
}

function isExpired(error: unknown): boolean {
  return isReason(error, 'Expired', 'Gone') || (error instanceof KubeError && error.status.code === 410);
}

/** The server is younger than what we have seen (its data was reset or restored): "Too large resource version". */
function isFromTheFuture(error: unknown): boolean {
  if (!(error instanceof KubeError)) return false;
  const { causes } = error.status.details ?? {};
  return (
    causes?.some((cause) => cause.reason === 'ResourceVersionTooLarge') === true ||
    /too large resource version/i.test(error.status.message)
  );
}
