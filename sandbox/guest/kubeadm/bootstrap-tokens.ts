import { timingSafeEqual } from 'node:crypto';
import { valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import type { WorkloadUser } from '../ports';
import { parseGoDuration } from './duration';

export const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
export const DEFAULT_GROUP = 'system:bootstrappers:kubeadm:default-node-token';

/** The Secret that keeps a bootstrap token (`capi.md` 0.3). */
export function tokenSecret(
  token: {
    readonly token: string;
    readonly description?: string | undefined;
    readonly ttl?: string | undefined;
    readonly usages?: readonly string[] | undefined;
    readonly groups?: readonly string[] | undefined;
  },
  now: number,
): KubeObject {
  const [id = '', secret = ''] = token.token.split('.');
  const ttlMs = parseGoDuration(token.ttl ?? '24h') ?? 0;
  const data: { [key: string]: string } = {
    'auth-extra-groups': (token.groups ?? [DEFAULT_GROUP]).join(','),
    'token-id': id,
    'token-secret': secret,
    ...(token.description === undefined ? {} : { description: token.description }),
    ...(ttlMs === 0 ? {} : { expiration: `${new Date(now + ttlMs).toISOString().slice(0, 19)}Z` }),
  };
  for (const usage of token.usages ?? ['signing', 'authentication']) data[`usage-bootstrap-${usage}`] = 'true';
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(encoded),
  };
}

export interface TokenFacts {
  /** The secret half matches. */
  readonly isGenuine: boolean;
  readonly canSign: boolean;
  /** Who may authenticate with it, if anybody. */
  readonly user: WorkloadUser | undefined;
}

/** What a token is good for, by its Secret; undefined when the Secret is none, is of another type, or has expired. */
export function inspectToken(secret: KubeObject | undefined, token: string, now: number): TokenFacts | undefined {
  const match = TOKEN.exec(token);
  if (match === null || secret === undefined || secret['type'] !== 'bootstrap.kubernetes.io/token') return undefined;
  const read = (key: string) => {
    const value = valueAt(secret, 'data', key);
    return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
  };
  const expiration = read('expiration');
  if (expiration !== '' && !(Date.parse(expiration) > now)) return undefined;
  const isGenuine = equalText(read('token-secret'), match[2] ?? '') && read('token-id') === match[1];
  const extra = read('auth-extra-groups')
    .split(',')
    .filter((group) => group.startsWith('system:bootstrappers:'));
  const groups = ['system:authenticated', 'system:bootstrappers', ...extra];
  const canAuthenticate = isGenuine && read('usage-bootstrap-authentication') === 'true';
  return {
    isGenuine,
    canSign: read('usage-bootstrap-signing') === 'true',
    user: canAuthenticate ? { username: `system:bootstrap:${match[1]}`, groups } : undefined,
  };
}

function equalText(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}
