import { PAUSED_ANNOTATION } from '../../api/labels';
import type { ConditionReport } from '../../machinery/conditions';
import type { KubeObject } from '../../machinery/kube-object';

/** A Cluster as the question of pause needs it. */
export interface Pausable {
  readonly spec: { readonly paused?: boolean | undefined };
}

/**
 * What the condition `Paused` says about an object (`capi.md` 2); True stops everything else.
 * @param cluster - the Cluster it belongs to; a missing one does not pause anything
 */
export function pausedReport(cluster: Pausable | undefined, object: KubeObject): ConditionReport {
  const causes: string[] = [];
  if (cluster?.spec.paused === true) causes.push('Cluster spec.paused is set to true');
  if (object.metadata.annotations?.[PAUSED_ANNOTATION] !== undefined) {
    causes.push(`${object.kind} has the ${PAUSED_ANNOTATION} annotation`);
  }
  if (causes.length === 0) return { type: 'Paused', status: 'False', reason: 'NotPaused' };
  return { type: 'Paused', status: 'True', reason: 'Paused', message: causes.join(', ') };
}
