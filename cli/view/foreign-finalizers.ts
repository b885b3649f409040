import type { Condition } from '../../machinery/conditions';
import { isBeingDeleted, type KubeObject } from '../../machinery/kube-object';

/** Finalizers of Cluster API, its providers and ourselves. */
const OURS = /^(?:[^/]+\.)?(?:cluster\.x-k8s\.io|capstan\.dev)(?:\/|$)/;
/** Those of Kubernetes: an object that was deleted with `--cascade` goes after what it owns. */
const OF_KUBERNETES = new Set(['foregroundDeletion', 'orphan']);

/** The finalizers that alone keep an object which is being deleted; none while there is work of ours left. */
export function foreignFinalizers(object: KubeObject): readonly string[] {
  const { finalizers = [] } = object.metadata;
  return isBeingDeleted(object) && !finalizers.some((finalizer) => OURS.test(finalizer)) ? finalizers : [];
}

/** What can be done about {@link foreignFinalizers}. */
export function adviceOnFinalizers(finalizers: readonly string[], describe: string): string {
  const foreign = finalizers.filter((finalizer) => !OF_KUBERNETES.has(finalizer));
  if (foreign.length === 0) return `wait: Kubernetes deletes what it owns first; what is left: ${describe}`;
  return foreign.length === 1
    ? `it waits for the finalizer ${foreign[0]}, which belongs to somebody else: see why that program does not remove it`
    : `it waits for the finalizers ${foreign.join(', ')}, which belong to somebody else: see why those programs do not remove them`;
}

/**
 * What is the case with an object that is held so. Its own conditions may be older: a controller that has let it go says
 * nothing more about it.
 */
export function heldCondition(object: KubeObject): Condition | undefined {
  if (foreignFinalizers(object).length === 0) return undefined;
  return {
    type: 'Deleting',
    status: 'True',
    reason: 'DeletionCompleted',
    message: 'Deletion completed',
    lastTransitionTime: object.metadata.deletionTimestamp ?? '',
  };
}
