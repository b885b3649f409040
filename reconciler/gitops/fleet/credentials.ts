import { type Fleet, Secret } from '../../../api/kinds';
import { type GitCredentials, GitUnavailable, type Objects } from '../../../api/ports';

/** Reads the Secret named by `spec.source.secretRef`; undefined when the Fleet names none. */
export async function fleetCredentials(objects: Objects, fleet: Fleet): Promise<GitCredentials | undefined> {
  const name = fleet.spec.source.secretRef?.name;
  if (name === undefined) return undefined;
  const namespace = fleet.metadata.namespace ?? '';
  const secret = await objects.read(Secret, { namespace, name });
  if (secret === undefined)
    throw new GitUnavailable(fleet.spec.source.url, `Secret ${namespace}/${name} does not exist`);
  const value = (key: string) => {
    const encoded = secret.data?.[key];
    return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
  };
  return {
    username: value('username'),
    password: value('password'),
    bearerToken: value('bearerToken'),
    identity: value('identity'),
    knownHosts: value('known_hosts'),
  };
}
