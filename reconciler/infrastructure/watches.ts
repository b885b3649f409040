import { CloudStackCluster, Cluster, Secret } from '../../api/kinds';
import { ownAsAsked, type TypedResource, type WatchSource } from '../../api/ports';
import { type KubeObject, keyOf } from '../../machinery/kube-object';
import { failureDomainsUsing } from './credentials';
import type { InfrastructureDeps } from './deps';
import { Label, OWN_ANNOTATIONS } from './names';

/** The controller's own kind, without the provider's own words and notes. */
export function ownSubject<T extends KubeObject>(resource: TypedResource<T>): WatchSource {
  return ownAsAsked(resource, OWN_ANNOTATIONS);
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

/** Wakes what was there before its CloudStackCluster, as after a restoration. */
export function onClusterArrival<T extends KubeObject>(
  deps: InfrastructureDeps,
  resource: TypedResource<T>,
): WatchSource {
  return {
    resource: CloudStackCluster,
    keys: ({ type, object }) => (type === 'added' ? ofCluster(deps, resource, object).map(keyOf) : []),
  };
}

/**
 * Wakes what stands in failure domains whose credentials have changed: instances are watched and jobs are followed with
 * those in force. A Secret that is gone gives none.
 */
export function onNewCredentials<
  T extends KubeObject & { readonly spec: { readonly failureDomainName?: string | undefined } },
>(deps: InfrastructureDeps, resource: TypedResource<T>): WatchSource {
  return {
    resource: Secret,
    keys: (event) => {
      if (event.type === 'deleted') return [];
      return failureDomainsUsing(deps, event).flatMap((domain) =>
        ofCluster(deps, resource, domain)
          .filter(({ spec }) => spec.failureDomainName === domain.spec.name)
          .map(keyOf),
      );
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
