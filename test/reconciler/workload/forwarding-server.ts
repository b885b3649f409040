import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { WebSocketServer } from 'ws';
import {
  createAuthority,
  formatKubeconfig,
  generateEcKeyPair,
  privateKeyPem,
  signCertificate,
} from '../../../machinery/pki';
import { SeededRandom } from '../../../machinery/random';

const random = new SeededRandom(7);
const validity = { notBefore: Date.now() - 3600_000, notAfter: Date.now() + 3600_000 };

/** An authority with what it issues; PEM. */
export function testAuthority(commonName: string) {
  const authority = createAuthority({ subject: { commonName }, key: generateEcKeyPair(random), validity });
  const issue = (
    subject: string,
    usages: ('server' | 'client')[],
    notAfter = validity.notAfter,
    organizations: string[] = [],
  ) => {
    const key = generateEcKeyPair(random);
    const certificatePem = signCertificate(authority, {
      subject: { commonName: subject, organizations },
      publicKey: key.publicKey,
      usages,
      validity: { ...validity, notAfter },
      serial: random.secret(8).map((byte) => byte & 0x7f),
      hosts: ['127.0.0.1', 'localhost'],
    });
    return { certificatePem, privateKeyPem: privateKeyPem(key) };
  };
  return { caPem: authority.certificatePem, caKeyPem: privateKeyPem(authority.key), issue };
}

export interface ForwardingServer {
  readonly kubeconfig: string;
  /** Tunnels opened so far. */
  readonly opened: () => number;
  /** Ends all tunnels without a word, as an API server does that is killed. */
  cut(): void;
  close(): Promise<void>;
}

/** Answers `GET /` and port-forwards to `pods` (`name:port` → local TCP port), to those with a client certificate. */
export async function startForwardingServer(pods: { readonly [target: string]: number }): Promise<ForwardingServer> {
  const ca = testAuthority('kubernetes');
  const serving = ca.issue('kube-apiserver', ['server']);
  const server: Server = createServer(
    {
      ca: ca.caPem,
      cert: serving.certificatePem,
      key: serving.privateKeyPem,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (_request, response) => void response.setHeader('content-type', 'application/json').end('{}'),
  );
  let opened = 0;
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has('v4.channel.k8s.io') ? 'v4.channel.k8s.io' : false),
  });
  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'https://x');
    const pod = /^\/api\/v1\/namespaces\/kube-system\/pods\/([^/]+)\/portforward$/.exec(url.pathname)?.[1] ?? '';
    const port = Number(url.searchParams.get('ports'));
    const target = pods[`${pod}:${port}`];
    if (target === undefined) {
      socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      opened++;
      const portBytes = Buffer.alloc(2);
      portBytes.writeUInt16LE(port);
      for (const channel of [0, 1]) webSocket.send(Buffer.concat([Buffer.of(channel), portBytes]));
      const connection = connect(target, '127.0.0.1');
      connection.on('data', (data) => webSocket.send(Buffer.concat([Buffer.of(0), data])));
      connection.on('error', (error) => {
        webSocket.send(Buffer.concat([Buffer.of(1), Buffer.from(error.message)]));
        webSocket.close();
      });
      connection.on('close', () => webSocket.close());
      webSocket.on('message', (data: Buffer) => connection.write(data.subarray(1)));
      webSocket.on('close', () => connection.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const admin = ca.issue('admin', ['client']);
  return {
    kubeconfig: formatKubeconfig({
      clusterName: 'dev',
      server: `https://127.0.0.1:${portOf(server)}`,
      caPem: ca.caPem,
      userName: 'dev-admin',
      user: { kind: 'certificate', ...admin },
    }),
    opened: () => opened,
    cut: () => {
      for (const client of sockets.clients) client.terminate();
    },
    close: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('not listening');
  return address.port;
}
