import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { SystemClock } from '../../../machinery/clock';
import { parseKubeconfig } from '../../../machinery/pki';
import { SystemRandom } from '../../../machinery/random';
import type { KubeEndpoint } from '../../../reconciler/kube/endpoint';
import { openPortForward } from '../../../reconciler/kube/port-forward';
import { createGuestHost, type Guests, workloadKube } from '../../../sandbox/guest';
import { resources } from '../../../sandbox/guest/workload/resources';
import { latencyProfiles } from '../../../sandbox/latency';
import { GuestWorld, TOKEN } from './guest-world';
import { etcdOver } from './tunnels';

const vm = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
const host = `127.${64 + randomInt(64)}.${randomInt(256)}.${1 + randomInt(250)}`;
const port = 6443;

/** Real sockets and the real clock: what kubectl would meet. */
describe('a workload cluster on loopback', () => {
  let world: GuestWorld;
  const faults: unknown[] = [];

  beforeAll(async () => {
    const clock = new SystemClock();
    const random = new SystemRandom();
    const guests: Guests = createGuestHost({
      clock,
      random,
      latency: latencyProfiles.instant,
      kube: workloadKube({ clock, random }),
      network: 'loopback',
      onFault: (_where, error) => faults.push(error),
    });
    world = await GuestWorld.create('instant', () => guests, Date.now(), host);
    world.init(1);
    await until(async () => (await world.readyNodes()).length === 1);
    world.joinControlPlane(2);
    await until(async () => (await world.readyNodes()).length === 2);
  });
  afterAll(async () => {
    await world.guests.close();
    expect(faults).toEqual([]);
  });

  async function until(isDone: () => Promise<boolean>): Promise<void> {
    for (;;) {
      await world.guests.settled();
      if (await isDone().catch(() => false)) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Status and body of one request; the error's code when there is no connection. */
  function get(path: string, options: object): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const call = request(
        { host, port, path, agent: false, ca: world.pem('ca').certificate, ...options },
        (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => {
            body += chunk.toString('utf8');
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        },
      );
      call.on('error', reject);
      call.end();
    });
  }

  function clientCertificate(): object {
    const { user } = parseKubeconfig(world.kubeconfig());
    if (user?.kind !== 'certificate') throw new Error('a client certificate is expected');
    return { cert: user.certificatePem, key: user.privateKeyPem };
  }

  test('is served with a certificate that the CA of its user data signed, valid for the address', async () => {
    const { status, body } = await get('/api/v1/nodes', clientCertificate());

    expect(status).toBe(200);
    expect(body).toContain('node-1');
  });

  test('is not trusted by who knows another CA', async () => {
    await expect(get('/version', { ca: world.pem('etcd').certificate })).rejects.toThrow(/certificate/);
  });

  test('knows bootstrap tokens and strangers', async () => {
    const path = '/api/v1/namespaces/kube-system/configmaps/kubeadm-config';

    expect(await get(path, { headers: { authorization: `Bearer ${TOKEN}` } })).toMatchObject({ status: 200 });
    expect(await get(path, { headers: { authorization: 'Bearer abcdef.ffffffffffffffff' } })).toMatchObject({
      status: 401,
    });
    expect(await get(path, {})).toMatchObject({ status: 403 });
    expect(await get('/api/v1/namespaces/kube-public/configmaps/cluster-info', {})).toMatchObject({ status: 200 });
  });

  test('names the nodes, the endpoint and the service in its certificate', async () => {
    const peer = await new Promise<DetailedPeerCertificate>((resolve, reject) => {
      const socket = connect({ host, port, ca: world.pem('ca').certificate }, () => {
        resolve(socket.getPeerCertificate(true));
        socket.destroy();
      });
      socket.on('error', reject);
    });

    for (const name of ['DNS:node-1', 'DNS:kubernetes.default.svc', `IP Address:${host}`, 'IP Address:127.0.0.1']) {
      expect(peer.subjectaltname).toContain(name);
    }
  });

  async function endpoint(kubeconfig: string): Promise<KubeEndpoint> {
    const { server, caPem, user } = parseKubeconfig(kubeconfig);
    const client = user?.kind === 'certificate' ? { cert: user.certificatePem, key: user.privateKeyPem } : {};
    return { server, tls: { ca: caPem, ...client }, headers: async () => ({}) };
  }

  test('carries etcd in gRPC through port-forwards', async () => {
    const target = await endpoint(world.kubeconfig());
    const etcd = etcdOver((name, etcdPort) => openPortForward(target, { namespace: 'kube-system', name }, etcdPort), {
      etcd: world.pem('etcd'),
      ca: world.pem('ca'),
    });

    const members = await etcd.members({ namespace: 'default', name: 'dev' }, 'node-2');
    etcd.close();

    expect(members).toEqual(await world.guests.access.etcd(world.kubeconfig()).members('node-2'));
  });

  test('forwards ports to static pods, for who may', async () => {
    const pod = { namespace: 'kube-system', name: 'kube-apiserver-node-1' };
    const forwarded = await openPortForward(await endpoint(world.kubeconfig()), pod, port);

    const peer = await new Promise<string>((resolve, reject) => {
      const socket = connect({ socket: forwarded, ca: world.pem('ca').certificate, servername: 'node-1' }, () => {
        resolve(socket.getPeerCertificate().valid_to);
        socket.destroy();
      });
      socket.on('error', reject);
    });

    const expected = await world.guests.access.etcd(world.kubeconfig()).apiServerCertificateExpiry('node-1');
    expect(new Date(peer)).toEqual(expected);
    await expect(openPortForward(await endpoint(world.kubeconfig({ groups: [] })), pod, port)).rejects.toThrow('403');
    await expect(
      openPortForward(await endpoint(world.kubeconfig()), { ...pod, name: 'kube-apiserver-node-9' }, port),
    ).rejects.toThrow('404');
    const closed = await openPortForward(await endpoint(world.kubeconfig()), pod, 9999);
    await expect(once(closed, 'data')).rejects.toThrow('connection refused');
  });

  test('says that simulated pods run no containers to who asks for their logs', async () => {
    const path = '/api/v1/namespaces/kube-system/pods';

    expect(await get(`${path}/etcd-node-1/log`, clientCertificate())).toEqual({
      status: 501,
      body: expect.stringContaining('runs no containers'),
    });
    expect(await get(`${path}/etcd-node-9/log`, clientCertificate())).toMatchObject({ status: 404 });
  });

  test('is gone without a route, and back with one', async () => {
    world.setMembers();
    await world.guests.settled();
    await expect(get('/version', clientCertificate())).rejects.toMatchObject({ code: 'ECONNREFUSED' });

    world.setMembers(vm(1), vm(2));
    await world.guests.settled();
    await expect(get('/version', clientCertificate())).resolves.toMatchObject({ status: 200 });
  });

  test('needs a quorum: with one machine of two off nobody answers, and its watches end', async () => {
    const ended = new Promise((resolve) => {
      const call = request(
        {
          host,
          port,
          path: '/api/v1/nodes?watch=1',
          agent: false,
          ca: world.pem('ca').certificate,
          ...clientCertificate(),
        },
        (response) => {
          response.on('error', () => undefined);
          response.on('close', resolve);
          response.resume();
          world.guests.powerOff(vm(2));
        },
      );
      call.on('error', resolve);
      call.end();
    });

    await ended;
    await world.guests.settled();
    await expect(get('/version', clientCertificate())).rejects.toMatchObject({ code: 'ECONNREFUSED' });

    world.guests.powerOn(world.machine(2, world.userDataOf(2)), false);
    await until(async () => (await world.api.list(resources.nodes)).items.length === 2);
    await world.guests.settled();
    await expect(get('/version', clientCertificate())).resolves.toMatchObject({ status: 200 });
  });
});
