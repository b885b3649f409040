import type { Clock } from '../../machinery/clock';
import { throttled } from './protocol/api-error';
import { type Caller, isRoot } from './tenancy/caller';

/** `api.throttling.*`: calls per window and account. */
export interface ThrottleSettings {
  /** @default 25, as the real plug-in */
  readonly max: number;
  /** @default 1000 */
  readonly intervalMs: number;
}

interface Window {
  readonly start: number;
  issued: number;
}

/** The rate-limit plug-in (`cloudstack.md` 1.9): fixed windows, refused calls count too, root is exempt. */
export class Throttle {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();
  settings: ThrottleSettings | undefined;

  constructor(clock: Clock, settings: ThrottleSettings | undefined) {
    this.#clock = clock;
    this.settings = settings;
  }

  /** Counts one call. @throws ApiError 429 */
  check(caller: Caller): void {
    if (this.settings === undefined || isRoot(caller)) return;
    const now = this.#clock.now();
    let window = this.#windows.get(caller.account.id);
    if (window === undefined || now >= window.start + this.settings.intervalMs) {
      window = { start: now, issued: 0 };
      this.#windows.set(caller.account.id, window);
    }
    window.issued++;
    if (window.issued > this.settings.max) throw throttled(window.start + this.settings.intervalMs - now);
  }
}
