import { Fleet, Namespace, Secret } from '../../api/kinds';
import { isReason, type KubeApi, type TypedResource, tryGet } from '../../api/ports';
import { describeObject, type KubeObject, keyOf, keyText } from '../../machinery/kube-object';
import type { SecretText } from '../../machinery/secret';
import { shownEndpoint, withoutSecrets } from '../../machinery/user-info';
import { CommandError } from '../command-error';
import { isRepositoryOfUp } from './repository';

/** Namespace of what Capstan itself keeps in the management cluster. */
export const SYSTEM_NAMESPACE = 'capstan-system';
const CREDENTIALS_NAME = 'cloudstack-credentials';
const FLEET = { namespace: SYSTEM_NAMESPACE, name: 'fleet' };
/** Where simulated CloudStacks listen. */
const SIMULATED = /^http:\/\/127\.0\.0\.1:\d+\//;

const OTHERWISE =
  'name another API server with --kubeconfig, or run the reconciler alone with `npx capstan run --kubeconfig FILE`';

/** How the simulated CloudStack is reached. */
export interface CloudStackAccess {
  readonly endpoint: string;
  readonly apiKey: string;
  readonly secretKey: SecretText;
}

/** The Fleet that `up` makes, among those of others. */
export function fleetOfUp(fleets: readonly Fleet[]): Fleet | undefined {
  return fleets.find((fleet) => keyText(keyOf(fleet)) === keyText(FLEET));
}

/**
 * Looks, on an API server that others use too, for a Fleet that is not one of `up` and has the name of its Fleet.
 * @throws CommandError (1) when there is one
 */
export async function refuseForeignFleet(api: KubeApi): Promise<void> {
  const fleet = await tryGet(api, Fleet, FLEET);
  if (fleet === undefined || isRepositoryOfUp(fleet.spec.source.url)) return;
  const url = withoutSecrets(fleet.spec.source.url);
  throw new CommandError(
    `${describeObject(fleet)} follows ${url}, and up would lead it to a repository of its own; ${OTHERWISE}`,
  );
}

/**
 * Looks, on an API server that others use too, for credentials that do not lead to a simulated CloudStack.
 * @throws CommandError (1) when there are some
 */
export async function refuseForeignCredentials(api: KubeApi, namespace: string): Promise<void> {
  const secret = await tryGet(api, Secret, { namespace, name: CREDENTIALS_NAME });
  const url = secret?.data?.['api-url'];
  if (secret === undefined || url === undefined) return;
  const endpoint = Buffer.from(url, 'base64').toString('utf8');
  if (SIMULATED.test(endpoint)) return;
  throw new CommandError(
    `${describeObject(secret)} leads to ${shownEndpoint(endpoint)}, and up would replace it by the keys of its simulated CloudStack; ${OTHERWISE}`,
  );
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
    metadata: FLEET,
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
