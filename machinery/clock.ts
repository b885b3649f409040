/** Time as a port: loops and simulators ask a Clock, never the platform. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;

  /** Calls `callback` once, after at least `delayMs`. Errors thrown by it are not caught here. */
  after(delayMs: number, callback: () => void): Timer;

  /** Resolves after `delayMs`, or at once (without error) when `signal` aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;

  /**
   * Marks work that time must wait for (thread pool, files, sockets). A virtual clock does not advance until it is
   * settled, and hands results out in the order of the calls, so that runs are repeatable. The system clock returns
   * the promise as it is.
   */
  hold<T>(work: Promise<T>): Promise<T>;
}

/** RFC 3339 in UTC with whole seconds, the form Kubernetes writes (`metav1.Time`). */
export function kubeTime(clock: Pick<Clock, 'now'>): string {
  const second = Math.floor(clock.now() / 1000);
  if (second !== written.second) written = { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` };
  return written.text;
}

/** The text of the second asked for last: every condition and managed field of a moment has the same one. */
let written = { second: Number.NaN, text: '' };

/** RFC 3339 in UTC with microseconds (`metav1.MicroTime`), as Leases and Events want it. */
export function kubeMicroTime(clock: Pick<Clock, 'now'>): string {
  return new Date(clock.now()).toISOString().replace('Z', '000Z');
}

/** Timers of the platform that are to wait longer end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The time of the platform. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  after(delayMs: number, callback: () => void): Timer {
    if (delayMs <= LONGEST_TIMER_MS) {
      const timer = setTimeout(callback, delayMs);
      return { cancel: () => clearTimeout(timer) };
    }
    let rest: Timer | undefined;
    const first = setTimeout(() => {
      rest = this.after(delayMs - LONGEST_TIMER_MS, callback);
    }, LONGEST_TIMER_MS);
    return {
      cancel: () => {
        clearTimeout(first);
        rest?.cancel();
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepWith(this, delayMs, signal);
  }

  hold<T>(work: Promise<T>): Promise<T> {
    return work;
  }
}

/** `Clock.sleep` in terms of `Clock.after`. */
export function sleepWith(clock: Pick<Clock, 'after'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.after(delayMs, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
