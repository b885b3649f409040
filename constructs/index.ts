/** What `import … from 'capstan'` offers to cluster definitions. */
export { type ClusterDefinition, defineCluster, defineClusterWith, isClusterDefinition } from './define-cluster';
export type { ControlPlaneProps, DataDiskProps, MachineProps, PoolProps } from './machine-props';
export { IsolatedNetwork, type IsolatedNetworkOptions, type Network, SharedNetwork, type VpcOptions } from './network';
export { DefinitionInvalid, formatProblem, type Problem } from './problem';
export { FastApp } from './synthesis/fast-app';
export { WorkloadCluster } from './workload-cluster';
export type { FailureDomainProps, SecretReference, WorkloadClusterProps } from './workload-cluster-props';
