import type { Clock, Timer } from '../../machinery/clock';
import type { Random } from '../../machinery/random';
import { backoffMs } from './backoff';
import { DelayHeap } from './delay-heap';

/** `normal`: something happened. `low`: what was already there at start; waits while there is news. */
export type Priority = 'normal' | 'low';

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Called whenever a key has become ready. */
  readonly onReady: () => void;
  readonly metrics?: QueueMetrics | undefined;
}

/** Told about what happens in a queue; see `metrics.ts`. */
export interface QueueMetrics {
  added(): void;
  retried(): void;
  /** @param waitedSeconds - from ready to taken */
  taken(waitedSeconds: number): void;
  finished(workedSeconds: number): void;
  depth(ready: number): void;
}

/**
 * After the first failure 5 ms, as client-go. A fixed cause must be noticed quickly, so the longest wait is half a
 * minute instead of its 1000 s; what fails that long costs two attempts a minute.
 */
const RETRY = { baseMs: 5, capMs: 30_000 };

/**
 * Keys that need work. A key is in it at most once however often it is added, and is never handed out twice at the
 * same time: what is added while it is in work comes back when that work is done.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onReady: () => void;
  readonly #metrics: QueueMetrics | undefined;
  readonly #ready = new Map<string, { priority: Priority; since: number }>();
  readonly #order: { readonly [priority in Priority]: Fifo } = { normal: new Fifo(), low: new Fifo() };
  readonly #processing = new Map<string, number>();
  readonly #dirty = new Map<string, Priority>();
  readonly #delayed = new DelayHeap();
  readonly #failures = new Map<string, number>();
  #timer: { at: number; timer: Timer } | undefined;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#onReady = options.onReady;
    this.#metrics = options.metrics;
  }

  get ready(): number {
    return this.#ready.size;
  }

  get processing(): number {
    return this.#processing.size;
  }

  /** When the first delayed key is due (milliseconds since the epoch); undefined: none waits. */
  get nextDue(): number | undefined {
    return this.#delayed.first();
  }

  /** Ready now; a delay it was waiting for is void. */
  add(key: string, priority: Priority = 'normal'): void {
    if (this.#stopped) return;
    this.#delayed.remove(key);
    if (this.#processing.has(key)) {
      if (this.#dirty.get(key) !== 'normal') this.#dirty.set(key, priority);
      return;
    }
    const known = this.#ready.get(key);
    if (known?.priority === 'normal' || known?.priority === priority) return;
    if (known === undefined) this.#metrics?.added();
    this.#ready.set(key, { priority, since: known?.since ?? this.#clock.now() });
    this.#order[priority].push(key);
    this.#metrics?.depth(this.#ready.size);
    this.#onReady();
  }

  /** Ready after a time, unless it is ready or due sooner anyway. */
  addAfter(key: string, delayMs: number): void {
    if (this.#stopped) return;
    if (delayMs <= 0) this.add(key);
    else if (!this.#ready.has(key) && !this.#dirty.has(key)) {
      this.#delayed.push(key, this.#clock.now() + delayMs);
      this.#arm();
    }
  }

  /** Counts a failure of the key and adds it after a delay that grows with the failures in a row. */
  retry(key: string): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#metrics?.retried();
    this.addAfter(key, backoffMs(failures, RETRY, this.#random));
  }

  /** Forgets the failures of a key. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  failuresOf(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key to work on, or undefined when none is ready. Call {@link finish} when the work is done. */
  take(): string | undefined {
    for (const priority of ['normal', 'low'] as const) {
      const fifo = this.#order[priority];
      for (let key = fifo.shift(); key !== undefined; key = fifo.shift()) {
        const entry = this.#ready.get(key);
        // A key that was raised from `low` leaves its old place behind.
        if (entry?.priority !== priority) continue;
        this.#ready.delete(key);
        const now = this.#clock.now();
        this.#processing.set(key, now);
        this.#metrics?.depth(this.#ready.size);
        this.#metrics?.taken((now - entry.since) / 1000);
        return key;
      }
    }
    return undefined;
  }

  finish(key: string): void {
    const since = this.#processing.get(key);
    if (since === undefined) return;
    this.#processing.delete(key);
    this.#metrics?.finished((this.#clock.now() - since) / 1000);
    const priority = this.#dirty.get(key);
    if (priority === undefined) return;
    this.#dirty.delete(key);
    this.add(key, priority);
  }

  /** Since when keys have been in work (milliseconds since the epoch). */
  workingSince(): Iterable<number> {
    return this.#processing.values();
  }

  /** Nothing becomes ready any more. */
  stop(): void {
    this.#stopped = true;
    this.#ready.clear();
    this.#dirty.clear();
    this.#timer?.timer.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const at = this.#delayed.first();
    if (at === undefined || (this.#timer !== undefined && this.#timer.at <= at)) return;
    this.#timer?.timer.cancel();
    const timer = this.#clock.after(at - this.#clock.now(), () => this.#wake());
    this.#timer = { at, timer };
  }

  #wake(): void {
    this.#timer = undefined;
    for (const key of this.#delayed.due(this.#clock.now())) this.add(key);
    if (!this.#stopped) this.#arm();
  }
}

/** First in, first out, without moving the rest on every shift. */
class Fifo {
  #items: string[] = [];
  #head = 0;

  push(item: string): void {
    this.#items.push(item);
  }

  shift(): string | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
