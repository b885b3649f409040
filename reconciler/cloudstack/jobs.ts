import { CloudStackRefused, isGone, type Job, type JobOutcome, type Jobs, type Timer } from '../../api/ports';
import { readAddress } from './addresses';
import type { Connection } from './connection';
import { Pace } from './pace';
import { readMachine } from './virtual-machines';
import { number, object, type Row, text } from './wire';

interface Followed {
  readonly job: Job;
  readonly sinceMs: number;
  nextMs: number;
  readonly wakes: Set<() => void>;
}

/** From this many due jobs on, one list of unfinished jobs is cheaper than asking for each. */
const LIST_FROM = 4;

/** Ended jobs that are remembered for those who ask later. */
const REMEMBERED_OUTCOMES = 2000;

/** While the server does not answer, one job is asked for as a probe: after this time, then doubling. */
const FIRST_PROBE_MS = 2000;
const SLOWEST_PROBE_MS = 10_000;

/** Meaning of an answer of queryAsyncJobResult (`cloudstack.md` 3.1, 3.2). */
export function readOutcome(answer: Row): JobOutcome {
  const status = number(answer, 'jobstatus');
  const result = object(answer, 'jobresult');
  if (status === 1) {
    const address = readAddress(object(result ?? {}, 'ipaddress') ?? {});
    const machine = readMachine(object(result ?? {}, 'virtualmachine') ?? {});
    return {
      state: 'succeeded',
      ...(address === undefined ? {} : { address }),
      ...(machine === undefined ? {} : { machine }),
    };
  }
  if (status !== 2) return { state: 'pending' };
  // A failed job without a result is one that a server restart or the queue's clean-up ended: nothing is known of it.
  const errorText = result === undefined ? text(answer, 'jobresult') : text(result, 'errortext');
  if (result === undefined && errorText === undefined) return { state: 'lost' };
  const errorCode = number(result ?? {}, 'errorcode') ?? number(answer, 'jobresultcode') ?? 530;
  return { state: 'failed', errorCode, errorText: errorText ?? 'no reason given' };
}

/** Follows all jobs of one connection with one timer. */
export class JobPoller implements Jobs {
  readonly #connection: Connection;
  readonly #pace = new Pace();
  readonly #followed = new Map<string, Followed>();
  readonly #outcomes = new Map<string, JobOutcome>();
  #timer: Timer | undefined;
  #busy = false;
  #stopped = false;
  /** Polls in a row that nobody answered. */
  #silences = 0;
  #notBeforeMs = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  follow(job: Job, wake: () => void): void {
    if (this.#outcomes.has(job.id)) {
      this.#connection.clock.after(0, wake);
      return;
    }
    const now = this.#connection.clock.now();
    const followed = this.#followed.get(job.id);
    if (followed !== undefined) {
      followed.wakes.add(wake);
      return;
    }
    const nextMs = now + this.#pace.nextMs(job.command, 0);
    this.#followed.set(job.id, { job, sinceMs: now, nextMs, wakes: new Set([wake]) });
    this.#schedule();
  }

  forget(jobId: string): void {
    this.#followed.delete(jobId);
    this.#schedule();
  }

  outcome(jobId: string): JobOutcome {
    return this.#outcomes.get(jobId) ?? { state: 'pending' };
  }

  async query(jobId: string): Promise<JobOutcome> {
    const known = this.#outcomes.get(jobId);
    if (known !== undefined) return known;
    const outcome = await this.#ask(jobId);
    if (outcome.state !== 'pending') this.#remember(jobId, outcome);
    return outcome;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#followed.clear();
  }

  #schedule(): void {
    if (this.#busy || this.#stopped) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    let next = Number.POSITIVE_INFINITY;
    for (const followed of this.#followed.values()) next = Math.min(next, followed.nextMs);
    if (next === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(0, next - this.#connection.clock.now(), this.#notBeforeMs - this.#connection.clock.now());
    this.#timer = this.#connection.clock.after(delayMs, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    this.#busy = true;
    const now = this.#connection.clock.now();
    const allDue = [...this.#followed.values()].filter((followed) => followed.nextMs <= now);
    const due = this.#silences > 0 ? allDue.slice(0, 1) : allDue;
    try {
      const unfinished = due.length >= LIST_FROM ? await this.#unfinished() : new Set<string>();
      await Promise.all(due.map((followed) => this.#look(followed, unfinished)));
      this.#silences = 0;
    } catch {
      // Loops that call meet the failure themselves; here silence only means: look again.
      const waitMs = Math.min(SLOWEST_PROBE_MS, FIRST_PROBE_MS * 2 ** Math.min(this.#silences, 10));
      this.#silences++;
      this.#notBeforeMs = this.#connection.clock.now() + waitMs;
    } finally {
      this.#busy = false;
      this.#schedule();
    }
  }

  async #unfinished(): Promise<Set<string>> {
    const listed = await this.#connection.list('listAsyncJobs', 'asyncjobs', {});
    return new Set(listed.map((row) => text(row, 'jobid') ?? ''));
  }

  async #look(followed: Followed, unfinished: ReadonlySet<string>): Promise<void> {
    const { job } = followed;
    const outcome: JobOutcome = unfinished.has(job.id) ? { state: 'pending' } : await this.#ask(job.id);
    const now = this.#connection.clock.now();
    if (outcome.state === 'pending') {
      followed.nextMs = now + this.#pace.nextMs(job.command, now - followed.sinceMs);
      return;
    }
    this.#pace.learn(job.command, now - followed.sinceMs);
    this.#followed.delete(job.id);
    this.#remember(job.id, outcome);
    for (const wake of followed.wakes) wake();
  }

  async #ask(jobId: string): Promise<JobOutcome> {
    try {
      return readOutcome(await this.#connection.call('queryAsyncJobResult', { jobid: jobId }));
    } catch (error) {
      if (isGone(error)) return { state: 'lost' };
      // Not ours to see any more (531): for the loop the same as a job the server forgot.
      if (error instanceof CloudStackRefused && error.errorCode === 531) return { state: 'lost' };
      throw error;
    }
  }

  #remember(jobId: string, outcome: JobOutcome): void {
    this.#outcomes.set(jobId, outcome);
    for (const oldest of this.#outcomes.keys()) {
      if (this.#outcomes.size <= REMEMBERED_OUTCOMES) break;
      this.#outcomes.delete(oldest);
    }
  }
}
