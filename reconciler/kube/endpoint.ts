import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { Clock } from '../../machinery/clock';
import { CapstanError } from '../../machinery/errors';
import { type Kubeconfig, PkiError, parseKubeconfig } from '../../machinery/pki';

/** An API server and how to prove who we are there. */
export interface KubeEndpoint {
  /** `https://host:port`, maybe with a path. */
  readonly server: string;
  readonly tls: {
    readonly ca?: string | undefined;
    readonly cert?: string | undefined;
    readonly key?: string | undefined;
    readonly rejectUnauthorized?: boolean | undefined;
    readonly servername?: string | undefined;
    readonly checkServerIdentity?: ((host: string, certificate: PeerCertificate) => Error | undefined) | undefined;
  };
  /** Asked for before every request, so that tokens may be renewed. */
  headers(): Promise<{ readonly [name: string]: string }> | { readonly [name: string]: string };
}

/**
 * Where the server at an address (`host:port`) really listens; others stay as they are.
 * @throws KubeUnreachable when it is known that nobody listens for the address
 */
export type AddressTranslation = (address: string) => string;

/** The kubeconfig cannot be used. Never quotes the file. */
export class KubeconfigInvalid extends CapstanError {
  constructor(file: string, why: string) {
    super({
      name: 'KubeconfigInvalid',
      code: 'KUBECONFIG_INVALID',
      message: `kubeconfig ${file}: ${why}; check the path and its current context (kubectl config view)`,
      retry: 'never',
    });
  }
}

/**
 * The endpoint of a kubeconfig that embeds everything. Programs and files are refused.
 * @throws PkiError
 */
export function endpointOfKubeconfig(text: string): KubeEndpoint {
  return endpointOf(parseKubeconfig(text));
}

/** The URL of a server where it really listens. */
export function translatedServer(server: string, translate: AddressTranslation): string {
  const url = new URL(server);
  const address = `${url.hostname}:${url.port || '443'}`;
  const place = translate(address);
  if (place === address) return server;
  return `${url.protocol}//${place}${url.pathname === '/' ? '' : url.pathname}`;
}

/** The endpoint where it really listens; its certificate must still be valid for the address that is translated. */
export function translated(endpoint: KubeEndpoint, translate: AddressTranslation): KubeEndpoint {
  const server = translatedServer(endpoint.server, translate);
  if (server === endpoint.server) return endpoint;
  const { servername, checkServerIdentity: check } = endpoint.tls;
  const isNamed = servername !== undefined || check !== undefined;
  const { hostname } = new URL(endpoint.server);
  return { ...endpoint, server, tls: isNamed ? endpoint.tls : { ...endpoint.tls, ...certifiedFor(hostname) } };
}

/**
 * The endpoint of a kubeconfig file, with all that kubectl accepts: exec plugins, auth providers, references to files.
 * @param context - @default the file's current context
 * @throws KubeconfigInvalid
 */
export async function endpointOfKubeconfigFile(file: string, context?: string): Promise<KubeEndpoint> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new KubeconfigInvalid(file, error.code === 'ENOENT' ? 'there is no such file' : 'it cannot be read');
  });
  if (context === undefined) {
    try {
      return endpointOfKubeconfig(text);
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
    }
  }
  return endpointByClientNode(file, context);
}

/**
 * The endpoint of the cluster this process runs in as a Pod.
 * @param directory - the mounted service account; its token is read again every minute, because kubelet renews it
 */
export async function inClusterEndpoint(options: {
  readonly host: string;
  readonly port: string;
  readonly clock: Clock;
  readonly directory?: string | undefined;
}): Promise<KubeEndpoint> {
  const directory = options.directory ?? '/var/run/secrets/kubernetes.io/serviceaccount';
  const ca = await readFile(join(directory, 'ca.crt'), 'utf8');
  const readToken = async () => (await readFile(join(directory, 'token'), 'utf8')).trim();
  let token = await readToken();
  let readAt = options.clock.now();
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    server: `https://${host}:${options.port}`,
    tls: { ca },
    async headers() {
      if (options.clock.now() - readAt > TOKEN_LIFE_MS) {
        token = await readToken();
        readAt = options.clock.now();
      }
      return { authorization: `Bearer ${token}` };
    },
  };
}

const TOKEN_LIFE_MS = 60_000;

function endpointOf(config: Kubeconfig): KubeEndpoint {
  const { user } = config;
  const headers: { [name: string]: string } = {};
  if (user?.kind === 'token') headers.authorization = `Bearer ${user.token}`;
  return {
    server: config.server.replace(/\/+$/, ''),
    tls: {
      ca: config.caPem,
      cert: user?.kind === 'certificate' ? user.certificatePem : undefined,
      key: user?.kind === 'certificate' ? user.privateKeyPem : undefined,
      rejectUnauthorized: config.insecureSkipTlsVerify ? false : undefined,
      ...(config.tlsServerName === undefined ? {} : certifiedFor(config.tlsServerName)),
    },
    headers: () => headers,
  };
}

/** Checks the server's certificate against a name or address other than the one that is dialled. */
function certifiedFor(host: string): KubeEndpoint['tls'] {
  const name = host.replace(/^\[|\]$/g, '');
  // An address cannot be asked for in the handshake (RFC 6066); it is only looked for in the certificate, as Go does.
  if (isIP(name) === 0) return { servername: name };
  return { checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate) };
}

/** client-node knows every way to log in, for half a second and 60 MiB: it is loaded only for those who need it. */
async function endpointByClientNode(file: string, context: string | undefined): Promise<KubeEndpoint> {
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
  const login = async () => {
    const options: { [name: string]: unknown } = { headers: {} };
    await config.applyToHTTPSOptions(options);
    return options;
  };
  const first = await login();
  const user = config.getCurrentUser();
  // Only programs and auth providers renew what they said; asking client-node again costs an agent each time.
  const renews = user?.exec !== undefined || user?.authProvider !== undefined;
  const fixed = headersOf(first);
  return {
    server: cluster.server.replace(/\/+$/, ''),
    tls: {
      ca: pem(first.ca),
      cert: pem(first.cert),
      key: pem(first.key),
      rejectUnauthorized: cluster.skipTLSVerify === true ? false : undefined,
      servername: typeof first.servername === 'string' ? first.servername : undefined,
    },
    headers: async () => (renews ? headersOf(await login()) : fixed),
  };
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
