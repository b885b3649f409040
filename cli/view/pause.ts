import { PAUSED_ANNOTATION } from '../../api/labels';
import { type Condition, isTrue } from '../../machinery/conditions';
import { valueAt } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';

export const PAUSED = 'Paused';

/** Objects that status does not call ready while they are paused: what they stand for is no longer brought about. */
const WHOLES: ReadonlySet<string> = new Set([
  'Cluster',
  'CloudStackCluster',
  'KubeadmControlPlane',
  'MachineDeployment',
]);

interface Conditioned extends KubeObject {
  status?: { conditions?: Condition[] | undefined } | undefined;
}

/** Its controller has seen that it is paused. */
export function isPaused(object: Conditioned): boolean {
  return isTrue(object, PAUSED);
}

/** A paused part of a whole (a machine), which by itself keeps the whole from nothing. */
export function isPausedMember(object: Conditioned): boolean {
  return !WHOLES.has(object.kind) && isPaused(object);
}

/**
 * Why nobody looks after the first of `objects` that is paused, and what to do; empty when none is. A Cluster pauses all
 * that belongs to it, which is told about the Cluster alone.
 */
export function pauseOf(...objects: readonly KubeObject[]): string {
  for (const object of objects) {
    const name = `${object.kind} ${object.metadata.name}`;
    if (object.kind === 'Cluster' && valueAt(object, 'spec', 'paused') === true)
      return `Paused: nobody looks after it until spec.paused is removed from ${name}`;
    if (object.metadata.annotations?.[PAUSED_ANNOTATION] !== undefined)
      return `Paused: nobody looks after it until the annotation ${PAUSED_ANNOTATION} is removed from ${name}`;
  }
  return '';
}
