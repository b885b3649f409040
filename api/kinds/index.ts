/** All kinds of ours, and the Kubernetes kinds we speak of. Each name is a value (the kind) and a type (its objects). */

export { KubeadmConfig } from './bootstrap/kubeadm-config';
export type { KubeadmConfigSpec } from './bootstrap/kubeadm-config-spec';
export { KubeadmConfigTemplate } from './bootstrap/kubeadm-config-template';
export { Fleet } from './capstan/fleet';
export { Cluster } from './cluster-api/cluster';
export { Machine } from './cluster-api/machine';
export { MachineDeployment } from './cluster-api/machine-deployment';
export { MachineSet } from './cluster-api/machine-set';
export type { MachineSpec } from './cluster-api/machine-spec';
export { KubeadmControlPlane } from './control-plane/kubeadm-control-plane';
export { KubeadmControlPlaneTemplate } from './control-plane/kubeadm-control-plane-template';
export { CloudStackAffinityGroup } from './infrastructure/cloudstack-affinity-group';
export { CloudStackCluster } from './infrastructure/cloudstack-cluster';
export type { CloudStackClusterSpec } from './infrastructure/cloudstack-cluster-spec';
export { CloudStackClusterTemplate } from './infrastructure/cloudstack-cluster-template';
export { CloudStackFailureDomain } from './infrastructure/cloudstack-failure-domain';
export { CloudStackIsolatedNetwork } from './infrastructure/cloudstack-isolated-network';
export { CloudStackMachine } from './infrastructure/cloudstack-machine';
export type { CloudStackMachineSpec } from './infrastructure/cloudstack-machine-spec';
export { CloudStackMachineStateChecker } from './infrastructure/cloudstack-machine-state-checker';
export { CloudStackMachineTemplate } from './infrastructure/cloudstack-machine-template';
export type { FailureDomainSpec, NetworkSpec, VpcSpec } from './infrastructure/shapes';
export * from './kubernetes';
