import { Cluster } from '../../api/kinds';
import type { TypedResource, WatchSource } from '../../api/ports';
import { equalJson } from '../../machinery/json';
import { type KubeObject, keyOf } from '../../machinery/kube-object';
import type { InfrastructureDeps } from './deps';
import { Label, OWN_ANNOTATIONS } from './names';

/**
 * Watches the controller's own kind, without the controller's own words: neither status nor the provider's notes wake
 * it, or a failure that is written down would be retried at once instead of after its delay.
 */
export function ownSubject<T extends KubeObject>(resource: TypedResource<T>): WatchSource {
  return {
    resource,
    isSubject: true,
    keys: ({ type, object, previous }) => {
      const isOwnWord = type === 'modified' && previous !== undefined && equalJson(said(previous), said(object));
      return isOwnWord ? [] : [keyOf(object)];
    },
  };
}

/** What others say of an object. */
function said(object: KubeObject): unknown {
  const { labels, annotations, ownerReferences, deletionTimestamp } = object.metadata;
  const notOurs = Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith(OWN_ANNOTATIONS));
  return { spec: object['spec'], labels, ownerReferences, deletionTimestamp, annotations: Object.fromEntries(notOurs) };
}

/** Wakes all objects of a cluster when the Cluster is paused, resumed, or gone for good. */
export function onPauseChange<T extends KubeObject>(deps: InfrastructureDeps, resource: TypedResource<T>): WatchSource {
  return {
    resource: Cluster,
    keys: ({ type, object, previous }) => {
      // Watched as Cluster, so both are.
      const isPaused = (object as Cluster).spec.paused === true;
      const wasPaused = (previous as Cluster | undefined)?.spec.paused === true;
      if (type === 'modified' && isPaused === wasPaused) return [];
      return ofCluster(deps, resource, object).map(keyOf);
    },
  };
}

/** The objects of a kind that belong to the cluster of `object`: the Cluster itself, or anything with its label. */
export function ofCluster<T extends KubeObject>(
  deps: InfrastructureDeps,
  resource: TypedResource<T>,
  object: KubeObject,
): readonly T[] {
  const { name, namespace, labels } = object.metadata;
  const cluster = object.kind === 'Cluster' ? name : labels?.[Label.clusterName];
  if (cluster === undefined) return [];
  return deps.objects.list(resource, { namespace, selector: { matchLabels: { [Label.clusterName]: cluster } } });
}
