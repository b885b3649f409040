/** Reasons of the condition `Ready` of the provider's objects, and of events. One word for programs each. */
export const Reason = {
  Ready: 'Ready',
  Paused: 'Paused',
  NotPaused: 'NotPaused',

  // Waiting for others.
  WaitingForOwner: 'WaitingForOwner',
  WaitingForCluster: 'WaitingForCluster',
  WaitingForFailureDomains: 'WaitingForFailureDomains',
  WaitingForFailureDomain: 'WaitingForFailureDomain',
  WaitingForNetwork: 'WaitingForNetwork',
  WaitingForEndpoint: 'WaitingForEndpoint',
  WaitingForClusterInfrastructure: 'WaitingForClusterInfrastructure',
  WaitingForBootstrapData: 'WaitingForBootstrapData',
  WaitingForAffinityGroup: 'WaitingForAffinityGroup',
  WaitingForMachines: 'WaitingForMachines',
  WaitingForChildren: 'WaitingForChildren',
  WaitingForRetry: 'WaitingForRetry',
  WaitingForAnswer: 'WaitingForAnswer',

  // Work in progress in CloudStack.
  CreatingNetwork: 'CreatingNetwork',
  CreatingVpc: 'CreatingVpc',
  AllocatingAddress: 'AllocatingAddress',
  CreatingLoadBalancer: 'CreatingLoadBalancer',
  OpeningFirewall: 'OpeningFirewall',
  CreatingAffinityGroup: 'CreatingAffinityGroup',
  Deploying: 'Deploying',
  Starting: 'Starting',
  InstanceNotRunning: 'InstanceNotRunning',
  AssigningToLoadBalancer: 'AssigningToLoadBalancer',

  // The record among CloudStack's Kubernetes clusters.
  Synced: 'Synced',
  SyncDisabled: 'SyncDisabled',
  SyncUnsupported: 'SyncUnsupported',
  CreatingKubernetesRecord: 'CreatingKubernetesRecord',
  DeletingKubernetesRecord: 'DeletingKubernetesRecord',

  // Deletion.
  Deleting: 'Deleting',
  RemovingFromLoadBalancer: 'RemovingFromLoadBalancer',
  DestroyingInstance: 'DestroyingInstance',
  DeletingNetwork: 'DeletingNetwork',
  ReleasingAddress: 'ReleasingAddress',
  WaitingForExpunge: 'WaitingForExpunge',

  // Faults.
  CredentialsMissing: 'CredentialsMissing',
  CredentialsInvalid: 'CredentialsInvalid',
  CredentialsRefused: 'CredentialsRefused',
  PermissionDenied: 'PermissionDenied',
  CloudStackUnreachable: 'CloudStackUnreachable',
  NotFoundInCloudStack: 'NotFoundInCloudStack',
  InvalidConfiguration: 'InvalidConfiguration',
  RefusedByCloudStack: 'RefusedByCloudStack',
  LimitReached: 'LimitReached',
  InsufficientCapacity: 'InsufficientCapacity',
  DeployFailed: 'DeployFailed',
  StartFailed: 'StartFailed',
  JobFailed: 'JobFailed',
  NameTaken: 'NameTaken',
  AddressUnavailable: 'AddressUnavailable',
  InstanceLost: 'InstanceLost',
  NetworkLost: 'NetworkLost',
  FailureDomainUnknown: 'FailureDomainUnknown',
  EndpointOutOfReach: 'EndpointOutOfReach',
  CloudStackFault: 'CloudStackFault',
  InternalError: 'InternalError',
} as const;

/** Reasons that somebody may have to act on: parents pass them on, while mere progress of a child is not repeated. */
const FAULTS: ReadonlySet<string> = new Set([
  Reason.WaitingForExpunge,
  Reason.SyncDisabled,
  Reason.SyncUnsupported,
  Reason.CredentialsMissing,
  Reason.CredentialsInvalid,
  Reason.CredentialsRefused,
  Reason.PermissionDenied,
  Reason.CloudStackUnreachable,
  Reason.NotFoundInCloudStack,
  Reason.InvalidConfiguration,
  Reason.RefusedByCloudStack,
  Reason.LimitReached,
  Reason.InsufficientCapacity,
  Reason.DeployFailed,
  Reason.StartFailed,
  Reason.JobFailed,
  Reason.NameTaken,
  Reason.AddressUnavailable,
  Reason.InstanceLost,
  Reason.NetworkLost,
  Reason.FailureDomainUnknown,
  Reason.EndpointOutOfReach,
  Reason.CloudStackFault,
  Reason.InternalError,
]);

export function isFaultReason(reason: string): reason is Reason {
  return FAULTS.has(reason);
}

/** Reasons why CloudStack cannot be reached with a failure domain's credentials. */
const OF_CREDENTIALS: ReadonlySet<string> = new Set([
  Reason.CredentialsMissing,
  Reason.CredentialsInvalid,
  Reason.CredentialsRefused,
  Reason.PermissionDenied,
  Reason.CloudStackUnreachable,
]);

export function isOfCredentials(reason: string): boolean {
  return OF_CREDENTIALS.has(reason);
}

export type Reason = (typeof Reason)[keyof typeof Reason];
