import { crds, WEBHOOK_CONFIGURATION_NAME } from '../../api';

/** What the reconciler may do: each rule with the part that needs it. Nothing else is asked of an API server. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** Objects by name. @default - all; `create` cannot be limited by name */
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const READ = ['get', 'list', 'watch'];
const WRITE = [...READ, 'create', 'update', 'patch', 'delete'];

/** Groups whose objects the loops own. */
const OWNED_GROUPS = [
  'cluster.x-k8s.io',
  'bootstrap.cluster.x-k8s.io',
  'controlplane.cluster.x-k8s.io',
  'infrastructure.cluster.x-k8s.io',
  'addons.cluster.x-k8s.io',
  'capstan.dev',
];

const WEBHOOK_CONFIGURATIONS = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'];

export const reconcilerRules: readonly PolicyRule[] = [
  // All loops: their objects, with status, scale and finalizers.
  { apiGroups: OWNED_GROUPS, resources: ['*'], verbs: WRITE },
  // bootstrap and control-plane: bootstrap data, certificates, kubeconfigs, locks; infrastructure: credentials; gitops: inventories.
  { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: WRITE },
  // gitops: namespaces that come from git.
  { apiGroups: [''], resources: ['namespaces'], verbs: [...READ, 'create', 'patch'] },
  // All loops: events about their objects.
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  // Leader election and shards.
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: WRITE },
  // Contract labels of CRDs (references without version).
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: [...READ, 'create'] },
  // `--crds=install` applies ours; `--crds=check` leads their conversion to the webhooks.
  {
    apiGroups: ['apiextensions.k8s.io'],
    resources: ['customresourcedefinitions'],
    resourceNames: crds({ conversion: 'none' }).map(({ metadata }) => metadata.name),
    verbs: ['patch'],
  },
  // Admission of our kinds.
  { apiGroups: ['admissionregistration.k8s.io'], resources: WEBHOOK_CONFIGURATIONS, verbs: ['create'] },
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: WEBHOOK_CONFIGURATIONS,
    resourceNames: [WEBHOOK_CONFIGURATION_NAME],
    verbs: ['patch'],
  },
];
