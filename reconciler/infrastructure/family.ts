/** The objects around an object: cluster, failure domain; found by name, owner and label. */
import { CloudStackCluster, CloudStackFailureDomain } from '../../api/kinds';
import { isReason, type Objects, type TypedResource } from '../../api/ports';
import { type KubeObject, keyOf } from '../../machinery/kube-object';
import { Annotation, failureDomainObjectName, Label } from './names';
import type { ProviderObject, Scope } from './scope';

export type FailureDomainEntry = NonNullable<CloudStackCluster['spec']['failureDomains']>[number];

/** The CloudStackCluster of an object: what the Cluster refers to, else the one that bears the Cluster's name. */
export function cloudStackClusterOf<T extends ProviderObject>(scope: Scope<T>): CloudStackCluster | undefined {
  const referred = scope.cluster?.spec.infrastructureRef;
  const name = referred?.kind === 'CloudStackCluster' ? referred.name : scope.clusterName;
  return scope.deps.objects.get(CloudStackCluster, { namespace: scope.namespace, name: name ?? scope.clusterName });
}

/** The failure domain object of a name within the scope's cluster. */
export function failureDomainOf<T extends ProviderObject>(
  scope: Scope<T>,
  failureDomain: string,
): CloudStackFailureDomain | undefined {
  const name = failureDomainObjectName(failureDomain, scope.clusterName);
  return scope.deps.objects.get(CloudStackFailureDomain, { namespace: scope.namespace, name });
}

/**
 * Under which identity the things of a cluster are tagged: the UID that the CloudStackCluster had when it was first seen.
 * It is written on the cluster and handed to its children, so it survives a move and the end of the cluster object.
 */
export function identityOf(object: ProviderObject, cloudStackCluster: CloudStackCluster | undefined): string {
  return (
    object.metadata.annotations?.[Annotation.identity] ??
    cloudStackCluster?.metadata.annotations?.[Annotation.identity] ??
    cloudStackCluster?.metadata.uid ??
    ''
  );
}

/** The labels of a child: whose it is, and which process looks after it. */
export function childLabels(parent: KubeObject, clusterName: string): { [label: string]: string } {
  const watchFilter = parent.metadata.labels?.[Label.watchFilter];
  return {
    [Label.clusterName]: clusterName,
    ...(watchFilter === undefined ? {} : { [Label.watchFilter]: watchFilter }),
  };
}

/** Creates a child; when another pass was faster, its object is as good. */
export async function createOrRead<T extends KubeObject>(
  objects: Objects,
  resource: TypedResource<T>,
  wanted: T,
): Promise<T> {
  try {
    return await objects.create(resource, wanted);
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
    const existing = await objects.read(resource, keyOf(wanted));
    if (existing === undefined) throw error;
    return existing;
  }
}
