import { Machine, Pod } from '../../../api/kinds';
import { type EtcdAdmin, EtcdUnavailable } from '../../../api/ports';
import { conditionOf } from '../../../machinery/conditions';
import { judge } from './health-check';
import { clusterManifests } from './manifests';
import { NAMESPACE, World } from './world';

const namesOf = (world: World) => world.machines('control-plane').map(({ metadata }) => metadata.name);

test('an unhealthy machine that leads etcd and cannot be asked is replaced, and another one leads', async () => {
  let mute: string | undefined;
  const etcd = (real: EtcdAdmin): EtcdAdmin => {
    const unless = <T>(cluster: { namespace: string; name: string }, node: string, ask: () => Promise<T>) =>
      node === mute ? Promise.reject(new EtcdUnavailable(cluster, node, new Error('no kubelet'))) : ask();
    return {
      members: (cluster, node) => unless(cluster, node, () => real.members(cluster, node)),
      status: (cluster, node) => unless(cluster, node, () => real.status(cluster, node)),
      alarms: (cluster, node) => unless(cluster, node, () => real.alarms(cluster, node)),
      moveLeader: (cluster, node, to) => unless(cluster, node, () => real.moveLeader(cluster, node, to)),
      removeMember: (cluster, node, id) => unless(cluster, node, () => real.removeMember(cluster, node, id)),
    };
  };
  let port: EtcdAdmin | undefined;
  const world = await World.start({
    etcd: (real) => {
      port = real;
      return etcd(real);
    },
  });
  await world.apply(...clusterManifests({ controlPlane: 3, workers: 0 }));
  await world.until(() => world.isStable(3));
  const [any = ''] = namesOf(world);
  const status = await port?.status({ namespace: NAMESPACE, name: 'c' }, any);
  const leader = (await world.etcdMembers()).find(({ id }) => id === status?.leaderId)?.name ?? '';

  mute = leader;
  await judge(world, leader, 'unhealthy');
  await world.until(() => world.isStable(3) && !namesOf(world).includes(leader));

  expect((await world.etcdMembers()).map(({ name }) => name).sort()).toEqual(namesOf(world).sort());
  await world.stop();
});

test('a machine that was told to go stays while no other one runs a whole control plane', async () => {
  const world = await World.start();
  await world.apply(...clusterManifests({ controlPlane: 3, workers: 0 }));
  await world.until(() => world.isStable(3));
  const [going = '', ...others] = namesOf(world);
  const workload = await world.workload();
  const scheduler = (node: string) => ({ namespace: 'kube-system', name: `kube-scheduler-${node}` });
  const finalize = (node: string, finalizers: readonly string[]) =>
    workload.patch(Pod, scheduler(node), { type: 'merge', patch: { metadata: { finalizers } } });
  const [saved = ''] = others;
  const { spec, status, ...pod } = await workload.get(Pod, scheduler(saved));
  for (const node of others) {
    await finalize(node, ['test/held']);
    await workload.delete(Pod, scheduler(node));
  }
  await world.clock.advance(5_000);

  await world.api.delete(Machine, { namespace: NAMESPACE, name: going });
  await world.clock.advance(60_000);
  const waiting = await world.api.get(Machine, { namespace: NAMESPACE, name: going });
  const members = await world.etcdMembers();
  await finalize(saved, []);
  await workload.create(Pod, { ...pod, metadata: scheduler(saved), spec });
  await workload.patch(Pod, scheduler(saved), { type: 'merge', patch: { status } }, { subresource: 'status' });
  await world.until(() => !namesOf(world).includes(going));

  expect(conditionOf(waiting, 'Deleting')?.reason).toBe('WaitingForPreTerminateHook');
  expect(members).toHaveLength(3);
  await world.stop();
});

describe.each([
  ['at once', 0],
  ['late', 400],
])('where etcd answers %s', (_, lateMs) => {
  test.each([600, 1000, 1300, 1700])(
    'a machine that is told to go %d ms after it was provisioned takes no member of etcd with it',
    async (delayMs) => {
      const late = (real: EtcdAdmin): EtcdAdmin => ({
        ...real,
        members: async (cluster, node) => {
          const members = await real.members(cluster, node);
          if (lateMs > 0) await world.clock.sleep(lateMs);
          return members;
        },
      });
      const world: World = await World.start({ destroyMs: 1000, etcd: late });
      await world.apply(...clusterManifests({ controlPlane: 1, workers: 0, version: 'v1.33.4' }));
      await world.until(() => world.isStable(1));
      const [staying] = namesOf(world);

      await world.apply(...clusterManifests({ controlPlane: 1, workers: 0, version: 'v1.33.5' }));
      const isProvisioned = ({ metadata, spec }: Machine) => metadata.name !== staying && spec.providerID !== undefined;
      await world.until(() => world.machines('control-plane').some(isProvisioned));
      await world.clock.advance(delayMs);
      await world.apply(...clusterManifests({ controlPlane: 1, workers: 0, version: 'v1.33.4' }));
      await world.clock.advance(1000);
      await world.until(() => world.isStable(1));

      expect((await world.etcdMembers()).map(({ name }) => name)).toEqual(namesOf(world));
      await world.stop();
    },
  );
});
