import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Cluster, User } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import type { Clock } from '../../machinery/clock';
import { valueAt } from '../../machinery/json';
import type { KubeEndpoint } from './endpoint';
import { fileToken } from './file-token';
import { KubeconfigInvalid } from './kubeconfig-invalid';

/** A kubeconfig file that is read. */
export interface KubeconfigFile {
  readonly file: string;
  readonly text: string;
  /** @default - the current one */
  readonly context?: string | undefined;
  /** Tells when files that are renewed have to be read again. */
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * The endpoint of a kubeconfig file that needs more than what it embeds. client-node knows every way to log in, for half
 * a second and 60 MiB: it is loaded only for those who need it.
 * @throws KubeconfigInvalid
 */
export async function endpointByClientNode({ file, text, context, clock }: KubeconfigFile): Promise<KubeEndpoint> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
    if (context !== undefined) config.setCurrentContext(context);
  } catch {
    // The parser's message may quote the file.
    throw new KubeconfigInvalid(file, 'it is not a valid kubeconfig');
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new KubeconfigInvalid(file, 'its current context names no cluster');
  const user = config.getCurrentUser();
  await checkFiles(file, cluster, user);
  const login = async () => {
    const options: { [name: string]: unknown } = { headers: {} };
    await config.applyToHTTPSOptions(options);
    return options;
  };
  const first = await login().catch((error: unknown) => {
    throw new KubeconfigInvalid(file, loginFailure(user, error), error);
  });
  // Only programs and auth providers renew what they said; asking client-node again costs an agent each time.
  const renews = user?.exec !== undefined || user?.authProvider !== undefined;
  const fixed = headersOf(first);
  const token = user === null ? undefined : await tokenIn({ file, text, clock }, user);
  return {
    server: cluster.server.replace(/\/+$/, ''),
    tls: {
      ca: pem(first.ca),
      cert: pem(first.cert),
      key: pem(first.key),
      rejectUnauthorized: cluster.skipTLSVerify === true ? false : undefined,
      servername: typeof first.servername === 'string' ? first.servername : undefined,
    },
    headers: async () => {
      const headers = renews ? headersOf(await login()) : fixed;
      return token === undefined ? headers : { ...headers, authorization: `Bearer ${await token()}` };
    },
  };
}

/** Files that the kubeconfig names can be read. */
async function checkFiles(file: string, cluster: Cluster, user: User | null): Promise<void> {
  const named = {
    'certificate-authority': cluster.caFile,
    'client-certificate': user?.certFile,
    'client-key': user?.keyFile,
  };
  for (const [field, path] of Object.entries(named)) if (path) await readNamed(file, field, path);
}

async function readNamed(file: string, field: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code ?? error.message})`;
    throw new KubeconfigInvalid(file, `its ${field} ${path} ${why}`, error);
  });
}

/** Reads the user's `tokenFile`, which client-node passes over; undefined when there is none. */
async function tokenIn(
  { file, text, clock }: KubeconfigFile,
  user: User,
): Promise<(() => Promise<string>) | undefined> {
  const users = valueAt(load(text), 'users');
  const entry = Array.isArray(users) ? users.find((candidate) => valueAt(candidate, 'name') === user.name) : undefined;
  const named = valueAt(entry, 'user', 'tokenFile');
  if (typeof named !== 'string' || named === '') return undefined;
  const path = resolve(dirname(file), named);
  return fileToken(path, await readNamed(file, 'tokenFile', path), clock);
}

/** Why logging in failed. What a program printed may be a credential and is not repeated. */
function loginFailure(user: User | null, error: unknown): string {
  const code = valueAt(error, 'code');
  if (user?.exec === undefined || user.exec === null) return `its user cannot log in${code ? ` (${code})` : ''}`;
  const program = JSON.stringify(user.exec.command ?? '');
  if (code === 'ENOENT') return `its login program ${program} does not exist`;
  if (code !== undefined) return `its login program ${program} cannot be run (${code})`;
  if (valueAt(error, 'name') === 'SyntaxError' || valueAt(error, 'name') === 'TypeError')
    return `its login program ${program} prints no ExecCredential`;
  return `its login program ${program} failed; run it by hand to see why`;
}

function headersOf(login: { readonly [name: string]: unknown }): { [name: string]: string } {
  const headers: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(login.headers ?? {})) headers[name.toLowerCase()] = String(value);
  if (typeof login.auth === 'string') headers.authorization = `Basic ${Buffer.from(login.auth).toString('base64')}`;
  return headers;
}

function pem(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : undefined;
}
