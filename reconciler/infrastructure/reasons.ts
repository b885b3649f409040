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
  CloudStackFault: 'CloudStackFault',
  InternalError: 'InternalError',
} as const;

export type Reason = (typeof Reason)[keyof typeof Reason];
