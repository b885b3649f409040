import { Fleet, Namespace, Secret } from '../../api/kinds';
import { isReason, type KubeApi, type TypedResource, tryGet } from '../../api/ports';
import { type KubeObject, keyOf } from '../../machinery/kube-object';
import type { SecretText } from '../../machinery/secret';

/** Namespace of what Capstan itself keeps in the management cluster. */
export const SYSTEM_NAMESPACE = 'capstan-system';
const CREDENTIALS_NAME = 'cloudstack-credentials';

/** How the simulated CloudStack is reached. */
export interface CloudStackAccess {
  readonly endpoint: string;
  readonly apiKey: string;
  readonly secretKey: SecretText;
}

/**
 * Creates the Fleet that reads the repository: it is not in git, because git cannot say where git is.
 * @param manifests - folder of the manifests in the repository
 */
export async function createFleet(api: KubeApi, repository: string, manifests: string): Promise<void> {
  await ensureNamespace(api, SYSTEM_NAMESPACE);
  await ensure(api, Fleet, {
    apiVersion: 'capstan.dev/v1alpha1',
    kind: 'Fleet',
    metadata: { name: 'fleet', namespace: SYSTEM_NAMESPACE },
    spec: { source: { url: repository, path: manifests }, interval: '1s' },
  });
}

/** Creates a namespace for clusters, with the credentials that they refer to. */
export async function createClusterNamespace(
  api: KubeApi,
  namespace: string,
  { endpoint, apiKey, secretKey }: CloudStackAccess,
): Promise<void> {
  await ensureNamespace(api, namespace);
  const entries = { 'api-url': endpoint, 'api-key': apiKey, 'secret-key': secretKey.reveal(), 'verify-ssl': 'true' };
  const data = Object.fromEntries(
    Object.entries(entries).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  await ensure(api, Secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: CREDENTIALS_NAME, namespace },
    type: 'Opaque',
    data,
  });
}

async function ensureNamespace(api: KubeApi, name: string): Promise<void> {
  try {
    await api.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
}

/** Creates the object, or brings what this command owns of it up to date. */
async function ensure<T extends KubeObject>(api: KubeApi, resource: TypedResource<T>, object: T): Promise<void> {
  try {
    await api.create(resource, object);
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
    const live = await tryGet(api, resource, keyOf(object));
    if (live !== undefined) await api.patch(resource, keyOf(object), { type: 'merge', patch: object });
  }
}
