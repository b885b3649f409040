import { CloudStackCluster, CloudStackMachine, Cluster } from '../../../api/kinds';
import { World } from './world';

/** Names of things in CloudStack; one name twice is a duplicate. */
function names(world: World): readonly string[] {
  const { VirtualMachine, Network, LoadBalancerRule, PublicIpAddress } = world.cloud.inventory();
  return [
    ...VirtualMachine.map(({ name }) => `machine ${name}`),
    ...Network.map(({ name }) => `network ${name}`),
    ...LoadBalancerRule.map(({ name }) => `rule ${name}`),
    ...PublicIpAddress.map(() => 'address'),
  ].sort();
}

const complete = ['address', 'machine cp-0', 'machine md-0', 'network net-1', 'rule Kubernetes_API_Server'];

async function create(world: World): Promise<void> {
  await world.createCluster();
  await world.createMachine('cp-0', { controlPlane: true });
  await world.createMachine('md-0');
}

async function untilComplete(world: World): Promise<void> {
  for (const name of ['cp-0', 'md-0']) await world.untilReady(CloudStackMachine, name);
  await world.untilReady(CloudStackCluster, 'c1');
}

async function deleteAll(world: World): Promise<void> {
  await world.delete(CloudStackCluster, 'c1');
  await world.delete(Cluster, 'c1').catch(() => undefined);
  for (const name of ['cp-0', 'md-0']) await world.delete(CloudStackMachine, name);
}

async function isGone(world: World): Promise<boolean> {
  return (await world.list(CloudStackCluster)).length === 0;
}

/** All points take minutes on a busy machine; a third of them stands for all. */
const isThorough = process.env.CAPSTAN_KILL_EVERYWHERE === '1';
if (!isThorough) console.info('every third point only; CAPSTAN_KILL_EVERYWHERE=1 kills after each request');

function points(first: number, last: number): readonly number[] {
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return isThorough ? all : all.filter((point) => point % 3 === 0);
}

/** Where the run is over before the kill, the kill is at rest: nothing to see, but nothing wrong either. */
async function runUntilKilledOr(world: World, ask: () => Promise<boolean>): Promise<void> {
  await world.until('killed or done', async () => world.isKilled || (await ask()), 30_000);
}

// Later points come after the end of the creation, which takes about 50 requests.
describe.each([points(1, 10), points(11, 20), points(21, 30), points(31, 40), points(41, 52)])(
  'killed after request %d, %d, … of a creation',
  (...requests) => {
    test('there is one of everything, and deleting leaves nothing', async () => {
      for (const request of requests) {
        const world = await World.start();
        world.killAfter(request);
        await create(world);
        await runUntilKilledOr(world, async () => (await world.ready(CloudStackMachine, 'cp-0'))?.status === 'True');
        await world.restart();
        await untilComplete(world);

        expect([request, ...names(world)]).toEqual([request, ...complete]);

        await deleteAll(world);
        await world.until('all is gone', () => isGone(world));
        expect([request, ...world.leftovers()]).toEqual([request]);
        await world.stop();
      }
    });
  },
);

describe.each([points(1, 12), points(13, 24), points(25, 36)])(
  'killed after request %d, %d, … of a deletion',
  (...requests) => {
    test('nothing is left', async () => {
      for (const request of requests) {
        const world = await World.start();
        await create(world);
        await untilComplete(world);
        world.killAfter(request);
        await deleteAll(world);
        await runUntilKilledOr(world, () => isGone(world));
        await world.restart();
        await world.until('all is gone', () => isGone(world));

        expect([request, ...world.leftovers()]).toEqual([request]);
        await world.stop();
      }
    });
  },
);
