/** Types and reasons of the conditions of a KubeadmConfig (`capi.md` 2.5). Other programs decide on them. */

export const Type = {
  ready: 'Ready',
  dataSecretAvailable: 'DataSecretAvailable',
  certificatesAvailable: 'CertificatesAvailable',
  paused: 'Paused',
} as const;

export const Reason = {
  ready: 'Ready',
  notReady: 'NotReady',
  readyUnknown: 'ReadyUnknown',
  available: 'Available',
  notAvailable: 'NotAvailable',
} as const;

/** Messages of waits, word for word upstream's where it has one. */
export const Waiting = {
  infrastructure: 'Waiting for Cluster status.infrastructureReady to be true',
  controlPlane: 'Waiting for Cluster control plane to be initialized',
  endpoint: 'Waiting for Cluster spec.controlPlaneEndpoint to be set',
  connection: 'Waiting for the API server of the workload cluster to answer, to create a bootstrap token in it',
} as const;
