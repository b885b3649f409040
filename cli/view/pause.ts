import { PAUSED_ANNOTATION } from '../../api/labels';
import { valueAt } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';

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
