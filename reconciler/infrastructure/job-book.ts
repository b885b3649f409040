import type { Cloud, Job, JobOutcome } from '../../api/ports';

/**
 * The CloudStack jobs that objects wait for, by object and step. Lives in memory: a new process finds out from the state
 * of things in CloudStack what a job did, so nothing depends on remembering it.
 */
export class JobBook {
  readonly #jobs = new Map<string, { readonly job: Job; cloud: Cloud; readonly wake: () => void }>();

  /** Notes a job and has `wake` called when it ends. */
  note(cloud: Cloud, uid: string, step: string, job: Job, wake: () => void): void {
    this.#jobs.set(`${uid} ${step}`, { job, cloud, wake });
    cloud.jobs.follow(job, wake);
  }

  pending(uid: string, step: string): Job | undefined {
    return this.#jobs.get(`${uid} ${step}`)?.job;
  }

  /** Whether the job of a step has not ended yet. */
  isRunning(cloud: Cloud, uid: string, step: string): boolean {
    return this.#look(cloud, `${uid} ${step}`)?.outcome.state === 'pending';
  }

  /** The outcome of the job of a step; one that has ended is told once and forgotten. */
  outcome(cloud: Cloud, uid: string, step: string): { readonly job: Job; readonly outcome: JobOutcome } | undefined {
    const found = this.#look(cloud, `${uid} ${step}`);
    if (found !== undefined && found.outcome.state !== 'pending') this.#jobs.delete(`${uid} ${step}`);
    return found;
  }

  forget(uid: string): void {
    for (const key of this.#jobs.keys()) if (key.startsWith(`${uid} `)) this.#jobs.delete(key);
  }

  #look(cloud: Cloud, key: string): { readonly job: Job; readonly outcome: JobOutcome } | undefined {
    const noted = this.#jobs.get(key);
    if (noted === undefined) return undefined;
    const { job } = noted;
    const outcome = noted.cloud.jobs.outcome(job.id);
    if (outcome.state !== 'pending' || noted.cloud === cloud) return { job, outcome };
    // The credentials have changed; those from before may be refused by now.
    noted.cloud.jobs.forget(job.id);
    noted.cloud = cloud;
    cloud.jobs.follow(job, noted.wake);
    return { job, outcome: cloud.jobs.outcome(job.id) };
  }
}
