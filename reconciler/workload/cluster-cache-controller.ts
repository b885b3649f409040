import { Cluster } from '../../api/kinds/cluster-api/cluster';
import { Secret } from '../../api/kinds/kubernetes';
import { type Controller, done, type Objects, ownKind } from '../../api/ports';
import type { ObjectKey } from '../../machinery/kube-object';
import type { WorkloadLinks } from './workload-links';

export interface ClusterCacheDeps {
  readonly objects: Objects;
  readonly links: WorkloadLinks;
}

const SUFFIX = '-kubeconfig';

/**
 * Says which workload clusters are to be connected: those whose infrastructure is provisioned and whose Secret
 * `<cluster>-kubeconfig` exists (`capi.md` 4.1). A changed Secret means connecting anew.
 */
export function clusterCacheController({ objects, links }: ClusterCacheDeps): Controller {
  return {
    name: 'cluster-cache',
    watches: [ownKind(Cluster), { resource: Secret, keys: ({ object }) => clusterOfSecret(object.metadata) }],
    async reconcile(key) {
      const cluster = objects.get(Cluster, key);
      const kubeconfig =
        cluster?.status?.initialization?.infrastructureProvisioned === true ? kubeconfigOf(objects, key) : undefined;
      if (kubeconfig === undefined) links.forget(key);
      else links.want(key, kubeconfig);
      return done();
    },
  };
}

function kubeconfigOf(objects: Objects, cluster: ObjectKey): string | undefined {
  const secret = objects.get(Secret, { namespace: cluster.namespace, name: `${cluster.name}${SUFFIX}` });
  const value = secret?.data?.value;
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function clusterOfSecret({ name, namespace }: { name: string; namespace?: string | undefined }): ObjectKey[] {
  if (!name.endsWith(SUFFIX)) return [];
  return [{ namespace: namespace ?? '', name: name.slice(0, -SUFFIX.length) }];
}
