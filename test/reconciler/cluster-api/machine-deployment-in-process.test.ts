import { Cluster, Machine, MachineDeployment, MachineSet } from '../../../api/kinds';
import type { KubeApi } from '../../../api/ports';
import type { VirtualClock } from '../../../machinery/virtual-clock';
import { DevMachine, DevMachineTemplate } from '../../traces/dev-kinds';
import { cluster, dev, INFRASTRUCTURE, names, namespace, type WorldOptions, withWorld } from './in-process-world';

const key = { namespace, name: 'pool' };
const FINALIZERS = ['machine.cluster.x-k8s.io'];

function deployment(): MachineDeployment {
  return MachineDeployment.withDefaults({
    apiVersion: MachineDeployment.apiVersion,
    kind: 'MachineDeployment',
    metadata: { name: key.name, namespace },
    spec: {
      clusterName: 'c',
      replicas: 2,
      selector: {},
      template: {
        metadata: { labels: { tier: 'bronze' } },
        spec: {
          clusterName: 'c',
          bootstrap: { dataSecretName: 'data' },
          infrastructureRef: { apiGroup: INFRASTRUCTURE, kind: 'DevMachineTemplate', name: 'template' },
        },
      },
    },
  });
}

async function withPool(
  test: (api: KubeApi, clock: VirtualClock) => Promise<void>,
  options: WorldOptions = {},
): Promise<void> {
  await withWorld(async (api, clock) => {
    await api.create(DevMachineTemplate, { ...dev(DevMachineTemplate, 'template'), kind: 'DevMachineTemplate' });
    await api.create(Cluster, cluster());
    await api.create(MachineDeployment, deployment());
    await clock.advance(10_000);
    await test(api, clock);
  }, options);
}

test('machines older than rollout.after are replaced when that time comes, without any other change', async () => {
  await withPool(async (api, clock) => {
    const before = await names(api, Machine);
    const after = new Date(clock.now() + 600_000).toISOString().replace(/\.\d+/, '');
    await api.patch(MachineDeployment, key, { type: 'merge', patch: { spec: { rollout: { after } } } });

    await clock.advance(590_000);
    const early = await names(api, Machine);
    await clock.advance(20_000);
    const late = await names(api, Machine);

    expect(early).toEqual(before);
    expect(late).toHaveLength(2);
    expect(late.filter((name) => before.includes(name))).toEqual([]);
  });
});

test.each([
  ['changes', { tier: 'gold' }],
  ['goes', { tier: null }],
  ['comes', { rack: '7' }],
])('when a label of the template %s, the same machines carry the change and none is made', async (_, labels) => {
  await withPool(async (api, clock) => {
    const machines = await names(api, Machine);
    const sets = await names(api, MachineSet);
    expect(machines).toHaveLength(2);

    await api.patch(MachineDeployment, key, { type: 'merge', patch: { spec: { template: { metadata: { labels } } } } });
    await clock.advance(3600_000);

    expect(await names(api, Machine)).toEqual(machines);
    expect(await names(api, DevMachine)).toEqual(machines);
    expect(await names(api, MachineSet)).toEqual(sets);
    const wanted = Object.entries(labels).map(([label, value]) => [label, value ?? undefined]);
    for (const { metadata } of (await api.list(Machine, { namespace })).items) {
      expect(wanted.map(([label]) => [label, metadata.labels?.[label ?? '']])).toEqual(wanted);
    }
  });
});

test('a label that changes while the pool grows leaves as many machines as are wanted', async () => {
  await withPool(async (api, clock) => {
    const patch = { spec: { replicas: 5, template: { metadata: { labels: { tier: 'gold' } } } } };
    await api.patch(MachineDeployment, key, { type: 'merge', patch });
    await clock.advance(3600_000);

    const { items } = await api.list(Machine, { namespace });
    expect(items.map(({ metadata }) => metadata.labels?.tier)).toEqual(Array(5).fill('gold'));
    expect(await names(api, MachineSet)).toHaveLength(1);
  });
});

test('a MachineSet that is deleted has its successor when its machines are gone, not before', async () => {
  await withPool(async (api, clock) => {
    const [before = ''] = await names(api, MachineSet);
    const machines = await names(api, Machine);
    for (const name of machines) {
      const patch = { metadata: { finalizers: ['test/held', ...FINALIZERS] } };
      await api.patch(Machine, { namespace, name }, { type: 'merge', patch });
    }

    await api.delete(MachineSet, { namespace, name: before });
    await clock.advance(60_000);
    expect(await names(api, MachineSet)).toEqual([before]);
    expect(await names(api, Machine)).toEqual(machines);

    for (const name of machines) {
      await api.patch(Machine, { namespace, name }, { type: 'merge', patch: { metadata: { finalizers: null } } });
    }
    await clock.advance(60_000);
    expect(await names(api, MachineSet)).not.toContain(before);
    expect(await names(api, MachineSet)).toHaveLength(1);
    expect(await names(api, Machine)).toHaveLength(2);
  });
});

test('a rollout at a time makes one MachineSet, although the clock of the API server is behind ours', async () => {
  await withPool(
    async (api, clock) => {
      const after = new Date(clock.now() + 600_000).toISOString().replace(/\.\d+/, '');
      await api.patch(MachineDeployment, key, { type: 'merge', patch: { spec: { rollout: { after } } } });

      await clock.advance(620_000);

      const { items } = await api.list(MachineSet, { namespace });
      const young = items.filter(({ metadata }) => (metadata.creationTimestamp ?? '') >= after);
      expect([items.length, young.length]).toEqual([2, 1]);
      expect(await names(api, Machine)).toHaveLength(2);
    },
    { aheadMs: 2500 },
  );
});

test('machines of an old MachineSet that is being deleted count as surge until they are gone', async () => {
  await withPool(async (api, clock) => {
    const [old = ''] = await names(api, MachineSet);
    for (const name of await names(api, Machine)) {
      const patch = { metadata: { finalizers: ['test/held', ...FINALIZERS] } };
      await api.patch(Machine, { namespace, name }, { type: 'merge', patch });
    }
    await api.create(DevMachineTemplate, { ...dev(DevMachineTemplate, 'next'), kind: 'DevMachineTemplate' });
    const patch = { spec: { template: { spec: { infrastructureRef: { name: 'next' } } } } };
    await api.patch(MachineDeployment, key, { type: 'merge', patch });
    await clock.advance(10_000);
    expect(await names(api, Machine)).toHaveLength(3);

    await api.delete(MachineSet, { namespace, name: old });
    await clock.advance(60_000);

    expect(await names(api, Machine)).toHaveLength(3);
  });
});

test('a pool that would not select its own MachineSets makes none, and says why', async () => {
  await withWorld(async (api, clock) => {
    await api.create(DevMachineTemplate, { ...dev(DevMachineTemplate, 'template'), kind: 'DevMachineTemplate' });
    await api.create(Cluster, cluster());
    const pool = deployment();
    pool.spec.selector = { matchLabels: { tier: 'gold' } };
    await api.create(MachineDeployment, pool);
    await clock.advance(10_000);

    expect(await names(api, MachineSet)).toEqual([]);
    const { status } = await api.get(MachineDeployment, key);
    expect(status?.conditions?.find(({ type }) => type === 'ScalingUp')?.message).toBe(
      'Scaling up from 0 to 2 replicas is blocked because:\n* spec.selector does not match the labels of spec.template',
    );
  });
});
