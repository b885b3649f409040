import type { Clock } from '../../api/ports';
import { retryDelayMs } from './faults';

/**
 * Failures in a row, counted for each subject, and until when the next attempt waits. Lives in memory: a new process
 * tries once more at once, which is harmless.
 */
export class Setbacks {
  readonly #counts = new Map<string, { failures: number; untilMs: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a failure and returns how long to wait. */
  failed(subject: string, slowestRetryMs: number): number {
    const failures = (this.#counts.get(subject)?.failures ?? 0) + 1;
    const delayMs = retryDelayMs(failures, slowestRetryMs);
    this.#counts.set(subject, { failures, untilMs: this.#clock.now() + delayMs });
    return delayMs;
  }

  succeeded(subject: string): void {
    this.#counts.delete(subject);
  }

  /** An object is gone: nobody will succeed for it. Subjects are a UID, or words that end with one. */
  forget(uid: string): void {
    for (const subject of this.#counts.keys()) {
      if (subject === uid || subject.endsWith(` ${uid}`)) this.#counts.delete(subject);
    }
  }

  /** Milliseconds until the next attempt may be made; 0: now. */
  waitMs(subject: string): number {
    return Math.max(0, (this.#counts.get(subject)?.untilMs ?? 0) - this.#clock.now());
  }

  /** Whether the last attempt failed. */
  has(subject: string): boolean {
    return this.#counts.has(subject);
  }
}
