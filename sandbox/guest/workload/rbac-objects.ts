import type { KubeObject } from '../../../machinery/kube-object';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface SubjectRef {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly name: string;
  readonly namespace?: string;
}

const BOOTSTRAPPERS: SubjectRef = { kind: 'Group', name: 'system:bootstrappers:kubeadm:default-node-token' };
const NODES: SubjectRef = { kind: 'Group', name: 'system:nodes' };
const CONFIG_READ = (name: string): Rule => ({
  apiGroups: [''],
  resources: ['configmaps'],
  verbs: ['get'],
  resourceNames: [name],
});

/** The roles and bindings that `kubeadm init` makes (1.29 and later). */
export function kubeadmRbac(): readonly KubeObject[] {
  return [
    clusterRole('kubeadm:get-nodes', [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }]),
    clusterBinding('kubeadm:get-nodes', 'kubeadm:get-nodes', BOOTSTRAPPERS),
    clusterBinding('kubeadm:cluster-admins', 'cluster-admin', { kind: 'Group', name: 'kubeadm:cluster-admins' }),
    clusterBinding('kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', BOOTSTRAPPERS),
    clusterBinding(
      'kubeadm:node-autoapprove-bootstrap',
      'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
      BOOTSTRAPPERS,
    ),
    clusterBinding(
      'kubeadm:node-autoapprove-certificate-rotation',
      'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
      NODES,
    ),
    clusterBinding('kubeadm:node-proxier', 'system:node-proxier', serviceAccountRef('kube-proxy')),
    clusterRole('system:coredns', [
      { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ]),
    clusterBinding('system:coredns', 'system:coredns', serviceAccountRef('coredns')),
    role('kube-public', 'kubeadm:bootstrap-signer-clusterinfo', [CONFIG_READ('cluster-info')]),
    binding('kube-public', 'kubeadm:bootstrap-signer-clusterinfo', { kind: 'User', name: 'system:anonymous' }),
    role('kube-system', 'kubeadm:nodes-kubeadm-config', [CONFIG_READ('kubeadm-config')]),
    binding('kube-system', 'kubeadm:nodes-kubeadm-config', BOOTSTRAPPERS, NODES),
    role('kube-system', 'kubeadm:kubelet-config', [CONFIG_READ('kubelet-config')]),
    binding('kube-system', 'kubeadm:kubelet-config', NODES, BOOTSTRAPPERS),
    role('kube-system', 'kube-proxy', [CONFIG_READ('kube-proxy')]),
    binding('kube-system', 'kube-proxy', BOOTSTRAPPERS),
  ];
}

const API_VERSION = 'rbac.authorization.k8s.io/v1';

function clusterRole(name: string, rules: readonly Rule[]): KubeObject {
  return { apiVersion: API_VERSION, kind: 'ClusterRole', metadata: { name }, rules: [...rules] };
}

function role(namespace: string, name: string, rules: readonly Rule[]): KubeObject {
  return { apiVersion: API_VERSION, kind: 'Role', metadata: { name, namespace }, rules: [...rules] };
}

function clusterBinding(name: string, roleName: string, ...subjects: readonly SubjectRef[]): KubeObject {
  return bindingObject('ClusterRoleBinding', { name }, 'ClusterRole', roleName, subjects);
}

/** Binds the role of the same name. */
function binding(namespace: string, name: string, ...subjects: readonly SubjectRef[]): KubeObject {
  return bindingObject('RoleBinding', { name, namespace }, 'Role', name, subjects);
}

function bindingObject(
  kind: string,
  metadata: { name: string; namespace?: string },
  roleKind: string,
  roleName: string,
  subjects: readonly SubjectRef[],
): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind,
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: roleKind, name: roleName },
    subjects: subjects.map((subject) =>
      subject.kind === 'ServiceAccount' ? subject : { apiGroup: 'rbac.authorization.k8s.io', ...subject },
    ),
  };
}

function serviceAccountRef(name: string): SubjectRef {
  return { kind: 'ServiceAccount', name, namespace: 'kube-system' };
}
