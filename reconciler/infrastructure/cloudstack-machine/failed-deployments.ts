import type { ObjectMeta } from '../../../machinery/kube-object';
import { Annotation } from '../names';

/** A deployment that failed before the instance ever ran. */
export interface FailedDeployment {
  readonly failureDomain: string;
  readonly instanceId: string;
}

/** What stands in the annotation; unreadable parts are left out. */
export function failedDeployments(metadata: ObjectMeta): readonly FailedDeployment[] {
  const text = metadata.annotations?.[Annotation.failedDeployments] ?? '';
  return text.split(',').flatMap((entry) => {
    const colon = entry.lastIndexOf(':');
    return colon < 0 ? [] : [{ failureDomain: entry.slice(0, colon), instanceId: entry.slice(colon + 1) }];
  });
}

/** Adds one; the same instance is counted once. */
export function noteFailedDeployment(metadata: ObjectMeta, failed: FailedDeployment): void {
  const known = failedDeployments(metadata);
  if (known.some(({ instanceId }) => instanceId === failed.instanceId)) return;
  const text = [...known, failed].map(({ failureDomain, instanceId }) => `${failureDomain}:${instanceId}`).join(',');
  metadata.annotations = { ...metadata.annotations, [Annotation.failedDeployments]: text };
}
