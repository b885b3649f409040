import type { TypedResource } from '../../../api/ports/kube-api';

const core = (kind: string, plural: string, namespaced = true): TypedResource => ({
  group: '',
  version: 'v1',
  kind,
  plural,
  namespaced,
});
const named = (group: string, kind: string, plural: string, namespaced = true): TypedResource => ({
  group,
  version: 'v1',
  kind,
  plural,
  namespaced,
});

/** The kinds that kubeadm, kubelet and kube-controller-manager write here. */
export const resources = {
  nodes: core('Node', 'nodes', false),
  pods: core('Pod', 'pods'),
  configMaps: core('ConfigMap', 'configmaps'),
  secrets: core('Secret', 'secrets'),
  services: core('Service', 'services'),
  serviceAccounts: core('ServiceAccount', 'serviceaccounts'),
  namespaces: core('Namespace', 'namespaces', false),
  daemonSets: named('apps', 'DaemonSet', 'daemonsets'),
  deployments: named('apps', 'Deployment', 'deployments'),
  replicaSets: named('apps', 'ReplicaSet', 'replicasets'),
  podDisruptionBudgets: named('policy', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  leases: named('coordination.k8s.io', 'Lease', 'leases'),
  clusterRoles: named('rbac.authorization.k8s.io', 'ClusterRole', 'clusterroles', false),
  clusterRoleBindings: named('rbac.authorization.k8s.io', 'ClusterRoleBinding', 'clusterrolebindings', false),
  roles: named('rbac.authorization.k8s.io', 'Role', 'roles'),
  roleBindings: named('rbac.authorization.k8s.io', 'RoleBinding', 'rolebindings'),
} as const;
