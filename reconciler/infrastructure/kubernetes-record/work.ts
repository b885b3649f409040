import type { JobOutcome, Outcome } from '../../../api/ports';
import { JobFailure } from '../faults';
import type { JobBook } from '../job-book';
import { Reason } from '../reasons';
import type { ClusterScope, Home } from './home';

/** One pass over the record of a cluster. */
export interface RecordWork {
  readonly scope: ClusterScope;
  readonly home: Home;
  readonly jobs: JobBook;
  readonly wake: () => void;
}

/** What is waited for. */
export interface Wait {
  readonly reason: Reason;
  readonly message: string;
  readonly outcome: Outcome;
}

/**
 * Where the job of a step stands; undefined when there is none or nobody knows its result and one must look.
 * @throws JobFailure when it failed.
 */
export function jobOf(
  { jobs, home, scope }: RecordWork,
  step: string,
  what: string,
): { readonly id: string; readonly state: Exclude<JobOutcome['state'], 'failed' | 'lost'> } | undefined {
  const found = jobs.outcome(home.cloud, scope.uid, step);
  if (found === undefined || found.outcome.state === 'lost') return undefined;
  if (found.outcome.state === 'failed') {
    const { errorCode, errorText } = found.outcome;
    throw new JobFailure(Reason.JobFailed, what, found.job.id, errorCode, errorText);
  }
  return { id: found.job.id, state: found.outcome.state };
}
