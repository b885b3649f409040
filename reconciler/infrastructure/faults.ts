import { CloudStackNoMatch, CloudStackRefused, CloudStackUnreachable } from '../../api/ports';
import { CapstanError, messageOf } from '../../machinery/errors';
import { Reason } from './reasons';

/** A failure as users and the queue see it. */
export interface Fault {
  readonly reason: Reason;
  readonly message: string;
  /** The longest wait between attempts, in milliseconds; attempts begin quickly and slow down to it. */
  readonly slowestRetryMs: number;
  /** Label of the metric `acs_reconciliation_errors`. */
  readonly metricCode: string;
}

/** Something users must put right in what they wrote; every problem that was found. */
export class ConfigurationProblem extends CapstanError {
  constructor(
    readonly reason: Reason,
    readonly problems: readonly string[],
  ) {
    super({ name: 'ConfigurationProblem', code: 'INFRASTRUCTURE_CONFIGURATION', message: problems.join('; ') });
  }
}

/** A CloudStack job ended in failure. */
export class JobFailure extends CapstanError {
  constructor(
    readonly reason: Reason,
    what: string,
    jobId: string,
    readonly errorCode: number,
    errorText: string,
  ) {
    super({
      name: 'JobFailure',
      code: 'CLOUDSTACK_JOB_FAILED',
      message: `${what}: CloudStack job ${jobId} failed with ${errorCode}: ${errorText}`,
    });
  }
}

const QUICK_MS = 5_000;
const PATIENT_MS = 30_000;
const NO_CODE = 'No error code';

/** The table from failures to conditions and retries (`cloudstack.md` 1.8, 9.3). */
export function faultOf(error: unknown): Fault {
  const message = messageOf(error);
  const fault = (reason: Reason, slowestRetryMs: number, metricCode = NO_CODE): Fault => ({
    reason,
    message,
    slowestRetryMs,
    metricCode,
  });
  if (error instanceof ConfigurationProblem) return fault(error.reason, QUICK_MS);
  if (error instanceof CloudStackNoMatch) return fault(Reason.NotFoundInCloudStack, QUICK_MS);
  if (error instanceof CloudStackUnreachable) return fault(Reason.CloudStackUnreachable, QUICK_MS);
  if (error instanceof JobFailure) return fault(reasonOfCode(error.errorCode) ?? error.reason, QUICK_MS);
  if (error instanceof CloudStackRefused) {
    const metricCode = error.csErrorCode === undefined ? NO_CODE : String(error.csErrorCode);
    const reason = reasonOfCode(error.errorCode) ?? Reason.CloudStackFault;
    return fault(reason, reason === Reason.LimitReached ? PATIENT_MS / 3 : QUICK_MS, metricCode);
  }
  return fault(Reason.InternalError, PATIENT_MS);
}

/** What an error code of CloudStack means for the user; undefined: no more than that something failed. */
export function reasonOfCode(errorCode: number): Reason | undefined {
  switch (errorCode) {
    case 401:
      return Reason.CredentialsRefused;
    case 432:
    case 531:
      return Reason.PermissionDenied;
    case 431:
      return Reason.RefusedByCloudStack;
    case 532:
    case 535:
      return Reason.LimitReached;
    case 533:
      return Reason.InsufficientCapacity;
    default:
      return undefined;
  }
}

/** The server refused before it did anything. An internal error (530) may have left something behind. */
export function isSureRefusal(error: unknown): boolean {
  return error instanceof CloudStackRefused && error.errorCode !== 530 && error.errorCode < 600;
}

/** Waits after the first, second, … failure in a row: from a quarter of a second, doubling. */
export function retryDelayMs(failuresInARow: number, slowestRetryMs: number): number {
  return Math.min(slowestRetryMs, 250 * 2 ** Math.min(failuresInARow - 1, 20));
}
