import {
  EXCLUDE_NODE_DRAINING_ANNOTATION,
  EXCLUDE_WAIT_FOR_VOLUME_DETACH_ANNOTATION,
  PRE_DRAIN_HOOK_ANNOTATION,
  PRE_TERMINATE_HOOK_ANNOTATION,
} from '../../../api/labels';

/** What the deletion of a Machine may and must do (`capi.md` 4.3, "Delete branch"). Pure. */

type Texts = { readonly [key: string]: string } | undefined;

export interface NodeDeletionFacts {
  readonly clusterDeleting: boolean;
  readonly controlPlaneDeleting: boolean;
  readonly nodeRef: string | undefined;
  readonly isControlPlane: boolean;
  /** Control-plane machines of the cluster that are not being deleted, without this one. */
  readonly otherControlPlaneMachines: number;
  readonly externallyManagedControlPlane: boolean;
}

/**
 * Whether drain, volume wait and Node deletion make sense. They do not when the whole workload cluster goes, or with
 * its last API server: nobody would answer.
 */
export function mayTouchNode(facts: NodeDeletionFacts): boolean {
  if (facts.clusterDeleting || facts.controlPlaneDeleting || facts.nodeRef === undefined) return false;
  if (facts.isControlPlane && !facts.externallyManagedControlPlane) return facts.otherControlPlaneMachines > 0;
  return true;
}

/** Names of the hooks that block the step, sorted. */
export function preDrainHooks(annotations: Texts): string[] {
  return hooks(annotations, PRE_DRAIN_HOOK_ANNOTATION);
}

/** Names of the hooks that block the step, sorted. */
export function preTerminateHooks(annotations: Texts): string[] {
  return hooks(annotations, PRE_TERMINATE_HOOK_ANNOTATION);
}

function hooks(annotations: Texts, prefix: string): string[] {
  return Object.keys(annotations ?? {})
    .filter((key) => key === prefix || key.startsWith(`${prefix}/`))
    .sort();
}

export interface StageTimes {
  readonly nodeDrainStartTime?: string | undefined;
  readonly waitForNodeVolumeDetachStartTime?: string | undefined;
  readonly waitForPreTerminateHookStartTime?: string | undefined;
}

export interface StageFacts {
  readonly annotations: Texts;
  readonly times: StageTimes;
  /** 0 or undefined: no limit. */
  readonly timeoutSeconds: number | undefined;
  /** The VM is gone or going: nothing runs there any more. */
  readonly infrastructureGone: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Whether the node still has to be drained. A stage that was passed is not entered again. */
export function needsDrain(facts: StageFacts): boolean {
  if (facts.annotations?.[EXCLUDE_NODE_DRAINING_ANNOTATION] !== undefined || facts.infrastructureGone) return false;
  if (facts.times.waitForNodeVolumeDetachStartTime !== undefined) return false;
  if (facts.times.waitForPreTerminateHookStartTime !== undefined) return false;
  return !isOver(facts.times.nodeDrainStartTime, facts);
}

/** Whether attached volumes still have to be waited for. */
export function needsVolumeDetach(facts: StageFacts): boolean {
  if (facts.annotations?.[EXCLUDE_WAIT_FOR_VOLUME_DETACH_ANNOTATION] !== undefined || facts.infrastructureGone) {
    return false;
  }
  if (facts.times.waitForPreTerminateHookStartTime !== undefined) return false;
  return !isOver(facts.times.waitForNodeVolumeDetachStartTime, facts);
}

function isOver(startedAt: string | undefined, facts: StageFacts): boolean {
  if (startedAt === undefined || (facts.timeoutSeconds ?? 0) === 0) return false;
  return facts.now - Date.parse(startedAt) >= (facts.timeoutSeconds ?? 0) * 1000;
}
