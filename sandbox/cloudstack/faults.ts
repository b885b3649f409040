import type { Clock } from '../../machinery/clock';
import type { JobFaults } from './jobs/job-engine';
import { type ApiError, arrangedError, type ErrorText } from './protocol/api-error';
import type { Throttle, ThrottleSettings } from './throttle';

/** Which calls a fault hits, and how many of them. */
export interface FaultTarget {
  /** @default every command */
  readonly command?: string | undefined;
  /** @default 1 */
  readonly times?: number | undefined;
}

type Fault =
  | { readonly kind: 'error'; readonly error: ErrorText }
  | { readonly kind: 'delay'; readonly ms: number }
  /** The connection dies; `after`: when the command has taken effect. */
  | { readonly kind: 'lost'; readonly after: boolean }
  | { readonly kind: 'job-failure'; readonly error: ErrorText }
  /** Infinity: the job never ends. */
  | { readonly kind: 'job-delay'; readonly ms: number };

interface Armed {
  readonly command: string | undefined;
  left: number;
  readonly fault: Fault;
}

/** What waits for a call when it arrives. */
export interface Fate {
  readonly delayMs: number;
  readonly lost: 'before' | 'after' | undefined;
  readonly error: ApiError | undefined;
}

/** Faults of the server's own making; those of hosts and machines are in `incidents`. */
export class Faults implements JobFaults {
  readonly #clock: Clock;
  readonly #throttle: Throttle;
  #armed: Armed[] = [];
  #outageEnds = 0;

  constructor(clock: Clock, throttle: Throttle) {
    this.#clock = clock;
    this.#throttle = throttle;
  }

  /** The next calls are refused with this error, without effect. */
  failCommand(target: FaultTarget & ErrorText): void {
    this.#arm(target, { kind: 'error', error: target });
  }

  /** The next calls are answered that much later. */
  delayCommand(target: FaultTarget & { readonly ms: number }): void {
    this.#arm(target, { kind: 'delay', ms: target.ms });
  }

  /** The next calls get no answer: with `effect` the command is done and only the answer is lost. */
  loseAnswer(target: FaultTarget & { readonly effect: boolean }): void {
    this.#arm(target, { kind: 'lost', after: target.effect });
  }

  /** The next jobs of the command end with this error. */
  failJob(target: FaultTarget & ErrorText): void {
    this.#arm(target, { kind: 'job-failure', error: target });
  }

  /** The next jobs of the command take longer; Infinity: they stay pending. */
  delayJob(target: FaultTarget & { readonly ms: number }): void {
    this.#arm(target, { kind: 'job-delay', ms: target.ms });
  }

  /** Nobody answers for a while (or until {@link endOutage}); jobs go on. */
  outage(durationMs = Number.POSITIVE_INFINITY): void {
    this.#outageEnds = this.#clock.now() + durationMs;
  }

  endOutage(): void {
    this.#outageEnds = 0;
  }

  get isOut(): boolean {
    return this.#clock.now() < this.#outageEnds;
  }

  /** Switches the rate-limit plug-in on, or off with undefined. */
  throttle(settings: ThrottleSettings | undefined): void {
    this.#throttle.settings = settings;
  }

  /** Disarms everything. */
  clear(): void {
    this.#armed = [];
    this.#outageEnds = 0;
    this.#throttle.settings = undefined;
  }

  /** How many armed faults have not hit anything yet. */
  get waiting(): number {
    return this.#armed.reduce((sum, { left }) => sum + (Number.isFinite(left) ? left : 0), 0);
  }

  fateOf(command: string): Fate {
    const delay = this.#take(command, 'delay');
    if (this.isOut) return { delayMs: 0, lost: 'before', error: undefined };
    const lost = this.#take(command, 'lost');
    const error = lost === undefined ? this.#take(command, 'error') : undefined;
    return {
      delayMs: delay?.ms ?? 0,
      lost: lost === undefined ? undefined : lost.after ? 'after' : 'before',
      error: error === undefined ? undefined : arrangedError(error.error),
    };
  }

  jobFailure(command: string): ApiError | undefined {
    const fault = this.#take(command, 'job-failure');
    return fault === undefined ? undefined : arrangedError(fault.error);
  }

  jobDelay(command: string): number {
    return this.#take(command, 'job-delay')?.ms ?? 0;
  }

  #arm(target: FaultTarget, fault: Fault): void {
    this.#armed.push({ command: target.command, left: target.times ?? 1, fault });
  }

  #take<K extends Fault['kind']>(command: string, kind: K): Extract<Fault, { kind: K }> | undefined {
    const armed = this.#armed.find(
      (candidate) => candidate.fault.kind === kind && (candidate.command ?? command) === command,
    );
    if (armed === undefined) return undefined;
    armed.left--;
    if (armed.left <= 0) this.#armed = this.#armed.filter((candidate) => candidate !== armed);
    // `find` compared the kind.
    return armed.fault as Extract<Fault, { kind: K }>;
  }
}
