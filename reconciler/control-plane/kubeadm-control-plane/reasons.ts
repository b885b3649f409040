/** Types and reasons of the conditions of a KubeadmControlPlane and of its Machines (`capi.md` 2.6, 6.8). */

export const Type = {
  available: 'Available',
  initialized: 'Initialized',
  certificatesAvailable: 'CertificatesAvailable',
  etcdClusterHealthy: 'EtcdClusterHealthy',
  componentsHealthy: 'ControlPlaneComponentsHealthy',
  machinesReady: 'MachinesReady',
  machinesUpToDate: 'MachinesUpToDate',
  rollingOut: 'RollingOut',
  scalingUp: 'ScalingUp',
  scalingDown: 'ScalingDown',
  remediating: 'Remediating',
  deleting: 'Deleting',
} as const;

/** Conditions of Machines that the control plane owns. */
export const MachineType = {
  upToDate: 'UpToDate',
  nodeLabelsAndTaints: 'NodeKubeadmLabelsAndTaintsSet',
  apiServerPod: 'APIServerPodHealthy',
  controllerManagerPod: 'ControllerManagerPodHealthy',
  schedulerPod: 'SchedulerPodHealthy',
  etcdPod: 'EtcdPodHealthy',
  etcdMember: 'EtcdMemberHealthy',
  healthCheckSucceeded: 'HealthCheckSucceeded',
  ownerRemediated: 'OwnerRemediated',
} as const;

export const Reason = {
  available: 'Available',
  notAvailable: 'NotAvailable',
  initialized: 'Initialized',
  notInitialized: 'NotInitialized',
  healthy: 'Healthy',
  notHealthy: 'NotHealthy',
  healthUnknown: 'HealthUnknown',
  inspectionFailed: 'InspectionFailed',
  connectionDown: 'ConnectionDown',
  ready: 'Ready',
  notReady: 'NotReady',
  readyUnknown: 'ReadyUnknown',
  noReplicas: 'NoReplicas',
  upToDate: 'UpToDate',
  notUpToDate: 'NotUpToDate',
  upToDateUnknown: 'UpToDateUnknown',
  rollingOut: 'RollingOut',
  notRollingOut: 'NotRollingOut',
  scalingUp: 'ScalingUp',
  notScalingUp: 'NotScalingUp',
  scalingDown: 'ScalingDown',
  notScalingDown: 'NotScalingDown',
  remediating: 'Remediating',
  notRemediating: 'NotRemediating',
  notDeleting: 'NotDeleting',
  deleting: 'Deleting',
  waitingForWorkersDeletion: 'WaitingForWorkersDeletion',
  waitingForMachineDeletion: 'WaitingForMachineDeletion',
  deletionCompleted: 'DeletionCompleted',
  set: 'Set',
  notSet: 'NotSet',
  running: 'Running',
  provisioning: 'Provisioning',
  doesNotExist: 'DoesNotExist',
  failed: 'Failed',
  machineDeleting: 'MachineDeleting',
  cannotBeRemediated: 'CannotBeRemediated',
  remediationDeferred: 'RemediationDeferred',
} as const;

/** Reasons of Events. */
export const EventReason = {
  unhealthy: 'ControlPlaneUnhealthy',
  failedInitialization: 'FailedInitialization',
  failedScaleUp: 'FailedScaleUp',
  failedScaleDown: 'FailedScaleDown',
  startOver: 'StartingOver',
  certificatesMissing: 'CertificatesMissing',
  failedCoreDnsUpdate: 'FailedCoreDNSUpdate',
} as const;

/** Messages of waits, word for word upstream's. */
export const Waiting = {
  infrastructure: 'Waiting for Cluster status.infrastructureReady to be true',
  initialized: 'Waiting for Cluster control plane to be initialized',
  members: 'Waiting for etcd to report the list of members',
} as const;

/** Annotation by which a Machine waits, before its infrastructure goes, for its etcd member to be removed. */
export const CLEANUP_HOOK = 'pre-terminate.delete.hook.machine.cluster.x-k8s.io/kcp-cleanup';
/** The reason of a Machine's condition Deleting while it waits for that. */
export const WAITING_FOR_HOOK = 'WaitingForPreTerminateHook';
export const REMEDIATION_IN_PROGRESS = 'controlplane.cluster.x-k8s.io/remediation-in-progress';
export const REMEDIATION_FOR = 'controlplane.cluster.x-k8s.io/remediation-for';
export const SKIP_KUBE_PROXY = 'controlplane.cluster.x-k8s.io/skip-kube-proxy';
export const SKIP_CORE_DNS = 'controlplane.cluster.x-k8s.io/skip-coredns';
