/** Keys that Cluster API writes and reads in metadata (`capi.md` 0.6). Exact: other controllers decide on them. */

/** Keys of labels. */
export const Label = {
  clusterName: 'cluster.x-k8s.io/cluster-name',
  controlPlane: 'cluster.x-k8s.io/control-plane',
  controlPlaneName: 'cluster.x-k8s.io/control-plane-name',
  deploymentName: 'cluster.x-k8s.io/deployment-name',
  setName: 'cluster.x-k8s.io/set-name',
  poolName: 'cluster.x-k8s.io/pool-name',
  machineTemplateHash: 'machine-template-hash',
  topologyOwned: 'topology.cluster.x-k8s.io/owned',
  /** On a Node. */
  interruptible: 'cluster.x-k8s.io/interruptible',
  /** On a Pod of a workload cluster: `skip` or `wait-completed`. */
  drain: 'cluster.x-k8s.io/drain',
} as const;

/** Keys of annotations. */
export const Annotation = {
  paused: 'cluster.x-k8s.io/paused',
  deleteMachine: 'cluster.x-k8s.io/delete-machine',
  disableMachineCreate: 'cluster.x-k8s.io/disable-machine-create',
  remediateMachine: 'cluster.x-k8s.io/remediate-machine',
  excludeNodeDraining: 'machine.cluster.x-k8s.io/exclude-node-draining',
  excludeVolumeDetach: 'machine.cluster.x-k8s.io/exclude-wait-for-node-volume-detach',
  certificatesExpiry: 'machine.cluster.x-k8s.io/certificates-expiry',
  skipPreflightChecks: 'machineset.cluster.x-k8s.io/skip-preflight-checks',
  revision: 'machinedeployment.clusters.x-k8s.io/revision',
  revisionHistory: 'machinedeployment.clusters.x-k8s.io/revision-history',
  desiredReplicas: 'machinedeployment.clusters.x-k8s.io/desired-replicas',
  maxReplicas: 'machinedeployment.clusters.x-k8s.io/max-replicas',
  preDrainHookPrefix: 'pre-drain.delete.hook.machine.cluster.x-k8s.io',
  preTerminateHookPrefix: 'pre-terminate.delete.hook.machine.cluster.x-k8s.io',
  lastApplied: 'kubectl.kubernetes.io/last-applied-configuration',
  conversionData: 'cluster.x-k8s.io/conversion-data',
} as const;

/** Keys of annotations on the Nodes of a workload cluster. */
export const NodeAnnotation = {
  clusterName: 'cluster.x-k8s.io/cluster-name',
  clusterNamespace: 'cluster.x-k8s.io/cluster-namespace',
  machine: 'cluster.x-k8s.io/machine',
  ownerKind: 'cluster.x-k8s.io/owner-kind',
  ownerName: 'cluster.x-k8s.io/owner-name',
  labelsFromMachine: 'cluster.x-k8s.io/labels-from-machine',
  annotationsFromMachine: 'cluster.x-k8s.io/annotations-from-machine',
  taintsFromMachine: 'cluster.x-k8s.io/taints-from-machine',
} as const;

/** Finalizers. */
export const Finalizer = {
  cluster: 'cluster.cluster.x-k8s.io',
  machine: 'machine.cluster.x-k8s.io',
  machineSet: 'cluster.x-k8s.io/machineset',
  machineDeployment: 'cluster.x-k8s.io/machinedeployment',
  kubeadmControlPlane: 'kubeadm.controlplane.cluster.x-k8s.io',
} as const;

/** Field managers of server-side apply; plain writes are `manager`. */
export const FieldManager = {
  machineSet: 'capi-machineset',
  machineSetMetadata: 'capi-machineset-metadata',
  machineDeployment: 'capi-machinedeployment',
  kubeadmControlPlane: 'capi-kubeadmcontrolplane',
  kubeadmControlPlaneMetadata: 'capi-kubeadmcontrolplane-metadata',
} as const;

/** Taint on worker Nodes until their labels are synced; matched by key and effect. */
export const UNINITIALIZED_TAINT = { key: 'node.cluster.x-k8s.io/uninitialized', effect: 'NoSchedule' } as const;

/** Taint on Nodes of Machines whose MachineSet is of an old revision. */
export const OUTDATED_REVISION_TAINT = {
  key: 'node.cluster.x-k8s.io/outdated-revision',
  effect: 'PreferNoSchedule',
} as const;
