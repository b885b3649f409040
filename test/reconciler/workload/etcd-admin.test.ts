import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:tls';
import fc from 'fast-check';
import { WorkloadNotConnected } from '../../../api/ports';
import { SystemClock } from '../../../machinery/clock';
import { SystemRandom } from '../../../machinery/random';
import { HttpsWorkloadAccess } from '../../../reconciler/kube';
import { EtcdClientCertificates, TunnelledEtcd } from '../../../reconciler/workload';
import { decodeMessage, encodeVarints, numberAt, ProtobufInvalid } from '../../../reconciler/workload/etcd/protobuf';
import { portOf, startForwardingServer, testAuthority } from './forwarding-server';

const cluster = { namespace: 'default', name: 'dev' };
const clock = new SystemClock();
const etcdCa = testAuthority('etcd-ca');
const clusterCa = testAuthority('kubernetes');
const expires = Date.UTC(2035, 5, 1, 12, 0, 0);

/** Message bytes as etcd 3.6 writes them, by hand. */
const bytes = (...parts: (number | string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))));
const nested = (tag: number, body: Buffer): Buffer => bytes(tag, body.length, body);

interface Heard {
  readonly path: string;
  readonly request: Buffer;
  readonly client: unknown;
}

/** A gRPC server on TLS with client certificates that answers what it is told to. */
function startEtcd(answers: { [path: string]: Buffer | 'silence' | { status: number; message: string } }) {
  const certificate = etcdCa.issue('etcd', ['server', 'client']);
  const heard: Heard[] = [];
  const server: Http2SecureServer = createSecureServer({
    ca: etcdCa.caPem,
    cert: certificate.certificatePem,
    key: certificate.privateKeyPem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  let client: unknown;
  server.on('secureConnection', (socket) => {
    client = socket.getPeerCertificate().subject.CN;
  });
  server.on('stream', (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.on('end', () => {
      const path = String(headers[':path']);
      heard.push({ path, request: Buffer.concat(parts).subarray(5), client });
      const answer = answers[path];
      if (answer === 'silence') return;
      if (answer === undefined || !Buffer.isBuffer(answer)) {
        const { status, message } = answer ?? { status: 12, message: 'unknown method' };
        stream.respond(
          { ':status': 200, 'grpc-status': status, 'grpc-message': encodeURIComponent(message) },
          { endStream: true },
        );
        return;
      }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': 0 }));
      const prefix = Buffer.alloc(5);
      prefix.writeUInt32BE(answer.length, 1);
      stream.end(Buffer.concat([prefix, answer]));
    });
  });
  return { server, heard };
}

const header = nested(0x0a, bytes(0x08, 0x0a, 0x10, 0xff, 0x01));
const answers = {
  '/etcdserverpb.Maintenance/Status': bytes(
    header,
    nested(0x12, Buffer.from('3.6.5')),
    0x18,
    0x05,
    0x20,
    0xff,
    0x01,
    nested(0x42, Buffer.from('oops')),
  ),
  '/etcdserverpb.Cluster/MemberList': bytes(
    header,
    nested(
      0x12,
      bytes(
        0x08,
        0xff,
        0x01,
        nested(0x12, Buffer.from('node-1')),
        nested(0x1a, Buffer.from('https://10.0.0.1:2380')),
        nested(0x22, Buffer.from('https://10.0.0.1:2379')),
      ),
    ),
    nested(0x12, bytes(0x08, 0x10, nested(0x12, Buffer.from('node-2')), 0x28, 0x01)),
  ),
  '/etcdserverpb.Maintenance/Alarm': bytes(header, nested(0x12, bytes(0x08, 0x10, 0x10, 0x01))),
  '/etcdserverpb.Maintenance/MoveLeader': header,
  '/etcdserverpb.Cluster/MemberRemove': { status: 9, message: 'etcdserver: re-configuration failed' },
};

const base64 = (text: string) => Buffer.from(text).toString('base64');

async function open(
  secrets: { [name: string]: { [key: string]: string } } = {},
  others: Parameters<typeof startEtcd>[0] = {},
) {
  const { server, heard } = startEtcd({ ...answers, ...others });
  const api = clusterCa.issue('kube-apiserver', ['server'], expires);
  const apiServer = createTlsServer(
    { cert: api.certificatePem, key: api.privateKeyPem },
    (socket) => void socket.on('error', () => undefined),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => apiServer.listen(0, '127.0.0.1', resolve));
  const forwarding = await startForwardingServer({
    'etcd-node-1:2379': portOf(server),
    'etcd-dead:2379': 1,
    'kube-apiserver-node-1:6443': portOf(apiServer),
    'kube-apiserver-node-2:7443': portOf(apiServer),
  });
  const channel = new HttpsWorkloadAccess({ clock }).connect(forwarding.kubeconfig);
  const data: { [name: string]: { [key: string]: string } } = {
    'dev-etcd': { 'tls.crt': base64(etcdCa.caPem), 'tls.key': base64(etcdCa.caKeyPem) },
    'dev-ca': { 'tls.crt': base64(clusterCa.caPem) },
    ...secrets,
  };
  const certificates = new EtcdClientCertificates({
    objects: {
      get: (resource, key) => {
        const found = data[key.name];
        if (found === undefined) return undefined;
        // The port promises the resource's type; this is a Secret.
        return { apiVersion: 'v1', kind: resource.kind, metadata: { name: key.name }, data: found } as never;
      },
    },
    clock,
    random: new SystemRandom(),
  });
  const etcd = new TunnelledEtcd({
    clock,
    certificates,
    tunnel: (_cluster, pod, port) => channel.portForward({ namespace: 'kube-system', name: pod }, port),
  });
  return {
    etcd,
    channel,
    heard,
    forwarding,
    async close() {
      etcd.close();
      channel.close();
      await forwarding.close();
      server.close();
      apiServer.close();
    },
  };
}

test('etcd is asked through the port-forward with a client certificate of its own authority', async () => {
  const world = await open();

  const status = await world.etcd.status(cluster, 'node-1');
  const members = await world.etcd.members(cluster, 'node-1');
  const alarms = await world.etcd.alarms(cluster, 'node-1');
  await world.etcd.moveLeader(cluster, 'node-1', 'ff');

  expect(status).toEqual({ clusterId: 'a', memberId: 'ff', leaderId: 'ff', errors: ['oops'] });
  expect(members).toEqual([
    {
      id: 'ff',
      name: 'node-1',
      isLearner: false,
      peerUrls: ['https://10.0.0.1:2380'],
      clientUrls: ['https://10.0.0.1:2379'],
    },
    { id: '10', name: 'node-2', isLearner: true, peerUrls: [], clientUrls: [] },
  ]);
  expect(alarms).toEqual([{ memberId: '10', alarm: 'NOSPACE' }]);
  expect(world.heard.map(({ client }) => client)).toEqual(Array(4).fill('cluster-api.x-k8s.io'));
  expect(world.heard.at(-1)?.request).toEqual(Buffer.of(0x08, 0xff, 0x01));
  expect(world.forwarding.opened()).toBe(1);
  await world.close();
});

test('a refusal of etcd is told with its reason, and the session goes on', async () => {
  const world = await open();

  await expect(world.etcd.removeMember(cluster, 'node-1', '10')).rejects.toMatchObject({
    code: 'ETCD_UNAVAILABLE',
    message: expect.stringContaining('re-configuration failed'),
  });
  await world.etcd.status(cluster, 'node-1');

  expect(world.forwarding.opened()).toBe(1);
  await world.close();
});

test('a question whose tunnel ends fails at once, and the next one opens another', async () => {
  const world = await open({}, { '/etcdserverpb.Cluster/MemberRemove': 'silence' });
  await world.etcd.status(cluster, 'node-1');

  const question = world.etcd.removeMember(cluster, 'node-1', '10');
  while (world.heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const cutAt = performance.now();
  world.forwarding.cut();

  await expect(question).rejects.toMatchObject({ code: 'ETCD_UNAVAILABLE' });
  expect(performance.now() - cutAt).toBeLessThan(3000);
  await world.etcd.status(cluster, 'node-1');
  expect(world.forwarding.opened()).toBe(2);
  await world.close();
});

test('a Pod that does not exist, a port where nothing listens and a missing authority are unavailable', async () => {
  const world = await open();

  await expect(world.etcd.status(cluster, 'other')).rejects.toMatchObject({
    code: 'ETCD_UNAVAILABLE',
    message: expect.stringContaining('404'),
  });
  await expect(world.etcd.status(cluster, 'dead')).rejects.toMatchObject({ code: 'ETCD_UNAVAILABLE' });
  await expect(world.etcd.status({ namespace: 'default', name: 'other' }, 'node-1')).rejects.toThrow(
    /other-etcd is missing/,
  );
  await world.close();
});

test('an etcd of another authority is not believed', async () => {
  const other = testAuthority('other');
  const world = await open({ 'dev-etcd': { 'tls.crt': base64(other.caPem), 'tls.key': base64(other.caKeyPem) } });

  await expect(world.etcd.status(cluster, 'node-1')).rejects.toMatchObject({ code: 'ETCD_UNAVAILABLE' });

  expect(world.heard).toEqual([]);
  await world.close();
});

test('without a connection to the cluster that is what is said', async () => {
  const world = await open();
  const etcd = new TunnelledEtcd({
    clock,
    certificates: new EtcdClientCertificates({
      objects: {
        get: () => ({ data: { 'tls.crt': base64(etcdCa.caPem), 'tls.key': base64(etcdCa.caKeyPem) } }) as never,
      },
      clock,
      random: new SystemRandom(),
    }),
    tunnel: () => Promise.reject(new WorkloadNotConnected(cluster, 'refused')),
  });

  await expect(etcd.status(cluster, 'node-1')).rejects.toMatchObject({ code: 'WORKLOAD_NOT_CONNECTED' });
  await world.close();
});

test('the end of an API server certificate is read in a handshake', async () => {
  const world = await open();

  expect((await world.etcd.expiry(cluster, 'node-1')).getTime()).toBe(expires);
  expect((await world.etcd.expiry(cluster, 'node-2', 7443)).getTime()).toBe(expires);
  await world.close();
});

test('probes and requests use the certificate of the kubeconfig', async () => {
  const world = await open();

  await expect(world.channel.probe(new AbortController().signal)).resolves.toBeUndefined();
  await world.close();
});

test('varints survive the way through the wire format, and garbage is refused or read, never a crash', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
      expect(numberAt(decodeMessage(encodeVarints({ 1: value })), 1)).toBe(value);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (garbage) => {
      try {
        decodeMessage(Buffer.from(garbage));
      } catch (error) {
        expect(error).toBeInstanceOf(ProtobufInvalid);
      }
    }),
  );
});
