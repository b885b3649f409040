import type { KubeObject } from '../../../machinery/kube-object';
import type { TypedResource } from '../../ports/kube-api';

/** A kind of Kubernetes itself: typed, not validated here. */
export function resource<T extends KubeObject>(
  apiVersion: string,
  kind: string,
  plural: string,
  scope: 'namespaced' | 'cluster' = 'namespaced',
): TypedResource<T> {
  const slash = apiVersion.indexOf('/');
  return {
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind,
    plural,
    namespaced: scope === 'namespaced',
  };
}
