import { dump, load } from 'js-yaml';
import { isJsonObject, valueAt } from '../json';
import { PkiError } from './errors';

/** How a kubeconfig's current user proves who it is. */
export type KubeconfigUser =
  | { readonly kind: 'certificate'; readonly certificatePem: string; readonly privateKeyPem: string }
  | { readonly kind: 'token'; readonly token: string };

export interface KubeconfigOptions {
  readonly clusterName: string;
  /** `https://host:port` */
  readonly server: string;
  readonly caPem: string;
  readonly userName: string;
  readonly user: KubeconfigUser;
  /** @default `<userName>@<clusterName>` */
  readonly contextName?: string | undefined;
  /** @default - none written, clients use `default` */
  readonly namespace?: string | undefined;
}

/** What the current context of a kubeconfig leads to. */
export interface Kubeconfig {
  readonly contextName: string;
  readonly clusterName: string;
  readonly server: string;
  /** Absent: the platform's certificate authorities. */
  readonly caPem: string | undefined;
  readonly insecureSkipTlsVerify: boolean;
  /** Name to verify the server certificate against, instead of the host in `server`. */
  readonly tlsServerName: string | undefined;
  readonly userName: string;
  /** Absent: anonymous. */
  readonly user: KubeconfigUser | undefined;
  readonly namespace: string | undefined;
}

/** A kubeconfig with one cluster, user and context, everything embedded. */
export function formatKubeconfig(options: KubeconfigOptions): string {
  const context = options.contextName ?? `${options.userName}@${options.clusterName}`;
  const user =
    options.user.kind === 'token'
      ? { token: options.user.token }
      : {
          'client-certificate-data': toBase64(options.user.certificatePem),
          'client-key-data': toBase64(options.user.privateKeyPem),
        };
  return dump(
    {
      apiVersion: 'v1',
      clusters: [
        {
          cluster: { 'certificate-authority-data': toBase64(options.caPem), server: options.server },
          name: options.clusterName,
        },
      ],
      contexts: [
        {
          context: {
            cluster: options.clusterName,
            ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
            user: options.userName,
          },
          name: context,
        },
      ],
      'current-context': context,
      kind: 'Config',
      users: [{ name: options.userName, user }],
    },
    { lineWidth: -1 },
  );
}

/**
 * Reads the current context. Exec plugins, auth providers and references to files are refused: what comes out of a
 * Secret must not run programs or read files here.
 * @throws PkiError which names what is missing, never a credential.
 */
export function parseKubeconfig(text: string): Kubeconfig {
  const root = loadObject(text);
  const contextName = stringAt(root, 'current-context') ?? '';
  const context = named(root, 'contexts', contextName, 'context');
  const clusterName = stringAt(context, 'cluster') ?? '';
  const cluster = named(root, 'clusters', clusterName, 'cluster');
  const userName = stringAt(context, 'user') ?? '';
  const server = stringAt(cluster, 'server');
  if (server === undefined) throw new PkiError(`kubeconfig: cluster "${clusterName}" has no server`);
  if (stringAt(cluster, 'certificate-authority') !== undefined) {
    throw new PkiError(`kubeconfig: cluster "${clusterName}" refers to a file; use certificate-authority-data`);
  }
  return {
    contextName,
    clusterName,
    server,
    caPem: base64At(cluster, 'certificate-authority-data'),
    insecureSkipTlsVerify: valueAt(cluster, 'insecure-skip-tls-verify') === true,
    tlsServerName: stringAt(cluster, 'tls-server-name'),
    userName,
    user: userName === '' ? undefined : readUser(named(root, 'users', userName, 'user'), userName),
    namespace: stringAt(context, 'namespace'),
  };
}

function loadObject(text: string): object {
  let root: unknown;
  try {
    root = load(text);
  } catch {
    // The parser's message quotes the text.
    throw new PkiError('kubeconfig is not valid YAML');
  }
  if (!isJsonObject(root)) throw new PkiError('kubeconfig is not a YAML mapping');
  return root;
}

function readUser(user: object, name: string): KubeconfigUser | undefined {
  for (const field of ['exec', 'auth-provider', 'client-certificate', 'client-key', 'tokenFile', 'username']) {
    if (valueAt(user, field) !== undefined) {
      throw new PkiError(
        `kubeconfig: user "${name}" uses ${field}; only embedded certificates and tokens are accepted`,
      );
    }
  }
  const certificatePem = base64At(user, 'client-certificate-data');
  const privateKeyPem = base64At(user, 'client-key-data');
  if (certificatePem !== undefined && privateKeyPem !== undefined) {
    return { kind: 'certificate', certificatePem, privateKeyPem };
  }
  const token = stringAt(user, 'token');
  return token === undefined ? undefined : { kind: 'token', token };
}

function named(root: object, list: string, name: string, field: string): object {
  const items = valueAt(root, list);
  const item = Array.isArray(items) ? items.find((candidate) => valueAt(candidate, 'name') === name) : undefined;
  const value = valueAt(item, field);
  if (!isJsonObject(value)) throw new PkiError(`kubeconfig: ${list} has no entry named "${name}"`);
  return value;
}

function stringAt(root: object, key: string): string | undefined {
  const value = valueAt(root, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function base64At(root: object, key: string): string | undefined {
  const value = stringAt(root, key);
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
