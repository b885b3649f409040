import { CloudStackAffinityGroup, CloudStackCluster, CloudStackMachine, Machine } from '../../../api/kinds';
import { World } from './world';

let world: World;
beforeEach(async () => {
  world = await World.start();
  await world.createCluster();
  await world.untilReady(CloudStackCluster, 'c1');
});
afterEach(() => world.stop());

const anti = { spec: { affinity: 'anti' } };

async function groups() {
  return (await world.list(CloudStackAffinityGroup)).map(({ metadata }) => metadata);
}

async function remove(name: string): Promise<void> {
  await world.delete(CloudStackMachine, name);
  await world.delete(Machine, name);
}

test('a machine that comes while its group is going gets another group', async () => {
  await world.createMachine('md-0', anti);
  await world.untilReady(CloudStackMachine, 'md-0');
  const [before] = await groups();
  await world.clock.advance(90_000);
  await remove('md-0');
  await world.until('the group is going', async () => (await groups()).some((group) => group.deletionTimestamp));

  await world.createMachine('md-1', anti);
  await world.untilReady(CloudStackMachine, 'md-1');

  const [after] = await groups();
  expect(after?.name).toBe(before?.name);
  expect(after?.uid).not.toBe(before?.uid);
  expect(world.cloud.inventory().AffinityGroup).toHaveLength(1);
});

test('a machine that refers to a group which somebody deletes does not hold it', async () => {
  world.cloud.faults.outage(20_000);
  await world.createMachine('md-0', anti);
  await world.untilReason(CloudStackMachine, 'md-0', 'WaitingForAffinityGroup');
  const [group] = await groups();
  await world.delete(CloudStackAffinityGroup, group?.name ?? '');

  await world.untilReady(CloudStackMachine, 'md-0');

  expect((await groups()).map(({ uid }) => uid)).not.toContain(group?.uid);
});

test('a machine that runs holds its group until it is gone', async () => {
  await world.createMachine('md-0', anti);
  await world.untilReady(CloudStackMachine, 'md-0');
  const [group] = await groups();
  await world.delete(CloudStackAffinityGroup, group?.name ?? '');
  await world.clock.advance(30_000);
  expect((await groups()).map(({ uid }) => uid)).toEqual([group?.uid]);

  await remove('md-0');
  await world.until('nothing is left', async () => (await groups()).length === 0);
  expect(world.cloud.inventory().AffinityGroup).toEqual([]);
});

test('a group that somebody deletes in CloudStack is made anew for the next machine', async () => {
  await world.createMachine('md-0', anti);
  await world.untilReady(CloudStackMachine, 'md-0');
  const [group] = world.cloud.inventory().AffinityGroup;
  const user = world.cloud.access.connect(world.cloud.credentials);
  await user.call('deleteAffinityGroup', { id: group?.id ?? '' });
  await world.clock.advance(5000);
  expect(world.cloud.inventory().AffinityGroup).toEqual([]);

  await world.createMachine('md-1', anti);
  await world.untilReady(CloudStackMachine, 'md-1');

  const { AffinityGroup } = world.cloud.inventory();
  expect(AffinityGroup).toMatchObject([{ name: group?.name }]);
  for (const name of ['md-0', 'md-1']) await remove(name);
  await world.until('nothing is left', async () => (await groups()).length === 0);
  expect(world.cloud.inventory().AffinityGroup).toEqual([]);
});

test('a group whose first machine goes within the minute goes as well', async () => {
  await world.createMachine('md-0', anti);
  await world.untilReady(CloudStackMachine, 'md-0');
  await remove('md-0');

  await world.until('nothing is left', async () => (await groups()).length === 0);
  expect(world.cloud.inventory().AffinityGroup).toEqual([]);
});
