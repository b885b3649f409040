import type { Clock } from '../../../machinery/clock';
import { messageOf } from '../../../machinery/errors';
import type { JsonObject } from '../../../machinery/json';
import type { LatencyProfile } from '../../latency';
import { ApiError, internalError } from '../protocol/api-error';
import type { Database } from '../store/database';
import type { JobRow } from '../store/tenancy-rows';
import type { Caller } from '../tenancy/caller';
import type { EventLog } from './event-log';
import { javaClassOf } from './java-class';

/** What an accepted command does. The methods run in transactions of their own. */
export interface Work {
  /** The object it is about; part of the answer when the command creates it. */
  readonly entity?: { readonly type: string; readonly id: string } | undefined;
  /** Work with the same name is done one after the other: per machine, per network (`cloudstack.md` 3.2). */
  readonly queue?: string | undefined;
  /** When its turn has come. Throwing fails the job. */
  begin?(): void;
  /** When its time is over. @returns the object inside `jobresult`. Throwing fails the job. */
  finish(): JsonObject;
  /** What a failed job leaves behind. */
  failed?(): void;
}

/** What fault injection may do to jobs. */
export interface JobFaults {
  /** The error a job is to end with, if one is arranged for its command. */
  jobFailure(command: string): ApiError | undefined;
  /** More milliseconds for a job; Infinity: it never ends. */
  jobDelay(command: string): number;
}

interface Parts {
  readonly db: Database;
  readonly clock: Clock;
  readonly latency: LatencyProfile;
  readonly lifetimeMs: number;
  readonly events: EventLog;
  readonly faults: JobFaults;
}

interface Running {
  readonly job: JobRow;
  readonly work: Work;
  readonly event: string;
}

/** Runs asynchronous jobs: queues, latencies, results, failures, the end of the server. */
export class JobEngine {
  readonly #parts: Parts;
  readonly #queues = new Map<string, Running[]>();
  /** Jobs of an earlier life of the server must not touch this one. */
  #life = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Accepts work; part of the transaction of the command. @returns the content of the answer */
  submit(
    command: { name: string; creates: boolean; event: string | undefined },
    caller: Caller,
    work: Work,
  ): JsonObject {
    const { db, clock } = this.#parts;
    this.#purge();
    const job = db.jobs.put({
      id: db.newId(),
      command: command.name,
      javaClass: javaClassOf(command.name, caller),
      accountId: caller.account.id,
      userId: caller.user.id,
      status: 0,
      resultCode: 0,
      instanceType: work.entity?.type,
      instanceId: work.entity?.id,
      created: clock.now(),
    });
    const running = { job, work, event: command.event ?? command.name };
    db.store.afterCommit(() => {
      this.#report(running, 'Scheduled');
      this.#enqueue(running);
    });
    return command.creates && work.entity !== undefined ? { id: work.entity.id, jobid: job.id } : { jobid: job.id };
  }

  /** The server ends: what is unfinished is failed without a result, as a real one does at its next start. */
  cancelAll(): void {
    const { db, clock } = this.#parts;
    this.#life++;
    this.#queues.clear();
    for (const job of db.jobs.filter((candidate) => candidate.status === 0)) {
      db.jobs.patch(job.id, { status: 2, resultCode: 530, completed: clock.now() });
    }
  }

  #enqueue(running: Running): void {
    const { queue } = running.work;
    if (queue === undefined) {
      this.#begin(running);
      return;
    }
    const waiting = this.#queues.get(queue);
    if (waiting !== undefined) {
      waiting.push(running);
      return;
    }
    this.#queues.set(queue, []);
    this.#begin(running);
  }

  #begin(running: Running): void {
    const { db, clock, latency, faults } = this.#parts;
    this.#report(running, 'Started');
    try {
      db.store.transaction(() => running.work.begin?.());
    } catch (error) {
      this.#fail(running, error);
      return;
    }
    const { command } = running.job;
    const times: { readonly [command: string]: number } = latency.jobs;
    const delayMs = (times[command] ?? latency.jobs.other) + faults.jobDelay(command);
    if (!Number.isFinite(delayMs)) return;
    const life = this.#life;
    clock.after(delayMs, () => {
      if (life === this.#life) this.#finish(running);
    });
  }

  #finish(running: Running): void {
    const { db, clock, faults } = this.#parts;
    const arranged = faults.jobFailure(running.job.command);
    if (arranged !== undefined) {
      this.#fail(running, arranged);
      return;
    }
    try {
      db.store.transaction(() => {
        // The copy of the object in the result still names this job as pending, as real ones do.
        const result = running.work.finish();
        db.jobs.patch(running.job.id, { status: 1, result, completed: clock.now() });
      });
    } catch (error) {
      this.#fail(running, error);
      return;
    }
    this.#report(running, 'Completed');
    this.#next(running);
  }

  #fail(running: Running, thrown: unknown): void {
    const { db, clock } = this.#parts;
    const error = thrown instanceof ApiError ? thrown : internalError(messageOf(thrown));
    db.store.transaction(() => {
      running.work.failed?.();
      db.jobs.patch(running.job.id, {
        status: 2,
        resultCode: 530,
        result: { errorcode: error.status, errortext: error.errorText },
        completed: clock.now(),
      });
    });
    this.#report(running, 'Completed', error);
    this.#next(running);
  }

  #next(running: Running): void {
    const { queue } = running.work;
    if (queue === undefined) return;
    const following = this.#queues.get(queue)?.shift();
    if (following === undefined) this.#queues.delete(queue);
    else this.#begin(following);
  }

  #report(running: Running, state: 'Scheduled' | 'Started' | 'Completed', error?: ApiError): void {
    const { job, event } = running;
    const { db, clock, events } = this.#parts;
    const outcome = state === 'Completed' ? (error === undefined ? 'Successfully completed' : 'Error while') : state;
    events.add({
      id: db.newId(),
      type: event,
      level: error === undefined ? 'INFO' : 'ERROR',
      state,
      description: `${outcome} ${job.command}${error === undefined ? '' : `: ${error.errorText}`}`,
      accountId: job.accountId,
      userId: job.userId,
      resourceId: job.instanceId,
      resourceType: job.instanceType,
      startId: job.id,
      created: clock.now(),
    });
  }

  /** Jobs are kept in the order they were made, so old ones are at the front. */
  #purge(): void {
    const { db, clock, lifetimeMs } = this.#parts;
    for (const job of db.jobs.values()) {
      if (job.created + lifetimeMs > clock.now()) return;
      db.jobs.remove(job.id);
    }
  }
}
