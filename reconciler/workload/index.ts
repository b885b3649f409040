export { type ClusterCacheDeps, clusterCacheController } from './cluster-cache-controller';
export { EtcdClientCertificates, type EtcdClientCertificatesOptions } from './etcd/client-certificates';
export { TunnelledEtcd, type TunnelledEtcdOptions } from './etcd/etcd-admin';
export { tunnelsOver } from './tunnels';
export type { LinkMetrics } from './workload-link';
export { WorkloadLinks, type WorkloadLinksOptions } from './workload-links';
