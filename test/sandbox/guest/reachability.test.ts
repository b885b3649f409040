import { KubeError, KubeUnreachable } from '../../../api/ports';
import { resources } from '../../../sandbox/guest/workload/resources';
import { ENDPOINT, GuestWorld, readyOf } from './guest-world';

const vm = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;

describe('the API of a workload cluster', () => {
  let world: GuestWorld;
  beforeEach(async () => {
    world = await GuestWorld.create();
    await world.controlPlane(1);
  });

  const list = () => world.api.list(resources.nodes);

  test('answers only while a route leads to a running control-plane machine', async () => {
    await expect(list()).resolves.toBeDefined();

    world.setMembers();
    await expect(list()).rejects.toThrow(KubeUnreachable);
    world.setMembers(vm(1));
    await expect(list()).resolves.toBeDefined();
    world.guests.powerOff(vm(1));
    await expect(list()).rejects.toThrow(KubeUnreachable);
  });

  test('is not found at a port where the API server does not listen', async () => {
    const targets = [{ machineId: vm(1), port: 443 }];

    world.guests.setRoutes([{ publicIp: ENDPOINT.host, publicPort: ENDPOINT.port, targets }]);

    await expect(list()).rejects.toThrow('connection refused');
  });

  test('cuts watches when the route goes, and serves them again when it is back', async () => {
    const events: string[] = [];
    const abort = new AbortController();
    const watch = async () => {
      for await (const event of world.api.watch(resources.nodes, {}, abort.signal)) events.push(event.type);
    };
    const first = watch();
    await world.clock.settle();

    world.setMembers();

    await expect(first).rejects.toThrow(KubeUnreachable);
    expect(events).toEqual(['ADDED']);
    world.setMembers(vm(1));
    const second = watch();
    await world.clock.settle();
    abort.abort();
    await second;
    expect(events).toEqual(['ADDED', 'ADDED']);
  });

  test("refuses a client that does not trust the cluster's CA", async () => {
    const { api } = world.guests.access.connect(world.kubeconfig({ ca: world.pem('etcd').certificate }));

    await expect(api.list(resources.nodes)).rejects.toThrow('certificate signed by unknown authority');
  });

  test('does not know a client certificate of another CA', async () => {
    const { api } = world.guests.access.connect(world.kubeconfig({ signer: world.pem('etcd') }));

    await expect(api.list(resources.nodes)).rejects.toThrow('Unauthorized');
  });

  test('lets a client without groups do nothing', async () => {
    const { api } = world.guests.access.connect(world.kubeconfig({ groups: [] }));

    await expect(api.list(resources.nodes)).rejects.toThrow(KubeError);
    await expect(api.list(resources.nodes)).rejects.toThrow('forbidden');
  });

  test('is probed without rights', async () => {
    const channel = world.guests.access.connect(world.kubeconfig({ groups: [] }));

    await expect(channel.probe(new AbortController().signal)).resolves.toBeUndefined();
  });
});

describe('a machine that is powered off', () => {
  test('is NotReady after forty seconds and Ready again after the next boot', async () => {
    const world = await GuestWorld.create();
    await world.controlPlane(1);
    world.joinWorker(4);
    await world.clock.advance(600_000);

    world.guests.powerOff(vm(4));
    await world.clock.advance(39_000);
    expect(await world.readyNodes()).toContain('node-4');
    await world.clock.advance(2000);

    const silent = await world.api.get(resources.nodes, { namespace: '', name: 'node-4' });
    expect(readyOf(silent)).toBe('Unknown');
    expect(JSON.stringify(silent['spec'])).toContain('node.kubernetes.io/unreachable');
    world.guests.powerOn(world.machine(4, ''), false);
    await world.clock.advance(600_000);
    const back = await world.api.get(resources.nodes, { namespace: '', name: 'node-4' });
    expect(readyOf(back)).toBe('True');
    expect(back.metadata.uid).toBe(silent.metadata.uid);
    expect(JSON.stringify(back['spec'])).not.toContain('unreachable');
  });

  test('leaves a Node behind when it is destroyed; deleting the Node takes its pods along', async () => {
    const world = await GuestWorld.create();
    await world.controlPlane(1);
    world.joinWorker(4);
    await world.clock.advance(600_000);

    world.guests.destroy(vm(4));
    await world.clock.advance(60_000);
    const node = await world.api.get(resources.nodes, { namespace: '', name: 'node-4' });
    await world.api.delete(resources.nodes, { namespace: '', name: 'node-4' });
    await world.clock.advance(60_000);

    expect(readyOf(node)).toBe('Unknown');
    expect(await world.names(resources.nodes)).toEqual(['node-1']);
    const { items } = await world.api.list(resources.pods);
    expect(items.filter((pod) => JSON.stringify(pod['spec']).includes('node-4'))).toEqual([]);
  });

  test('a Node that is deleted while its machine runs stays deleted', async () => {
    const world = await GuestWorld.create();
    await world.controlPlane(1);
    world.joinWorker(4);
    await world.clock.advance(600_000);

    await world.api.delete(resources.nodes, { namespace: '', name: 'node-4' });
    await world.clock.advance(600_000);

    expect(await world.names(resources.nodes)).toEqual(['node-1']);
  });
});

describe('etcd', () => {
  test('loses its quorum, and with it the API, when two of three machines are off; one is enough to come back', async () => {
    const world = await GuestWorld.create();
    await world.controlPlane(3);

    world.guests.powerOff(vm(1));
    await expect(world.api.list(resources.nodes)).resolves.toBeDefined();
    world.guests.powerOff(vm(2));
    await expect(world.api.list(resources.nodes)).rejects.toThrow(KubeUnreachable);
    world.guests.powerOn(world.machine(2, ''), false);
    await world.clock.advance(600_000);

    await expect(world.api.list(resources.nodes)).resolves.toBeDefined();
    expect(await world.readyNodes()).toEqual(['node-2', 'node-3']);
  });

  test('keeps the member of a destroyed machine until it is removed', async () => {
    const world = await GuestWorld.create();
    await world.controlPlane(3);
    const etcd = world.guests.access.etcd(world.kubeconfig());
    const [first] = await etcd.members('node-2');

    world.guests.destroy(vm(1));
    const left = await etcd.members('node-2');
    await etcd.removeMember('node-2', first?.id ?? '');

    expect(left.map((member) => member.name)).toEqual(['node-1', 'node-2', 'node-3']);
    expect((await etcd.members('node-3')).map((member) => member.name)).toEqual(['node-2', 'node-3']);
    await expect(etcd.members('node-1')).rejects.toThrow();
  });

  test('hands leadership over, lets members go, and stops the API server of a machine that left', async () => {
    const world = await GuestWorld.create();
    await world.controlPlane(3);
    const etcd = world.guests.access.etcd(world.kubeconfig());
    const [first, second] = await etcd.members('node-1');

    await etcd.moveLeader('node-1', second?.id ?? '');
    await etcd.removeMember('node-2', first?.id ?? '');
    world.setMembers(vm(1));

    await expect(world.api.list(resources.nodes)).rejects.toThrow(KubeUnreachable);
    world.setMembers(vm(2));
    expect(await etcd.status('node-3')).toMatchObject({ leaderId: second?.id });
  });
});
