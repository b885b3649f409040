import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../../../api/ports/objects';
import { closableServer } from '../../../machinery/closable-server';
import { authenticate } from '../authz/authenticate';
import type { Engine } from '../engine';
import type { User } from '../rest/core';
import type { TokenReviewer } from '../rest/reviews';
import { RequestHandler } from './handler';
import { PathHandler } from './paths';

export interface ListenOptions {
  /** @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** 0: any free one. @default 0 */
  readonly port?: number | undefined;
  /** PEM. Clients that bring a certificate of `clientCa` are who it says (CN: user, O: groups). */
  readonly tls: { readonly key: string; readonly cert: string; readonly clientCa?: string | undefined };
  /** Who a bearer token belongs to; tokens of service accounts are known without it. */
  readonly token?: TokenReviewer | undefined;
  /** What `/version` says. @default 'v1.34.2' */
  readonly kubernetesVersion?: string | undefined;
  /**
   * Takes over connections that ask for another protocol (`pods/portforward`); it authorises them itself.
   * @default - they are refused
   */
  readonly upgrade?: UpgradeHandler | undefined;
}

/** A connection that asks for another protocol, and who asks. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer, user: User) => void;

/** A listening API server. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Ends all connections, watches included. */
  close(): Promise<void>;
}

/** Serves the engine over HTTPS. Resolves when connections are accepted. */
export async function listen(
  engine: Engine,
  reviewToken: TokenReviewer,
  options: ListenOptions,
  log: Log | undefined,
): Promise<Listener> {
  const { tls, host = '127.0.0.1', port = 0 } = options;
  const paths = new PathHandler(engine.core.registry, options.kubernetesVersion ?? 'v1.34.2');
  const handler = new RequestHandler(engine, paths, reviewToken, log);
  const server = createServer({
    key: tls.key,
    cert: tls.cert,
    ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa }),
    requestCert: tls.clientCa !== undefined,
    // Who comes without a certificate may still have a token; anonymous users are told what they may not do.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  });
  // Watches are quiet for minutes.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 90_000;
  server.on('request', (request, response) => void handler.handle(request, response));
  const { upgrade } = options;
  if (upgrade !== undefined) {
    server.on('upgrade', (request, socket, head) => {
      try {
        upgrade(request, socket, head, authenticate(request, reviewToken));
      } catch {
        socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      }
    });
  }
  server.on('secureConnection', (socket: Duplex) => {
    socket.on('error', () => socket.destroy());
  });
  const close = closableServer(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    host,
    port: address.port,
    close,
  };
}
