import type { Pod } from '../../../api/kinds';
import { DRAIN_LABEL } from '../../../api/labels';
import { controllerOf } from '../../../machinery/kube-object';

/** What draining does with each pod of a node (`capi.md` 4.3, step 3). Pure. */

export type DrainDecision =
  /** Stays; neither evicted nor waited for. */
  | { readonly kind: 'skip'; readonly why: 'daemon-set' | 'mirror' | 'labelled' | 'finished' | 'unreachable' }
  | { readonly kind: 'evict' }
  /** Evicted already, still terminating. */
  | { readonly kind: 'terminating' }
  /** May finish its work; never evicted. */
  | { readonly kind: 'wait' };

export interface DrainContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly nodeUnreachable: boolean;
  /** `namespace/name` of the DaemonSets that there are. */
  readonly daemonSets: ReadonlySet<string>;
}

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
/** A kubelet that does not answer never confirms the end of a pod. */
const UNREACHABLE_GRACE_MS = 1000;

export function decideDrain(pod: Pod, context: DrainContext): DrainDecision {
  const deletedAt = pod.metadata.deletionTimestamp;
  if (context.nodeUnreachable && deletedAt !== undefined) {
    if (context.now - Date.parse(deletedAt) > UNREACHABLE_GRACE_MS) return { kind: 'skip', why: 'unreachable' };
  }
  if (pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) return { kind: 'skip', why: 'mirror' };
  if (isOfDaemonSet(pod, context.daemonSets)) return { kind: 'skip', why: 'daemon-set' };
  const wish = pod.metadata.labels?.[DRAIN_LABEL]?.toLowerCase();
  if (wish === 'skip') return { kind: 'skip', why: 'labelled' };
  const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  if (wish === 'wait-completed') return finished ? { kind: 'skip', why: 'finished' } : { kind: 'wait' };
  return deletedAt === undefined ? { kind: 'evict' } : { kind: 'terminating' };
}

/** A DaemonSet would start its pod again at once; one whose DaemonSet is gone is evicted as an orphan. */
function isOfDaemonSet(pod: Pod, daemonSets: ReadonlySet<string>): boolean {
  const owner = controllerOf(pod);
  if (owner?.kind !== 'DaemonSet') return false;
  return daemonSets.has(`${pod.metadata.namespace ?? ''}/${owner.name}`);
}

/** What a drain is still waiting for. */
export interface DrainProgress {
  readonly toEvict: readonly Pod[];
  readonly terminating: readonly Pod[];
  readonly waiting: readonly Pod[];
  readonly skipped: readonly Pod[];
}

export function sortPods(pods: readonly Pod[], context: DrainContext): DrainProgress {
  const none: Pod[] = [];
  const progress = { toEvict: [...none], terminating: [...none], waiting: [...none], skipped: [...none] };
  for (const pod of pods) {
    const decision = decideDrain(pod, context);
    if (decision.kind === 'skip') progress.skipped.push(pod);
    else if (decision.kind === 'evict') progress.toEvict.push(pod);
    else if (decision.kind === 'terminating') progress.terminating.push(pod);
    else progress.waiting.push(pod);
  }
  return progress;
}

const NAMES_SHOWN = 5;

function names(pods: readonly Pod[]): string {
  const shown = pods
    .map((pod) => `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`)
    .sort()
    .slice(0, NAMES_SHOWN);
  const more = pods.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? `, ... (${more} more)` : ''}`;
}

/** Pods whose eviction was asked for in vain. */
export interface NotEvicted {
  /** Their disruption budget does not allow it now. */
  readonly refused: readonly Pod[];
  readonly failed: readonly { readonly pod: Pod; readonly why: string }[];
}

/** The message of the condition `Deleting` while pods are left. */
export function drainMessage(progress: DrainProgress, { refused, failed }: NotEvicted, since: string): string {
  const lines = [`Drain not completed yet (started at ${since}):`];
  const left = new Set([...refused, ...failed.map(({ pod }) => pod)]);
  const evicted = [...progress.terminating, ...progress.toEvict.filter((pod) => !left.has(pod))];
  if (evicted.length > 0) {
    lines.push(`* Pods with deletionTimestamp that still exist: ${names(evicted)}`);
  }
  if (refused.length > 0) {
    lines.push(`* Cannot evict pods as it would violate the pod's disruption budget: ${names(refused)}`);
  }
  for (const why of [...new Set(failed.map((failure) => failure.why))].sort()) {
    const pods = failed.filter((failure) => failure.why === why).map(({ pod }) => pod);
    lines.push(`* Cannot evict pods (${why}): ${names(pods)}`);
  }
  if (progress.waiting.length > 0) lines.push(`* Pods that are waited for to complete: ${names(progress.waiting)}`);
  return lines.join('\n');
}
