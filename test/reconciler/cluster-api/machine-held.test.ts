import { Cluster, Machine } from '../../../api/kinds';
import type { KubeApi } from '../../../api/ports';
import { conditionOf } from '../../../machinery/conditions';
import type { KubeObject } from '../../../machinery/kube-object';
import { DevCluster, DevMachine } from '../../traces/dev-kinds';
import { cluster, dev, INFRASTRUCTURE, names, namespace, withWorld } from './in-process-world';

const FOREIGN = 'example.com/foo';
const key = { namespace, name: 'm' };

async function createMachine(
  api: KubeApi,
  finalizers: string[],
  annotations?: { [key: string]: string },
): Promise<void> {
  await api.create<KubeObject>(DevCluster, dev(DevCluster, 'c'));
  await api.create(Cluster, cluster());
  await api.create<KubeObject>(DevMachine, dev(DevMachine, 'm'));
  await api.create(Machine, {
    apiVersion: Machine.apiVersion,
    kind: 'Machine',
    metadata: { ...key, finalizers, annotations },
    spec: {
      clusterName: 'c',
      bootstrap: { dataSecretName: 'data' },
      infrastructureRef: { apiGroup: INFRASTRUCTURE, kind: 'DevMachine', name: 'm' },
    },
  });
}

test('a Machine that only a finalizer of somebody else keeps says that its deletion is completed, once', async () => {
  await withWorld(async (api, clock) => {
    await createMachine(api, [FOREIGN]);
    await clock.advance(5000);

    await api.delete(Machine, key);
    await clock.advance(5000);

    const machine = await api.get(Machine, key);
    expect(machine.metadata.finalizers).toEqual([FOREIGN]);
    expect(conditionOf(machine, 'Deleting')).toMatchObject({
      status: 'True',
      reason: 'DeletionCompleted',
      message: 'Deletion completed',
    });
    expect(conditionOf(machine, 'Ready')?.message).toContain('stage: DeletionCompleted');
    expect(await names(api, DevMachine)).toEqual([]);

    await clock.advance(600_000);
    expect((await api.get(Machine, key)).metadata.resourceVersion).toBe(machine.metadata.resourceVersion);
  });
});

test('a Machine that nobody else keeps is gone, and its completed deletion is never written', async () => {
  await withWorld(async (api, clock) => {
    await createMachine(api, []);
    await clock.advance(5000);
    const told: (string | undefined)[] = [];
    const watching = new AbortController();
    const watched = record(api, watching.signal, told);

    await api.delete(Machine, key);
    await clock.advance(5000);
    watching.abort();
    await watched;

    expect(await names(api, Machine)).toEqual([]);
    expect(told).toContain('NotDeleting');
    expect(told).not.toContain('DeletionCompleted');
  });
});

test('a Cluster in deletion stays until a Machine is gone that was paused before it was ever looked at', async () => {
  await withWorld(async (api, clock) => {
    await createMachine(api, [FOREIGN], { 'cluster.x-k8s.io/paused': '' });
    await clock.advance(5000);

    await api.delete(Cluster, { namespace, name: 'c' });
    await clock.advance(5000);
    expect(await names(api, Cluster)).toEqual(['c']);
    expect(await names(api, DevCluster)).toEqual(['c']);

    const metadata = { annotations: null, finalizers: null };
    await api.patch(Machine, key, { type: 'merge', patch: { metadata } });
    await clock.advance(5000);
    for (const resource of [Machine, Cluster, DevCluster]) expect(await names(api, resource)).toEqual([]);
  });
});

async function record(api: KubeApi, signal: AbortSignal, told: (string | undefined)[]): Promise<void> {
  for await (const event of api.watch(Machine, { namespace }, signal))
    if (event.type === 'MODIFIED' || event.type === 'ADDED' || event.type === 'DELETED')
      told.push(conditionOf(event.object, 'Deleting')?.reason);
}
