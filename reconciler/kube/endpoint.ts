import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { Clock } from '../../machinery/clock';
import { type Kubeconfig, PkiError, parseKubeconfig } from '../../machinery/pki';
import { endpointByClientNode } from './client-node-endpoint';
import { fileToken } from './file-token';
import { KubeconfigInvalid } from './kubeconfig-invalid';
import { ServiceAccountMissing } from './service-account-missing';

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
export async function endpointOfKubeconfigFile(
  file: string,
  clock: Pick<Clock, 'now'>,
  context?: string,
): Promise<KubeEndpoint> {
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
  return endpointByClientNode({ file, text, context, clock });
}

/**
 * The endpoint of the cluster this process runs in as a Pod.
 * @param directory - the mounted service account; its token is read again every minute, because kubelet renews it
 * @throws ServiceAccountMissing
 */
export async function inClusterEndpoint(options: {
  readonly host: string;
  readonly port: string;
  readonly clock: Clock;
  readonly directory?: string | undefined;
}): Promise<KubeEndpoint> {
  const directory = options.directory ?? '/var/run/secrets/kubernetes.io/serviceaccount';
  const tokenFile = join(directory, 'token');
  const read = (path: string) => readFile(path, 'utf8');
  const [ca, first] = await Promise.all([read(join(directory, 'ca.crt')), read(tokenFile)]).catch((error: unknown) => {
    throw new ServiceAccountMissing(directory, error);
  });
  const token = fileToken(tokenFile, first, options.clock);
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    server: `https://${host}:${options.port}`,
    tls: { ca },
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
  };
}

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
