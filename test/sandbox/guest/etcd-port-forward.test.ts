import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { type CertificatePair, type CertificatePurpose, generateCertificate } from '../../../machinery/kubeadm';
import {
  authorityFromPem,
  generateEcKeyPair,
  privateKeyPem,
  serialNumber,
  signCertificate,
} from '../../../machinery/pki';
import type { TunnelledEtcd } from '../../../reconciler/workload/etcd/etcd-admin';
import { GuestWorld } from './guest-world';
import { etcdOver } from './tunnels';

const CLUSTER = { namespace: 'default', name: 'dev' };

/** Control planes come up on the virtual clock; TLS and gRPC then run in real time. */
describe('port-forward to static pods', () => {
  let world: GuestWorld;
  let etcd: TunnelledEtcd;
  let kubeconfig: string;
  const streams: Duplex[] = [];

  beforeAll(async () => {
    world = await GuestWorld.create('instant', undefined, Date.now() - 3_600_000);
    await world.controlPlane(3);
    kubeconfig = world.kubeconfig();
    etcd = tunnelled(world.pem('etcd'));
  });
  afterAll(async () => {
    etcd.close();
    for (const stream of streams) stream.destroy();
    await world.guests.close();
  });

  function tunnelled(authority: CertificatePair): TunnelledEtcd {
    return etcdOver(forward, { etcd: authority, ca: world.pem('ca') });
  }

  async function forward(pod: string, port: number): Promise<Duplex> {
    const stream = await world.guests.access.portForward(kubeconfig, pod, port);
    streams.push(stream);
    return stream;
  }

  test('etcd answers in gRPC over TLS what the in-process port says', async () => {
    const direct = world.guests.access.etcd(kubeconfig);

    expect(await etcd.members(CLUSTER, 'node-2')).toEqual(await direct.members('node-2'));
    expect(await etcd.status(CLUSTER, 'node-3')).toEqual(await direct.status('node-3'));
    expect(await etcd.alarms(CLUSTER, 'node-1')).toEqual([]);
  });

  test("the API server's certificate ends when kubeadm said", async () => {
    const direct = world.guests.access.etcd(kubeconfig);

    expect(await etcd.expiry(CLUSTER, 'node-1')).toEqual(await direct.apiServerCertificateExpiry('node-1'));
  });

  test('leadership moves and members leave', async () => {
    const [first, second, third] = await etcd.members(CLUSTER, 'node-1');

    await etcd.moveLeader(CLUSTER, 'node-1', second?.id ?? '');
    expect((await etcd.status(CLUSTER, 'node-3')).leaderId).toBe(second?.id);
    await expect(etcd.moveLeader(CLUSTER, 'node-1', third?.id ?? '')).rejects.toThrow('not leader');
    await etcd.removeMember(CLUSTER, 'node-2', first?.id ?? '');

    expect((await etcd.members(CLUSTER, 'node-3')).map((member) => member.name)).toEqual(['node-2', 'node-3']);
    await expect(etcd.removeMember(CLUSTER, 'node-2', first?.id ?? '')).rejects.toThrow('member not found');
    await expect(etcd.members(CLUSTER, 'node-1')).rejects.toThrow();
  });

  test('nothing else listens in the pods', async () => {
    await expect(forward('etcd-node-2', 2380)).rejects.toThrow('connection refused');
    await expect(forward('kube-apiserver-node-2', 443)).rejects.toThrow('connection refused');
    await expect(forward('etcd-node-9', 2379)).rejects.toThrow('not found');
  });

  test.each<CertificatePurpose>(['ca'])('etcd refuses clients that its own CA did not sign (%s)', async (purpose) => {
    const stranger = tunnelled(world.pem(purpose));

    await expect(stranger.members(CLUSTER, 'node-2')).rejects.toThrow();
    stranger.close();
  });

  test('etcd refuses a certificate of a CA that only has the same name', async () => {
    const other = await generateCertificate('etcd', undefined, world);
    const key = generateEcKeyPair(world.random);
    const cert = signCertificate(authorityFromPem(other.certificate, other.key), {
      subject: { commonName: 'cluster-api.x-k8s.io' },
      publicKey: key.publicKey,
      usages: ['client'],
      validity: { notBefore: Date.now() - 1000, notAfter: Date.now() + 3_600_000 },
      serial: serialNumber(world.random),
    });
    const stream = await forward('etcd-node-2', 2379);

    const outcome = await new Promise<string>((resolve) => {
      const tls = { ca: world.pem('etcd').certificate, cert, key: privateKeyPem(key), ALPNProtocols: ['h2'] };
      const socket = connect({ ...tls, socket: stream, checkServerIdentity: () => undefined });
      socket.on('error', (error) => resolve(error.message));
      socket.on('close', () => resolve('closed'));
      socket.resume();
    });

    expect(outcome).toMatch(/closed|disconnected|alert/);
  });
});
