import { kubeTime } from '../../../machinery/clock';
import type { KubeObject } from '../../../machinery/kube-object';
import type { Core } from '../rest/core';

const GROUP = 'rbac.authorization.k8s.io';
const DISCOVERY_PATHS = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];
const INFO_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const AUTHENTICATED = ['system:authenticated'];

interface Role {
  readonly name: string;
  readonly rules: readonly object[];
  readonly groups: readonly string[];
}

/** Cluster roles every server has, and the groups they are bound to. */
const ROLES: readonly Role[] = [
  {
    name: 'cluster-admin',
    rules: [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ],
    groups: ['system:masters'],
  },
  {
    name: 'system:basic-user',
    rules: [
      {
        verbs: ['create'],
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      },
      { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
    ],
    groups: AUTHENTICATED,
  },
  { name: 'system:discovery', rules: [{ verbs: ['get'], nonResourceURLs: DISCOVERY_PATHS }], groups: AUTHENTICATED },
  {
    name: 'system:public-info-viewer',
    rules: [{ verbs: ['get'], nonResourceURLs: INFO_PATHS }],
    groups: ['system:authenticated', 'system:unauthenticated'],
  },
];

/** Creates the roles and bindings that are missing. */
export function createBootstrapRoles(core: Core): void {
  const metadata = (name: string) => ({
    name,
    uid: core.random.uuid(),
    creationTimestamp: kubeTime(core.clock),
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
  });
  const ensure = (table: string, object: KubeObject): void => {
    const key = { namespace: '', name: object.metadata.name };
    if (core.store.get(table, key) === undefined) core.store.put(table, object, undefined);
  };
  for (const { name, rules, groups } of ROLES) {
    ensure(`${GROUP}/clusterroles`, {
      apiVersion: `${GROUP}/v1`,
      kind: 'ClusterRole',
      metadata: metadata(name),
      rules,
    });
    ensure(`${GROUP}/clusterrolebindings`, {
      apiVersion: `${GROUP}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: metadata(name),
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
      subjects: groups.map((group) => ({ apiGroup: GROUP, kind: 'Group', name: group })),
    });
  }
}
