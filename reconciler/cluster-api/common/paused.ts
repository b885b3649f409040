import { PAUSED_ANNOTATION } from '../../../api/labels';
import type { ConditionReport } from '../../../machinery/conditions';
import type { KubeObject } from '../../../machinery/kube-object';
import { Reason, Type } from './reasons';

/** A Cluster as the question of pause needs it. */
export interface Pausable {
  readonly spec: { readonly paused?: boolean | undefined };
}

/** What the condition `Paused` says about an object; a missing cluster does not pause anything. */
export function pausedReport(cluster: Pausable | undefined, object: KubeObject): ConditionReport {
  const causes: string[] = [];
  if (cluster?.spec.paused === true) causes.push('Cluster spec.paused is set to true');
  if (object.metadata.annotations?.[PAUSED_ANNOTATION] !== undefined) {
    causes.push(`${object.kind} has the ${PAUSED_ANNOTATION} annotation`);
  }
  if (causes.length === 0) return { type: Type.paused, status: 'False', reason: Reason.notPaused };
  return { type: Type.paused, status: 'True', reason: Reason.paused, message: causes.join(', ') };
}
