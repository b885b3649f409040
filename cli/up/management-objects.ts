import { Fleet, Namespace, Secret } from '../../api/kinds';
import { isReason, type KubeApi, type TypedResource, tryGet } from '../../api/ports';
import { type KubeObject, keyOf } from '../../machinery/kube-object';
import type { SecretText } from '../../machinery/secret';

/** Namespace of what Capstan itself keeps in the management cluster. */
export const SYSTEM_NAMESPACE = 'capstan-system';
const CREDENTIALS_NAME = 'cloudstack-credentials';

export interface ManagementObjects {
  readonly repository: string;
  readonly cloudstack: { readonly endpoint: string; readonly apiKey: string; readonly secretKey: SecretText };
  /** Namespaces of clusters: each gets the credentials Secret. */
  readonly namespaces: readonly string[];
}

/** Creates what is not in git: the Fleet that reads the repository, and the credentials beside the clusters. */
export async function createManagementObjects(api: KubeApi, options: ManagementObjects): Promise<void> {
  for (const namespace of new Set([SYSTEM_NAMESPACE, ...options.namespaces])) {
    await ensure(api, Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  }
  const { endpoint, apiKey, secretKey } = options.cloudstack;
  const entries = { 'api-url': endpoint, 'api-key': apiKey, 'secret-key': secretKey.reveal(), 'verify-ssl': 'true' };
  const data = Object.fromEntries(
    Object.entries(entries).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  for (const namespace of options.namespaces) {
    await ensure(api, Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: CREDENTIALS_NAME, namespace },
      type: 'Opaque',
      data,
    });
  }
  await ensure(api, Fleet, {
    apiVersion: 'capstan.dev/v1alpha1',
    kind: 'Fleet',
    metadata: { name: 'fleet', namespace: SYSTEM_NAMESPACE },
    spec: { source: { url: options.repository, path: 'manifests' }, interval: '1s' },
  });
}

/** Creates the object, or brings what this command owns of it up to date. */
async function ensure<T extends KubeObject>(api: KubeApi, resource: TypedResource<T>, object: T): Promise<void> {
  try {
    await api.create(resource, object);
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
    if (resource.kind === 'Namespace') return;
    const live = await tryGet(api, resource, keyOf(object));
    if (live !== undefined) await api.patch(resource, keyOf(object), { type: 'merge', patch: object });
  }
}
