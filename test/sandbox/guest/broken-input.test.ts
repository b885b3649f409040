import { resources } from '../../../sandbox/guest/workload/resources';
import { type Boot, GuestWorld } from './guest-world';

/** A running control plane, then one more machine with something broken. */
async function withControlPlane(size = 1): Promise<GuestWorld> {
  const world = await GuestWorld.create();
  await world.controlPlane(size);
  return world;
}

async function expectNoNode(world: GuestWorld, n: number, reason: string | RegExp): Promise<void> {
  await world.clock.advance(900_000);
  expect(world.console(n)).toMatch(reason);
  expect(world.console(n)).toContain('Failed to run module scripts_user');
  expect(await world.names(resources.nodes)).not.toContain(`node-${n}`);
  expect(world.faults).toEqual([]);
}

const replace = (from: string | RegExp, to: string): Boot => ({ edit: (text) => text.replace(from, to) });

describe('a worker does not appear when', () => {
  test('its token is wrong', async () => {
    const world = await withControlPlane();

    world.joinWorker(4, {}, { token: 'abcdef.ffffffffffffffff' });

    await expectNoNode(world, 4, /failed to verify JWS signature/);
  });

  test('its token does not exist', async () => {
    const world = await withControlPlane();

    world.joinWorker(4, {}, { token: 'zzzzzz.0123456789abcdef' });

    await expectNoNode(world, 4, /could not find a JWS signature .* token ID "zzzzzz"/);
  });

  test('its token has expired', async () => {
    const world = await withControlPlane();
    await world.clock.advance(25 * 3_600_000);

    world.joinWorker(4);

    await expectNoNode(world, 4, /could not find a JWS signature/);
  });

  test('its CA hash is that of another CA', async () => {
    const world = await withControlPlane();

    world.joinWorker(4, {}, { hashes: [`sha256:${'0'.repeat(64)}`] });

    await expectNoNode(
      world,
      4,
      /cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "sha256:/,
    );
  });

  test('its endpoint leads nowhere', async () => {
    const world = await withControlPlane();

    world.joinWorker(4, {}, { endpoint: '127.64.0.99:6443' });

    await expectNoNode(world, 4, /dial tcp 127.64.0.99:6443: connect: connection refused/);
  });

  test('a command before kubeadm ends the script, although kubeadm itself would work', async () => {
    const world = await withControlPlane();

    world.joinWorker(4, replace('swapoff -a', 'exit 3'));

    await expectNoNode(world, 4, /Failed to run module scripts_user/);
    expect(world.console(4)).not.toContain('kubeadm:');
  });

  test('its kubeadm does not know the configuration API', async () => {
    const world = await withControlPlane();

    world.joinWorker(4, { template: 'kube-v1.30.5' });

    await expectNoNode(world, 4, /no kind "JoinConfiguration" is registered for version "kubeadm.k8s.io\/v1beta4"/);
  });

  test('its kubeadm is two minor versions newer than the cluster', async () => {
    const world = await GuestWorld.create();
    world.version = 'v1.32.4';
    await world.controlPlane(1);

    world.joinWorker(4, { template: 'kube-v1.34.2' });

    await expectNoNode(world, 4, /only supports deploying clusters with the control plane version >= v1.33.0/);
  });

  test('its configuration has a field that kubeadm does not know', async () => {
    const world = await withControlPlane();

    world.joinWorker(4, replace('kind: JoinConfiguration', 'kind: JoinConfiguration\n      nodeRegistraton: {}'));

    await expectNoNode(world, 4, /unknown field "nodeRegistraton"/);
  });

  test('its kubeadm file is not where the command looks for it', async () => {
    const world = await withControlPlane();

    world.joinWorker(4, replace('--config /run/kubeadm/', '--config /tmp/kubeadm/'));

    await expectNoNode(world, 4, /open \/tmp\/kubeadm\/kubeadm-join-config.yaml: no such file or directory/);
  });
});

test('user data whose compression is broken start nothing', async () => {
  const world = await GuestWorld.create();
  const machine = world.machine(1, '#cloud-config\n');
  const bytes = Buffer.from(machine.userData, 'base64');
  bytes.writeUInt8(0xff, 15);

  world.guests.powerOn({ ...machine, userData: bytes.toString('base64') }, true);
  world.setMembers(machine.id);
  await world.clock.advance(900_000);

  expect(world.console(1)).toContain('Failed to decompress user data');
  expect(world.console(1)).not.toContain('kubeadm:');
  await expect(world.api.list(resources.nodes)).rejects.toThrow('connection refused');
});

test('a CA whose key belongs to another certificate stops kubeadm init', async () => {
  const world = await GuestWorld.create();
  const { api } = world;
  world.certificates.set('ca', { ...world.pem('ca'), key: world.pem('etcd').key });

  world.init(1);
  await world.clock.advance(900_000);

  expect(world.console(1)).toContain('certs/ca: failure loading ca certificate: /etc/kubernetes/pki/ca.crt');
  expect(world.console(1)).toContain('do not belong together');
  await expect(api.list(resources.nodes)).rejects.toThrow('connection refused');
});

test('a configuration that asks for a much older control plane stops kubeadm init', async () => {
  const world = await GuestWorld.create();
  world.version = 'v1.31.0';

  world.init(1, { template: 'kube-v1.34.2' });
  await world.clock.advance(900_000);

  expect(world.console(1)).toContain('only supports deploying clusters with the control plane version >= v1.33.0');
});

describe('a control-plane machine does not join when', () => {
  const removeFile = (path: string): Boot => replace(new RegExp(`path: *"?${path}"?\n`), 'path: /elsewhere\n');

  test.each([
    ['/etc/kubernetes/pki/ca.crt', /failure loading certificate for CA/],
    ['/etc/kubernetes/pki/sa.key', /failure loading key for service account/],
    ['/etc/kubernetes/pki/etcd/ca.crt', /failure loading certificate for etcd CA/],
  ])('%s is not on its disk', async (path, reason) => {
    const world = await withControlPlane();

    world.joinControlPlane(2, removeFile(path));

    await expectNoNode(world, 2, reason);
  });

  test('its CA is not the one of the cluster', async () => {
    const world = await withControlPlane();
    const hash = world.caHash;
    const other = await GuestWorld.create();
    const { certificate, key } = world.pem('ca');
    world.certificates.set('ca', other.pem('etcd'));

    world.joinControlPlane(2, { edit: (text) => text.replace(world.caHash, hash) });
    world.certificates.set('ca', { certificate, key });

    await expectNoNode(world, 2, /certificate signed by unknown authority/);
  });

  test('a member of the etcd cluster is down', async () => {
    const world = await withControlPlane(2);
    world.joinControlPlane(3);
    await world.clock.advance(600_000);
    world.guests.powerOff('00000000-0000-4000-8000-000000000002');

    world.joinControlPlane(4);

    await expectNoNode(world, 4, /etcd cluster is not healthy: failed to dial endpoint https:\/\/10.1.1.2:2379/);
  });
});
