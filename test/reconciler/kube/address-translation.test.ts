import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { WebSocketServer } from 'ws';
import { translateKubeconfig } from '../../../cli/translated-addresses';
import { SystemClock } from '../../../machinery/clock';
import {
  createAuthority,
  formatKubeconfig,
  generateEcKeyPair,
  privateKeyPem,
  serialNumber,
  signCertificate,
} from '../../../machinery/pki';
import { SeededRandom } from '../../../machinery/random';
import { type AddressTranslation, connectEndpoint, HttpsWorkloadAccess } from '../../../reconciler/kube';
import { endpointOfKubeconfig, translated } from '../../../reconciler/kube/endpoint';
import { portOf } from '../workload/forwarding-server';

const random = new SeededRandom(3);
const clock = new SystemClock();
const validity = { notBefore: Date.now() - 3600_000, notAfter: Date.now() + 3600_000 };
const authority = createAuthority({
  subject: { commonName: 'kubernetes' },
  key: generateEcKeyPair(random),
  validity,
});
const signal = new AbortController().signal;
const pod = { namespace: 'kube-system', name: 'etcd-a' };

const servers: Server[] = [];
const warnings: Error[] = [];
const remember = (warning: Error) => warnings.push(warning);
beforeAll(() => process.on('warning', remember));
afterAll(() => {
  process.removeListener('warning', remember);
  // Node warns when an address is sent as the name in the handshake.
  expect(warnings).toEqual([]);
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

/** Listens at 127.0.0.1 with a certificate for `hosts` alone; answers every request and opens every port-forward. */
async function serve(...hosts: string[]): Promise<number> {
  const key = generateEcKeyPair(random);
  const certificate = signCertificate(authority, {
    subject: { commonName: 'kube-apiserver' },
    publicKey: key.publicKey,
    usages: ['server'],
    validity,
    serial: serialNumber(random),
    hosts,
  });
  const server = createServer({ cert: certificate, key: privateKeyPem(key) }, (_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"kind":"PodList","items":[],"metadata":{}}');
  });
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false });
  sockets.on('connection', (socket) => socket.on('error', () => socket.terminate()));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return portOf(server);
}

function kubeconfig(server: string): string {
  const user = { kind: 'token' as const, token: 'T' };
  return formatKubeconfig({ clusterName: 'dev', server, caPem: authority.certificatePem, userName: 'u', user });
}

function to(port: number): AddressTranslation {
  return (address) => (address.endsWith(':6443') ? `127.0.0.1:${port}` : address);
}

test.each([
  ['an address', '127.70.1.10'],
  ['a name', 'api.dev.example'],
])('requests and port-forwards to %s go where it is translated to, verified against the original', async (_, host) => {
  const port = await serve(host);
  const channel = new HttpsWorkloadAccess({ clock, translate: to(port) }).connect(kubeconfig(`https://${host}:6443`));

  await expect(channel.probe(signal)).resolves.toBeUndefined();
  const tunnel = await channel.portForward(pod, 2379);

  tunnel.destroy();
  channel.close();
});

test('a server whose certificate is not valid for the original address is refused', async () => {
  // Valid for the place where it listens, which nobody asked for.
  const port = await serve('127.0.0.1', '127.70.1.11');
  const config = kubeconfig('https://127.70.1.10:6443');
  const channel = new HttpsWorkloadAccess({ clock, translate: to(port) }).connect(config);

  await expect(channel.probe(signal)).rejects.toThrow(/127\.70\.1\.10 is not in the cert's list/);
  await expect(channel.portForward(pod, 2379)).rejects.toThrow(/127\.70\.1\.10 is not in the cert's list/);
  channel.close();
});

test('addresses that are not translated are left alone, with the checks that they have', () => {
  const endpoint = endpointOfKubeconfig(kubeconfig('https://127.70.1.10:8443'));

  expect(translated(endpoint, to(1))).toBe(endpoint);
});

test('a translated kubeconfig leads to the place, names the address for the check, and keeps the rest', async () => {
  const original = kubeconfig('https://127.70.1.10:6443');
  const port = await serve('127.70.1.10');

  const text = translateKubeconfig(original, to(port));

  expect(text).toContain(`server: https://127.0.0.1:${port}`);
  expect(text).toContain('tls-server-name: 127.70.1.10');
  expect(text).toContain(Buffer.from(authority.certificatePem).toString('base64'));
  const connection = connectEndpoint(endpointOfKubeconfig(text), { clock });
  await expect(
    connection.api.list({ group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }),
  ).resolves.toMatchObject({ items: [] });
  connection.close();
  expect(translateKubeconfig(original, (address) => address)).toBe(original);
});
