import type { CloudStackCluster, CloudStackIsolatedNetwork } from '../../../api/kinds';
import type {
  Cloud,
  Job,
  JobOutcome,
  LoadBalancerRule,
  Network,
  Outcome,
  PublicAddress,
  TaggedType,
  Tags,
} from '../../../api/ports';
import { done, requeueAfter } from '../../../api/ports';
import { JobFailure } from '../faults';
import { type IntentSubject, inFlightMs, intentOf } from '../intent';
import type { JobBook } from '../job-book';
import { clusterTag, Tag } from '../names';
import { Reason } from '../reasons';
import type { Scope } from '../scope';

/** What was found or made lately, so that a pass asks CloudStack only for what it does not know. */
export interface Known {
  sinceMs: number;
  network?: Network | undefined;
  /** Made moments ago by this process: it has no rules and no addresses yet. */
  isNetworkNew?: boolean | undefined;
  address?: PublicAddress | undefined;
  isAddressNew?: boolean | undefined;
  rule?: Pick<LoadBalancerRule, 'id'> | undefined;
  isEgressOpen?: boolean | undefined;
  isIngressOpen?: boolean | undefined;
  /** The network cannot be deleted before this time, for the reason given. */
  blocked?: { readonly untilMs: number; readonly message: string } | undefined;
  /** Resources whose tags are complete. */
  readonly tagged: Set<string>;
}

/** One pass over an isolated network. */
export interface NetworkWork {
  readonly scope: Scope<CloudStackIsolatedNetwork>;
  readonly cloud: Cloud;
  readonly zoneId: string;
  readonly cloudStackCluster: CloudStackCluster | undefined;
  readonly identity: string;
  readonly known: Known;
  readonly jobs: JobBook;
  /** Clusters that are announcing a VPC in this moment: until that is stored, nobody else knows of it. */
  readonly announcing: Set<string>;
  readonly wake: () => void;
}

/** A step that is not done yet; it says what it waits for. */
export interface Wait {
  readonly reason: Reason;
  readonly message: string;
  readonly outcome: Outcome;
}

/** States without event (an address that is being allocated by a process that died) are looked at again after this. */
export const LOOK_AGAIN_MS = 1000;

export function waitForJob(reason: Reason, what: string, job: Job): Wait {
  return { reason, message: `${what} (CloudStack job ${job.id})`, outcome: done() };
}

export function waitAndLook(reason: Reason, message: string, afterMs = LOOK_AGAIN_MS): Wait {
  return { reason, message, outcome: requeueAfter(afterMs) };
}

/** Of what was announced moments ago, "there is none" is no answer: the request may still take effect. */
export function waitForAnswer({ scope }: NetworkWork, subject: IntentSubject, command: string): Wait | undefined {
  const intended = intentOf(scope.object.metadata, subject);
  const waitMs = intended === undefined ? 0 : inFlightMs(intended, scope.deps.clock);
  if (waitMs === 0) return undefined;
  const message = `${command} was sent and not answered; looking whether it took effect`;
  return waitAndLook(Reason.WaitingForAnswer, message, waitMs);
}

export function follow(work: NetworkWork, step: string, job: Job): void {
  work.jobs.note(work.cloud, work.scope.uid, step, job, work.wake);
}

/**
 * Where the job of a step stands: undefined when there is none, or when nobody knows its result and one must look.
 * @throws JobFailure when it failed.
 */
export function jobOf(
  work: NetworkWork,
  step: string,
  what: string,
): { readonly job: Job; readonly outcome: Exclude<JobOutcome, { state: 'failed' | 'lost' }> } | undefined {
  const found = work.jobs.outcome(work.cloud, work.scope.uid, step);
  if (found === undefined || found.outcome.state === 'lost') return undefined;
  if (found.outcome.state === 'failed') {
    throw new JobFailure(Reason.JobFailed, what, found.job.id, found.outcome.errorCode, found.outcome.errorText);
  }
  return { job: found.job, outcome: found.outcome };
}

/** The marks of what we made for the cluster. */
export function ownTags(identity: string): Tags {
  return { [Tag.created]: '1', [clusterTag(identity)]: '1' };
}

/** Clusters other than ours that use a resource, by their tags. */
export function otherClusters(tags: Tags, identity: string): readonly string[] {
  return Object.keys(tags).filter((key) => key.startsWith(Tag.clusterPrefix) && key !== clusterTag(identity));
}

/** Adds the tags that a resource lacks. The next pass that knows the resource's tags tries again what failed. */
export async function ensureTags(
  work: NetworkWork,
  type: TaggedType,
  id: string,
  present: Tags,
  wanted: Tags,
): Promise<void> {
  const step = `tag ${type} ${id}`;
  if (work.known.tagged.has(id)) return;
  const tagging = jobOf(work, step, `tagging ${type} ${id}`);
  if (tagging !== undefined) {
    if (tagging.outcome.state === 'succeeded') work.known.tagged.add(id);
    return;
  }
  const missing = Object.fromEntries(Object.entries(wanted).filter(([key]) => present[key] === undefined));
  if (Object.keys(missing).length === 0) {
    work.known.tagged.add(id);
    return;
  }
  follow(work, step, await work.cloud.tags.create(type, id, missing));
}
