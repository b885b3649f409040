import type { Construct } from 'constructs';
import { WorkloadCluster } from './workload-cluster';
import type { WorkloadClusterProps } from './workload-cluster-props';

const BRAND = Symbol.for('capstan.ClusterDefinition');

/** A cluster that can be rendered: what a file in `clusters/` exports by default. */
export interface ClusterDefinition {
  readonly name: string;
  /** Adds the cluster to the construct tree. */
  render(scope: Construct): WorkloadCluster;
}

/**
 * Defines a cluster. Twelve lines give a highly available one: three control-plane machines on different hosts, pools,
 * provider ids, drain limits and prune protection.
 *
 * @example
 * export default defineCluster('prod', {
 *   kubernetesVersion: 'v1.34.2',
 *   zone: 'zone-1',
 *   network: IsolatedNetwork.named('prod-net'),
 *   controlPlane: { replicas: 3, offering: 'Medium Instance' },
 *   pools: { general: { replicas: 3, offering: 'Large Instance' } },
 * });
 */
export function defineCluster(name: string, props: WorkloadClusterProps): ClusterDefinition {
  return defineClusterWith(name, (scope) => new WorkloadCluster(scope, name, props));
}

/** Defines a cluster by a construct of your own: a subclass of WorkloadCluster, or one with more objects beside it. */
export function defineClusterWith(name: string, render: (scope: Construct) => WorkloadCluster): ClusterDefinition {
  const definition = { name, render };
  Object.defineProperty(definition, BRAND, { value: true });
  return definition;
}

/** True also for definitions made by another copy of this package. */
export function isClusterDefinition(value: unknown): value is ClusterDefinition {
  return typeof value === 'object' && value !== null && Reflect.get(value, BRAND) === true;
}
