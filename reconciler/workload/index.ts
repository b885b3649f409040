export { type ClusterCacheDeps, clusterCacheController } from './cluster-cache-controller';
export type { LinkMetrics } from './workload-link';
export { WorkloadLinks, type WorkloadLinksOptions } from './workload-links';
