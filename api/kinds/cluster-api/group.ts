/** What all Cluster API kinds have in common. */
import type { PrinterColumn } from '../../define-kind';

/** The old version stays served, through conversion, for manifests and tools that speak it. */
const otherVersions = [{ version: 'v1beta1', deprecated: true }] as const;

const common = { version: 'v1beta2', categories: ['cluster-api'], otherVersions } as const;

const contracts = { 'cluster.x-k8s.io/v1beta1': 'v1beta1', 'cluster.x-k8s.io/v1beta2': 'v1beta2' };

function labels(provider: string) {
  return { ...contracts, 'cluster.x-k8s.io/provider': provider };
}

export const clusterApi = { ...common, group: 'cluster.x-k8s.io', labels: labels('cluster-api') } as const;

export const kubeadmBootstrap = {
  ...common,
  group: 'bootstrap.cluster.x-k8s.io',
  labels: labels('bootstrap-kubeadm'),
} as const;

export const kubeadmControlPlane = {
  ...common,
  group: 'controlplane.cluster.x-k8s.io',
  labels: labels('control-plane-kubeadm'),
} as const;

export const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

export const paused: PrinterColumn = {
  name: 'Paused',
  type: 'string',
  jsonPath: '.status.conditions[?(@.type=="Paused")].status',
  priority: 10,
};

export const clusterLabel: PrinterColumn = {
  name: 'Cluster',
  type: 'string',
  jsonPath: ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']",
};

export const available: PrinterColumn = {
  name: 'Available',
  type: 'string',
  jsonPath: '.status.conditions[?(@.type=="Available")].status',
};

/** Desired, Current, Ready, Available, Up-to-date. */
export const replicaColumns: readonly PrinterColumn[] = [
  { name: 'Desired', type: 'integer', jsonPath: '.spec.replicas' },
  { name: 'Current', type: 'integer', jsonPath: '.status.replicas' },
  { name: 'Ready', type: 'integer', jsonPath: '.status.readyReplicas' },
  { name: 'Available', type: 'integer', jsonPath: '.status.availableReplicas' },
  { name: 'Up-to-date', type: 'integer', jsonPath: '.status.upToDateReplicas' },
];
