import { Secret } from '../../../api/kinds';
import { tryGet, type WorkloadConnection } from '../../../api/ports';
import {
  bootstrapTokenSecret,
  bootstrapTokenSecretName,
  expirationText,
  newBootstrapToken,
  parseBootstrapToken,
  tokenExpiry,
} from '../../../machinery/bootstrap-token';
import { CapstanError, messageOf } from '../../../machinery/errors';
import { keyText, type ObjectKey } from '../../../machinery/kube-object';
import { type BootstrapDeps, DEFAULT_TOKEN_TTL_MS } from './dependencies';

export function tokenTtlMs(deps: BootstrapDeps): number {
  return deps.tokenTtlMs ?? DEFAULT_TOKEN_TTL_MS;
}

/** How often a token is looked after while its machine has not joined: a third of its life (`capi.md` 5.5). */
export function tokenCheckIntervalMs(deps: BootstrapDeps): number {
  return Math.floor(tokenTtlMs(deps) / 3);
}

/**
 * Makes a token and its Secret in the workload cluster.
 * @throws TokenNotMade when its API refuses or does not answer
 */
export async function createToken(
  deps: BootstrapDeps,
  cluster: ObjectKey,
  workload: WorkloadConnection,
): Promise<string> {
  const token = newBootstrapToken(deps.random);
  const secret = bootstrapTokenSecret(token, deps.clock.now() + tokenTtlMs(deps));
  try {
    await workload.api.create(Secret, secret);
  } catch (error) {
    throw new TokenNotMade(cluster, secret.metadata.name, error);
  }
  return token;
}

/** No bootstrap token could be made in a workload cluster. */
export class TokenNotMade extends CapstanError {
  /** @param secret - name of the Secret that was tried; not said, because every attempt has another */
  constructor(cluster: ObjectKey, secret: string, cause: unknown) {
    super({
      name: 'TokenNotMade',
      code: 'BOOTSTRAP_TOKEN_NOT_MADE',
      object: `Cluster ${keyText(cluster)}`,
      message: `Cluster ${keyText(cluster)}: no bootstrap token could be made through its API: ${messageOf(cause).replaceAll(secret, '…')}`,
      cause,
    });
  }
}

/**
 * Extends a token's life when less than 5/6 of it are left.
 * @returns false when the Secret is gone, so that a new token is needed
 */
export async function refreshToken(deps: BootstrapDeps, workload: WorkloadConnection, token: string): Promise<boolean> {
  const parts = parseBootstrapToken(token);
  if (parts === undefined) return false;
  const key = { namespace: 'kube-system', name: bootstrapTokenSecretName(parts.id) };
  const secret = await tryGet(workload.api, Secret, key);
  if (secret === undefined) return false;
  const ttl = tokenTtlMs(deps);
  const left = (tokenExpiry(secret) ?? 0) - deps.clock.now();
  if (left >= (ttl * 5) / 6) return true;
  const expiration = Buffer.from(expirationText(deps.clock.now() + ttl), 'utf8').toString('base64');
  await workload.api.patch(Secret, key, { type: 'merge', patch: { data: { expiration } } });
  return true;
}
