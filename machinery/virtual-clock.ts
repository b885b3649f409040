import { type Clock, sleepWith, type Timer } from './clock';

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that jumps from timer to timer as soon as nothing else can run.
 *
 * `advance…` methods first let all pending promises settle (by turning the event loop), wait for held work, then run
 * the next timer in (time, order of creation). Two runs with the same inputs see the same order.
 */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  #timers: Entry[] = [];
  #held: Promise<unknown> = Promise.resolve();
  #heldCount = 0;

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry: Entry = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback };
    this.#insert(entry);
    return {
      cancel: () => {
        const index = this.#timers.indexOf(entry);
        if (index >= 0) this.#timers.splice(index, 1);
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepWith(this, delayMs, signal);
  }

  hold<T>(work: Promise<T>): Promise<T> {
    this.#heldCount++;
    const before = this.#held;
    const result = (async () => {
      try {
        return await work;
      } finally {
        await before;
        this.#heldCount--;
      }
    })();
    this.#held = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** Milliseconds until the next timer, or undefined when there is none. */
  untilNext(): number | undefined {
    const next = this.#timers[0];
    return next === undefined ? undefined : next.at - this.#now;
  }

  /**
   * Runs until `done()` holds. Checks it whenever everything has settled.
   * @throws Error when no timer is left, or `limitMs` of virtual time have passed, while `done()` is still false.
   */
  async runUntil(done: () => boolean, limitMs = 24 * 3600_000): Promise<void> {
    const end = this.#now + limitMs;
    for (;;) {
      await this.settle();
      if (done()) return;
      const next = this.#timers[0];
      if (next === undefined) throw new Error('virtual clock: nothing is left to wait for and the goal is not reached');
      if (next.at > end) throw new Error(`virtual clock: the goal is not reached after ${limitMs} ms of virtual time`);
      this.#fire();
    }
  }

  /** Runs all that is due within `durationMs`, then stands exactly that much later. */
  async advance(durationMs: number): Promise<void> {
    const end = this.#now + durationMs;
    for (;;) {
      await this.settle();
      const next = this.#timers[0];
      if (next === undefined || next.at > end) break;
      this.#fire();
    }
    this.#now = end;
    await this.settle();
  }

  /** Lets promises and held work finish without moving time. */
  async settle(): Promise<void> {
    do {
      await this.#held;
      // One turn drains the microtasks; the second sees callbacks that the first one queued with setImmediate.
      for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    } while (this.#heldCount > 0);
  }

  #fire(): void {
    const next = this.#timers.shift();
    if (next === undefined) return;
    this.#now = Math.max(this.#now, next.at);
    next.callback();
  }

  #insert(entry: Entry): void {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#timers[middle];
      if (other !== undefined && other.at <= entry.at) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, entry);
  }
}
