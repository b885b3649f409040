import { CloudStackCluster, CloudStackMachine, Cluster } from '../../../api/kinds';
import { conditionOf } from '../../../machinery/conditions';
import { World } from './world';

async function create(world: World): Promise<void> {
  await world.createCluster({ sync: true });
  await world.createMachine('cp-0', { controlPlane: true });
}

async function isShown(world: World): Promise<boolean> {
  const cluster = await world.get(CloudStackCluster, 'c1');
  const isSynced = cluster !== undefined && conditionOf(cluster, 'SyncedWithACS')?.status === 'True';
  return isSynced && (await members(world)).length === 1;
}

async function members(world: World): Promise<readonly unknown[]> {
  const answer = await world.cloud.access.connect(world.cloud.credentials).call('listKubernetesClusters', {});
  const rows = answer['kubernetescluster'];
  const [row] = Array.isArray(rows) ? rows : [];
  const machines: unknown =
    row !== null && typeof row === 'object' && !Array.isArray(row) ? row['virtualmachines'] : [];
  return Array.isArray(machines) ? machines : [];
}

async function deleteAll(world: World): Promise<void> {
  await world.delete(CloudStackCluster, 'c1');
  await world.delete(Cluster, 'c1').catch(() => undefined);
  await world.delete(CloudStackMachine, 'cp-0').catch(() => undefined);
}

async function isGone(world: World): Promise<boolean> {
  return (await world.list(CloudStackCluster)).length === 0;
}

/** All points take minutes on a busy machine; a third of them stands for all. */
const isThorough = process.env.CAPSTAN_KILL_EVERYWHERE === '1';

function points(first: number, last: number): readonly number[] {
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return isThorough ? all : all.filter((point) => point % 3 === 0);
}

// The record is made between requests 15 and 45 of a creation.
describe.each([points(10, 21), points(22, 33), points(34, 45)])(
  'killed after request %d, %d, … of a creation with a record in CloudStack',
  (...requests) => {
    test('there is one record with its machine, and deleting leaves nothing', async () => {
      for (const request of requests) {
        const world = await World.start({}, { kubernetesSync: true });
        world.killAfter(request);
        await create(world);
        await world.until('killed or done', async () => world.isKilled || (await isShown(world)), 30_000);
        await world.restart();
        await world.until('the record is complete', () => isShown(world));

        expect([request, world.cloud.inventory().KubernetesCluster.length]).toEqual([request, 1]);

        await deleteAll(world);
        await world.until('all is gone', () => isGone(world));
        expect([request, ...world.leftovers()]).toEqual([request]);
        await world.stop();
      }
    });
  },
);

describe.each([points(1, 12), points(13, 24)])(
  'killed after request %d, %d, … of a deletion with a record in CloudStack',
  (...requests) => {
    test('nothing is left', async () => {
      for (const request of requests) {
        const world = await World.start({}, { kubernetesSync: true });
        await create(world);
        await world.until('the record is complete', () => isShown(world));
        world.killAfter(request);
        await deleteAll(world);
        await world.until('killed or gone', async () => world.isKilled || (await isGone(world)), 30_000);
        await world.restart();
        await world.until('all is gone', () => isGone(world));

        expect([request, ...world.leftovers()]).toEqual([request]);
        await world.stop();
      }
    });
  },
);

test('an answer that was lost is looked for, not asked for twice', async () => {
  for (const effect of [true, false]) {
    const world = await World.start({}, { kubernetesSync: true });
    world.cloud.faults.loseAnswer({ command: 'createKubernetesCluster', effect });
    await create(world);
    await world.until('the record is complete', () => isShown(world));

    expect(world.cloud.inventory().KubernetesCluster).toHaveLength(1);
    await world.stop();
  }
});

test('a cluster that is moved without its status finds its record again', async () => {
  const world = await World.start({}, { kubernetesSync: true });
  await create(world);
  await world.until('the record is complete', () => isShown(world));
  await world.stop();
  const key = { namespace: 'default', name: 'c1' };
  const metadata = { finalizers: ['cloudstackcluster.infrastructure.cluster.x-k8s.io'] };
  await world.kube.patch(CloudStackCluster, key, { type: 'merge', patch: { metadata } });
  const status = { cloudStackClusterId: null };
  await world.kube.patch(CloudStackCluster, key, { type: 'merge', patch: { status } }, { subresource: 'status' });
  await world.run();
  await world.until('the record is known', async () => {
    const cluster = await world.get(CloudStackCluster, 'c1');
    return (cluster?.status?.cloudStackClusterId ?? '') !== '' && (cluster?.metadata.finalizers?.length ?? 0) === 2;
  });

  expect(world.cloud.inventory().KubernetesCluster).toHaveLength(1);
  await world.stop();
});
