/** Names and keys that other software matches on; byte-exact (`capc.md` 0). */
import { createHash } from 'node:crypto';
import { WATCH_FILTER_LABEL } from '../../api/labels';

export const GROUP = 'infrastructure.cluster.x-k8s.io';
export const CLUSTER_API_GROUP = 'cluster.x-k8s.io';

export const Finalizer = {
  cluster: `cloudstackcluster.${GROUP}`,
  machine: `cloudstackmachine.${GROUP}`,
  failureDomain: `cloudstackfailuredomain.${GROUP}`,
  isolatedNetwork: `cloudstackisolatednetwork.${GROUP}`,
  affinityGroup: `affinitygroup.${GROUP}`,
  /** On CloudStackCluster: CloudStack has a record of its Kubernetes cluster. */
  kubernetesRecord: `ckscluster.${GROUP}`,
  /** On CloudStackMachine, with a capital M: its instance may stand in the record. */
  recordMember: `cksMachine.${GROUP}`,
} as const;

export const Label = {
  clusterName: 'cluster.x-k8s.io/cluster-name',
  controlPlane: 'cluster.x-k8s.io/control-plane',
  /** Which of several processes looks after an object (`--watch-filter`). */
  watchFilter: WATCH_FILTER_LABEL,
  /** On CloudStackMachine: object name of its failure domain. */
  failureDomain: `cloudstackfailuredomain.${GROUP}/name`,
} as const;

/** How our own annotations begin. */
export const OWN_ANNOTATIONS = 'capstan.dev/';

export const Annotation = {
  paused: 'cluster.x-k8s.io/paused',
  managedBy: 'cluster.x-k8s.io/managed-by',
  /** The identity under which a cluster's things are tagged in CloudStack; survives `clusterctl move`. */
  identity: 'capstan.dev/cloud-identity',
  /** When we set out to create something, written before the call: `<prefix><what>`. */
  intentPrefix: 'capstan.dev/creating-',
  /** Ids of addresses that were there, and as new, when we set out to acquire ours; comma separated. */
  addressesOfOthers: 'capstan.dev/addresses-of-others',
  /** The CloudStack job that deploys the machine. */
  deployJob: 'capstan.dev/deploy-job',
  /** Deployments of this machine that failed: `<failure domain>:<instance id>`, comma separated, oldest first. */
  failedDeployments: 'capstan.dev/failed-deployments',
  /** The failure domain whose credentials made the record of the Kubernetes cluster. */
  recordHome: 'capstan.dev/kubernetes-record-failure-domain',
  /** The provider chose the failure domain and may choose another. */
  drawn: 'capstan.dev/failure-domain-drawn',
} as const;

export const Tag = {
  /** Made by this provider or the one before it: may be removed with its last cluster. */
  created: 'created_by_CAPC',
  clusterPrefix: 'CAPC_cluster_',
} as const;

/** Whether CloudStack shows the cluster as `spec.syncWithACS` wants it; says nothing about readiness. */
export const SYNCED_CONDITION = 'SyncedWithACS';

export const LOAD_BALANCER_RULE = 'Kubernetes_API_Server';
export const API_SERVER_PORT = 6443;
export const DEFAULT_NETWORK_OFFERING = 'DefaultIsolatedNetworkOfferingWithSourceNatService';
export const DEFAULT_TIER_OFFERING = 'DefaultIsolatedNetworkOfferingForVpcNetworks';
export const DEFAULT_VPC_OFFERING = 'Default VPC offering';

export function clusterTag(identity: string): string {
  return `${Tag.clusterPrefix}${identity}`;
}

export function providerId(instanceId: string): string {
  return `cloudstack:///${instanceId}`;
}

/** Object name of a failure domain: MD5 of its name followed by the Cluster's. */
export function failureDomainObjectName(failureDomain: string, cluster: string): string {
  return createHash('md5').update(`${failureDomain}${cluster}`).digest('hex');
}

/** Object name of an isolated network: `<CloudStackCluster>-<network>`, made fit for Kubernetes. */
export function isolatedNetworkObjectName(cloudStackCluster: string, network: string): string {
  return `${cloudStackCluster}-${network.toLowerCase()}`.replace(/[^a-z0-9-]+/g, '-').replace(/-$/, '');
}

/** Name of the record of a Kubernetes cluster; the identity makes it unlike any other. */
export function kubernetesRecordName(cluster: string, cloudStackCluster: string, identity: string): string {
  return `${cluster} - ${cloudStackCluster} - ${identity}`;
}

/** What an affinity group is made for: the set of machines that shall stand together or apart. */
export interface AffinityOwner {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** Name of a managed affinity group in CloudStack; the object's name is its lower-case form. */
export function affinityGroupName(
  cluster: { readonly name: string; readonly uid: string },
  owner: AffinityOwner,
  affinity: 'pro' | 'anti',
  failureDomain: string,
): string {
  const word = affinity === 'pro' ? 'ProAffinity' : 'AntiAffinity';
  const whose = owner.kind === 'MachineSet' ? `${owner.name}-${owner.uid}` : owner.kind;
  return `${cluster.name}-${cluster.uid}-${word}-${whose}-${failureDomain}`;
}

/** The name or id, or undefined when the field is empty, which the existing provider writes for "not given". */
export function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
