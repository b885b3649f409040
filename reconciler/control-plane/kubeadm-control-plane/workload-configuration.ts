import type { KubeadmControlPlane } from '../../../api/kinds';
import { ConfigMap } from '../../../api/kinds';
import { isReason, type KubeApi, type TypedResource } from '../../../api/ports';
import { cloneJson, equalJson, isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { type ClusterConfigurationSpec, kubeadmApiVersion, mutableClusterFields } from '../../../machinery/kubeadm';
import { parseVersion } from '../../../machinery/versions';
import { readYaml, writeYaml } from '../../../machinery/yaml';
import { withDefaultGates } from './desired-config';
import { type Scope, workloadOf } from './scope';

const CONFIG_KEY = { namespace: 'kube-system', name: 'kubeadm-config' };
const CONFIG_FIELD = 'ClusterConfiguration';
const CONFLICT_ATTEMPTS = 5;

const ClusterRoleBinding: TypedResource<KubeObject> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
};

/** What must be true in the workload cluster before a machine of a new version or configuration joins it. */
export async function prepareRollout(scope: Scope): Promise<void> {
  const workload = workloadOf(scope);
  if (workload === undefined) return;
  if (needsKubeletClientBinding(scope.controlPlane.spec.version)) await ensureKubeletClientBinding(workload.api);
  await updateKubeadmConfig(workload.api, (text) => updatedClusterConfiguration(text, scope.controlPlane));
}

/** Later kubeadm makes the binding itself (`capi.md` 6.4). */
function needsKubeletClientBinding(version: string): boolean {
  const parsed = parseVersion(version);
  return parsed !== undefined && parsed.major === 1 && parsed.minor < 38;
}

async function ensureKubeletClientBinding(api: KubeApi): Promise<void> {
  try {
    await api.create(ClusterRoleBinding, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'kubeadm:apiserver-kubelet-client' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'kube-apiserver-kubelet-client' }],
    });
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
}

type Edit = (text: string) => string | undefined;

/** Joining machines read their ClusterConfiguration from this ConfigMap. An edit without result changes nothing. */
async function updateKubeadmConfig(api: KubeApi, edit: Edit): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const map = await api.get(ConfigMap, CONFIG_KEY);
    const updated = edit(map.data?.[CONFIG_FIELD] ?? '');
    if (updated === undefined) return;
    try {
      const after = cloneJson(map);
      after.data = { ...map.data, [CONFIG_FIELD]: updated };
      await api.update(ConfigMap, after);
      return;
    } catch (error) {
      if (!isReason(error, 'Conflict') || attempt === CONFLICT_ATTEMPTS) throw error;
    }
  }
}

/**
 * The ClusterConfiguration with what the control plane says now, in the API version of its kubeadm. Undefined when
 * nothing changes, or when there is no configuration to change.
 */
export function updatedClusterConfiguration(text: string, controlPlane: KubeadmControlPlane): string | undefined {
  const before = text === '' ? undefined : readYaml(text);
  if (!isJsonObject(before)) return undefined;
  const { spec } = controlPlane;
  const version = kubeadmApiVersion(spec.version);
  const configuration = withDefaultGates(spec.kubeadmConfigSpec?.clusterConfiguration, spec.version);
  const { etcd, imageRepository, ...fields } = mutableClusterFields(configuration, version);
  const after: { [field: string]: unknown } = {
    ...before,
    apiVersion: `kubeadm.k8s.io/${version}`,
    kubernetesVersion: spec.version,
    ...fields,
  };
  // kubeadm wrote its own defaults there; they stay unless the user names something else.
  if (imageRepository !== undefined) after.imageRepository = imageRepository;
  if (etcd !== undefined) after.etcd = mergedEtcd(before.etcd, etcd);
  for (const component of ['apiServer', 'controllerManager', 'scheduler']) {
    if (after[component] === undefined && before[component] !== undefined) after[component] = {};
  }
  const plain = cloneJson(after);
  return equalJson(plain, before) ? undefined : writeYaml(plain, { sorted: true });
}

/** Notes which CoreDNS is wanted, for every kubeadm that comes. */
export async function recordDns(api: KubeApi, dns: ClusterConfigurationSpec['dns']): Promise<void> {
  await updateKubeadmConfig(api, (text) => {
    const before = text === '' ? undefined : readYaml(text);
    if (dns === undefined || !isJsonObject(before)) return undefined;
    const after = cloneJson({ ...before, dns: { ...(isJsonObject(before.dns) ? before.dns : {}), ...dns } });
    return equalJson(after, before) ? undefined : writeYaml(after, { sorted: true });
  });
}

function mergedEtcd(before: unknown, etcd: unknown): unknown {
  if (!isJsonObject(etcd) || !isJsonObject(etcd.local)) return etcd;
  const old = isJsonObject(before) && isJsonObject(before.local) ? before.local : {};
  return { local: { ...(old.dataDir === undefined ? {} : { dataDir: old.dataDir }), ...etcd.local } };
}
