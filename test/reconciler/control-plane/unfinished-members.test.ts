import type { EtcdAdmin, EtcdMember } from '../../../api/ports';
import { judge } from './health-check';
import { clusterManifests } from './manifests';
import { World } from './world';

const namesOf = (world: World) => world.machines('control-plane').map(({ metadata }) => metadata.name);

/** What etcd says, seen through glass that the test can stain. */
class Glass {
  stain: (members: readonly EtcdMember[]) => readonly EtcdMember[] = (members) => members;
  readonly removed: string[] = [];

  readonly etcd = (real: EtcdAdmin): EtcdAdmin => ({
    ...real,
    members: async (cluster, node) => this.stain(await real.members(cluster, node)),
    removeMember: async (cluster, node, id) => {
      this.removed.push(id);
      if (id !== 'unstarted') await real.removeMember(cluster, node, id);
    },
  });
}

async function threeMachines(): Promise<{ world: World; glass: Glass }> {
  const glass = new Glass();
  const world = await World.start({ etcd: glass.etcd });
  await world.apply(...clusterManifests({ controlPlane: 3, workers: 0 }));
  await world.until(() => world.isStable(3));
  return { world, glass };
}

test('a machine whose etcd member never became a voter is replaced', async () => {
  const { world, glass } = await threeMachines();
  const [, , stuck = ''] = namesOf(world);
  glass.stain = (members) => members.map((one) => (one.name === stuck ? { ...one, isLearner: true } : one));

  await judge(world, stuck, 'unhealthy');
  await world.until(() => world.isStable(3) && !namesOf(world).includes(stuck));

  expect((await world.etcdMembers()).map(({ name }) => name).sort()).toEqual(namesOf(world).sort());
  await world.stop();
});

test('a member that was announced and never started is removed once every machine has its own', async () => {
  const { world, glass } = await threeMachines();
  const unstarted: EtcdMember = { id: 'unstarted', name: '', isLearner: true, peerUrls: [], clientUrls: [] };
  glass.stain = (members) => (glass.removed.includes('unstarted') ? members : [...members, unstarted]);

  await world.patchControlPlane({ version: 'v1.34.1' });
  await world.until(() => world.isStable(3, 'v1.34.1'), 900_000);

  expect(glass.removed[0]).toBe('unstarted');
  await world.stop();
});

test('a machine whose member was announced and never started is replaced', async () => {
  const { world, glass } = await threeMachines();
  const [, , dead = ''] = namesOf(world);
  const { id = '' } = (await world.etcdMembers()).find(({ name }) => name === dead) ?? {};
  glass.stain = (members) => members.map((one) => (one.id === id ? { ...one, name: '', isLearner: true } : one));

  await judge(world, dead, 'unhealthy');
  await world.until(() => world.isStable(3) && !namesOf(world).includes(dead));

  expect(glass.removed).toEqual([id]);
  await world.stop();
});

test('a member that has no name yet is let be while a machine waits for its own', async () => {
  const { world, glass } = await threeMachines();
  const [, , joining = ''] = namesOf(world);
  glass.stain = (members) => members.map((one) => (one.name === joining ? { ...one, name: '', isLearner: true } : one));

  await world.clock.advance(10 * 60_000);

  expect(glass.removed).toEqual([]);
  await world.stop();
});
