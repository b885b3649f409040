import { createHash } from 'node:crypto';
import { type EventRecorder, isReason, type KubeApi, type Log, type TypedResource } from '../../api/ports';
import { type Clock, kubeTime } from '../../machinery/clock';
import { messageOf } from '../../machinery/errors';
import { valueAt } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';

export interface EventSinkOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly log: Log;
  /** Name of this process, for `reportingInstance`. */
  readonly instance: string;
}

/** One Event object: everything that is told apart. */
interface Series {
  readonly name: string;
  readonly namespace: string;
  readonly about: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly component: string;
  /** Occurrences not yet written. */
  pending: number;
  /** Occurrences written; 0: not yet created by this process. */
  written: number;
  first: string;
  last: string;
}

const events: TypedResource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

/** client-go's spam filter: 25 events about one object at once, then one every five minutes. */
const BURST = 25;
const REFILL_MS = 300_000;
/** client-go's memory of events and of talkative objects. */
const REMEMBERED = 4096;
/** API servers keep Events for an hour; what comes back later starts a new series. */
const SERIES_MS = 10 * 60_000;
const MAX_MESSAGE = 1024;
/** More waiting than this means that the API server is away: the oldest news are the least worth. */
const MAX_WAITING = 1000;

/** Writes Events one after the other, in the background. Losing one is never a reason to fail. */
export class EventSink {
  readonly #options: EventSinkOptions;
  readonly #series = new Map<string, Series & { since: number }>();
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #waiting = new Set<Series>();
  #writing: Promise<void> | undefined;
  #stopped = false;

  constructor(options: EventSinkOptions) {
    this.#options = options;
  }

  /** A recorder whose events come from `component` (`source.component`, shown by kubectl as "From"). */
  recorder(component: string): EventRecorder {
    return { event: (about, type, reason, message) => this.#record(component, about, type, reason, message) };
  }

  /** Writes what waits, then ends. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#writing;
  }

  #record(component: string, about: KubeObject, type: 'Normal' | 'Warning', reason: string, text: string): void {
    if (this.#stopped || !this.#mayTell(`${component} ${about.metadata.uid ?? ''}`)) return;
    const message = text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE - 1)}…` : text;
    const now = this.#options.clock.now();
    const time = kubeTime(this.#options.clock);
    const id = seriesId(component, about, type, reason, message);
    let series = this.#series.get(id);
    if (series === undefined || now - series.since > SERIES_MS) {
      series = {
        name: `${about.metadata.name.slice(0, 230)}.${id.slice(0, 16)}`,
        namespace: about.metadata.namespace ?? 'default',
        about,
        type,
        reason,
        message,
        component,
        pending: 0,
        written: 0,
        first: time,
        last: time,
        since: now,
      };
      this.#series.delete(id);
      this.#series.set(id, series);
      dropOldest(this.#series, REMEMBERED);
    }
    series.pending++;
    series.last = time;
    this.#waiting.add(series);
    if (this.#waiting.size > MAX_WAITING)
      for (const oldest of [...this.#waiting].slice(0, 1)) this.#waiting.delete(oldest);
    this.#writing ??= this.#writeAll();
  }

  #mayTell(source: string): boolean {
    const now = this.#options.clock.now();
    const bucket = this.#buckets.get(source) ?? { tokens: BURST, at: now };
    const refilled = Math.floor((now - bucket.at) / REFILL_MS);
    bucket.tokens = Math.min(BURST, bucket.tokens + refilled);
    bucket.at += refilled * REFILL_MS;
    const allowed = bucket.tokens > 0;
    if (allowed) bucket.tokens--;
    this.#buckets.delete(source);
    this.#buckets.set(source, bucket);
    dropOldest(this.#buckets, REMEMBERED);
    return allowed;
  }

  async #writeAll(): Promise<void> {
    // Repetitions in the same turn become one write.
    await Promise.resolve();
    for (const series of this.#waiting) {
      this.#waiting.delete(series);
      try {
        await this.#write(series);
      } catch (error) {
        const fields = { event: series.reason, error: messageOf(error) };
        this.#options.log.debug(fields, 'an event was not written');
        // An API server that is away must not hold up the end of the process once per event.
        if (this.#stopped) this.#waiting.clear();
      }
    }
    // In the turn in which nothing waits any more: what is told from now on is not taken along.
    this.#writing = undefined;
  }

  async #write(series: Series): Promise<void> {
    const { api } = this.#options;
    const key = { namespace: series.namespace, name: series.name };
    const news = series.pending;
    series.pending = 0;
    if (series.written === 0) {
      try {
        await api.create(events, this.#eventOf(series, news), { fieldManager: series.component });
        series.written = news;
        return;
      } catch (error) {
        if (!isReason(error, 'AlreadyExists')) throw error;
        // Told before a restart: go on counting.
        const count = valueAt(await api.get(events, key), 'count');
        series.written = typeof count === 'number' ? count : 0;
      }
    }
    series.written += news;
    const patch = { count: series.written, lastTimestamp: series.last };
    try {
      await api.patch(events, key, { type: 'merge', patch }, { fieldManager: series.component });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      series.written = 0;
    }
  }

  #eventOf(series: Series, count: number): KubeObject {
    const { about } = series;
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: series.name, namespace: series.namespace },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        namespace: about.metadata.namespace,
        name: about.metadata.name,
        uid: about.metadata.uid,
        resourceVersion: about.metadata.resourceVersion,
      },
      type: series.type,
      reason: series.reason,
      message: series.message,
      source: { component: series.component },
      reportingComponent: series.component,
      reportingInstance: this.#options.instance,
      firstTimestamp: series.first,
      lastTimestamp: series.last,
      count,
    };
  }
}

function seriesId(component: string, about: KubeObject, type: string, reason: string, message: string): string {
  const parts = [component, about.kind, about.metadata.uid ?? about.metadata.name, type, reason, message];
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

function dropOldest(map: Map<string, unknown>, limit: number): void {
  while (map.size > limit) {
    const oldest = map.keys().next().value;
    if (oldest === undefined) return;
    map.delete(oldest);
  }
}
