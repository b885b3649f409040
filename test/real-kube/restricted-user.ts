import { readFileSync, writeFileSync } from 'node:fs';
import type { KubeApi } from '../../api/ports';
import { ManagementChart } from '../../apps/management/management-chart';
import { FastApp } from '../../constructs';
import { chartsOf } from '../../constructs/synthesis/fast-app';
import { type KubeObject, keyOf } from '../../machinery/kube-object';

const RBAC = 'rbac.authorization.k8s.io';

/**
 * Applies the ClusterRole that `apps/management` renders, binds it to a user of the control plane who has no other
 * right, and writes this user's kubeconfig beside the administrator's.
 */
export async function bindRestrictedUser(api: KubeApi, adminKubeconfig: string): Promise<string> {
  const app = new FastApp();
  new ManagementChart(app, 'management', { image: 'capstan' });
  const rendered = chartsOf(app.node.findAll()).flatMap(({ objects }) =>
    objects.map((object): KubeObject => object.toJson()),
  );
  const role = rendered.find(({ kind }) => kind === 'ClusterRole');
  if (role === undefined) throw new Error('apps/management renders no ClusterRole');
  const binding: KubeObject = {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'alice' },
    ...{
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role.metadata.name },
      subjects: [{ apiGroup: RBAC, kind: 'User', name: 'alice' }],
    },
  };
  for (const object of [role, binding]) {
    const resource = await api.resourceFor(object.apiVersion, object.kind);
    if (resource === undefined) throw new Error(`${object.kind} is not served`);
    await api.patch(resource, keyOf(object), { type: 'apply', patch: object, force: true }, { fieldManager: 'test' });
  }
  const kubeconfig = `${adminKubeconfig}-alice`;
  writeFileSync(kubeconfig, readFileSync(adminKubeconfig, 'utf8').replace('admin-token', 'alice-token'));
  return kubeconfig;
}
