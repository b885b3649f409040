import { Cluster, Machine, MachineSet } from '../../../api/kinds';
import { type KubeApi, KubeUnreachable } from '../../../api/ports';
import type { KubeObject } from '../../../machinery/kube-object';
import { fencedApi } from '../../../reconciler/runtime';
import { DevCluster, DevMachine, DevMachineTemplate } from '../../traces/dev-kinds';
import { cluster, dev, INFRASTRUCTURE, names, namespace, withWorld } from './in-process-world';

function machineSet(annotations: { [key: string]: string } = {}): MachineSet {
  return MachineSet.withDefaults({
    apiVersion: MachineSet.apiVersion,
    kind: 'MachineSet',
    metadata: { name: 'set', namespace, annotations },
    spec: {
      clusterName: 'c',
      replicas: 2,
      selector: {},
      template: {
        spec: {
          clusterName: 'c',
          bootstrap: { dataSecretName: 'data' },
          infrastructureRef: { apiGroup: INFRASTRUCTURE, kind: 'DevMachineTemplate', name: 'template' },
        },
      },
    },
  });
}

test('a part that a killed attempt left behind is removed, and as many machines exist as are wanted', async () => {
  await withWorld(async (api, clock) => {
    await api.create(DevMachineTemplate, { ...dev(DevMachineTemplate, 'template'), kind: 'DevMachineTemplate' });
    const set = await api.create(MachineSet, machineSet());
    const owner = { apiVersion: set.apiVersion, kind: 'MachineSet', name: 'set', uid: set.metadata.uid ?? '' };
    await api.create<KubeObject>(DevMachine, dev(DevMachine, 'set-xxxxx', { ownerReferences: [owner] }));

    await api.create(Cluster, cluster());
    await clock.advance(5000);

    const machines = await names(api, Machine);
    expect(machines).toHaveLength(2);
    expect(await names(api, DevMachine)).toEqual(machines);
  });
});

test('a part that a killed attempt sent is removed as well when it arrives late and no machine is missing', async () => {
  await withWorld(async (api, clock) => {
    await api.create(DevMachineTemplate, { ...dev(DevMachineTemplate, 'template'), kind: 'DevMachineTemplate' });
    await api.create(Cluster, cluster());
    const set = await api.create(MachineSet, machineSet());
    await clock.advance(5000);
    const machines = await names(api, Machine);

    const owner = { apiVersion: set.apiVersion, kind: 'MachineSet', name: 'set', uid: set.metadata.uid ?? '' };
    await api.create<KubeObject>(DevMachine, dev(DevMachine, 'set-xxxxx', { ownerReferences: [owner] }));
    await clock.advance(5000);

    expect(await names(api, DevMachine)).toEqual(machines);
    expect(await names(api, Machine)).toEqual(machines);
  });
});

test('a machine whose creation was not answered keeps its parts, and none is made in its place', async () => {
  let unanswered = 1;
  const seen = (api: KubeApi): KubeApi => ({
    ...fencedApi(api, () => true),
    async patch(resource, key, body, options) {
      const answer = await api.patch(resource, key, body, options);
      const isCreation = resource.kind === 'Machine' && body.type === 'apply' && answer.metadata.generation === 1;
      if (isCreation && unanswered-- > 0) throw new KubeUnreachable('apply', new Error('connection reset'));
      return answer;
    },
  });
  await withWorld(
    async (api, clock) => {
      await api.create(DevMachineTemplate, { ...dev(DevMachineTemplate, 'template'), kind: 'DevMachineTemplate' });
      await api.create(Cluster, cluster());
      await api.create(MachineSet, machineSet());
      const made = new Set<string>();
      for (let second = 0; second < 30; second++) {
        await clock.advance(1000);
        for (const name of await names(api, Machine)) made.add(name);
      }

      expect(unanswered).toBeLessThan(1);
      expect(made.size).toBe(2);
      expect(await names(api, DevMachine)).toEqual([...made].sort());
    },
    { seen },
  );
});

test('a set whose template does not exist says so, and goes on when it appears', async () => {
  await withWorld(async (api, clock) => {
    await api.create<KubeObject>(DevCluster, dev(DevCluster, 'c'));
    await api.create(Cluster, cluster());
    await api.create(MachineSet, machineSet());
    await clock.advance(2000);
    const waiting = await api.get(MachineSet, { namespace, name: 'set' });
    expect(waiting.status?.conditions?.find(({ type }) => type === 'ScalingUp')?.message).toBe(
      'Scaling up from 0 to 2 replicas is blocked because:\n* DevMachineTemplate ns/template does not exist',
    );

    await api.create(DevMachineTemplate, { ...dev(DevMachineTemplate, 'template'), kind: 'DevMachineTemplate' });
    await clock.advance(1000);

    expect(await names(api, Machine)).toHaveLength(2);
  });
});

test('a set that waits for a control plane goes on when one without a version appears', async () => {
  await withWorld(async (api, clock) => {
    await api.create(DevMachineTemplate, { ...dev(DevMachineTemplate, 'template'), kind: 'DevMachineTemplate' });
    const { spec, ...rest } = cluster();
    const controlPlaneRef = { apiGroup: INFRASTRUCTURE, kind: 'DevCluster', name: 'managed' };
    await api.create(Cluster, { ...rest, spec: { ...spec, controlPlaneRef } });
    await api.create(MachineSet, machineSet());
    await clock.advance(2000);
    expect(await names(api, Machine)).toEqual([]);

    await api.create<KubeObject>(DevCluster, dev(DevCluster, 'managed'));
    await clock.advance(1000);

    expect(await names(api, Machine)).toHaveLength(2);
  });
});

test('a paused set creates nothing and says why; unpaused it goes on', async () => {
  await withWorld(async (api, clock) => {
    await api.create(DevMachineTemplate, { ...dev(DevMachineTemplate, 'template'), kind: 'DevMachineTemplate' });
    await api.create(Cluster, cluster());
    await api.create(MachineSet, machineSet({ 'cluster.x-k8s.io/paused': '' }));
    await clock.advance(2000);

    const paused = await api.get(MachineSet, { namespace, name: 'set' });
    expect(paused.metadata.finalizers).toBeUndefined();
    expect(paused.status?.conditions).toMatchObject([
      { type: 'Paused', status: 'True', message: 'MachineSet has the cluster.x-k8s.io/paused annotation' },
    ]);
    expect(await names(api, Machine)).toEqual([]);

    const patch = { metadata: { annotations: { 'cluster.x-k8s.io/paused': null } } };
    await api.patch(MachineSet, { namespace, name: 'set' }, { type: 'merge', patch });
    await clock.advance(1000);
    expect(await names(api, Machine)).toHaveLength(2);
  });
});

test('at rest nothing is written', async () => {
  await withWorld(async (api, clock) => {
    await api.create(DevMachineTemplate, { ...dev(DevMachineTemplate, 'template'), kind: 'DevMachineTemplate' });
    await api.create<KubeObject>(DevCluster, dev(DevCluster, 'c'));
    await api.create(Cluster, cluster());
    await api.create(MachineSet, machineSet());
    await clock.advance(10_000);
    const before = (await api.list(Machine)).resourceVersion;

    await clock.advance(3600_000);

    expect((await api.list(Machine)).resourceVersion).toBe(before);
  });
});

test('deleting a Cluster takes its machines, their infrastructure and itself', async () => {
  await withWorld(async (api, clock) => {
    await api.create(DevMachineTemplate, { ...dev(DevMachineTemplate, 'template'), kind: 'DevMachineTemplate' });
    await api.create<KubeObject>(DevCluster, dev(DevCluster, 'c'));
    await api.create(Cluster, cluster());
    await api.create(MachineSet, machineSet());
    await clock.advance(5000);

    await api.delete(Cluster, { namespace, name: 'c' });
    await clock.advance(5000);

    for (const resource of [Cluster, MachineSet, Machine, DevMachine, DevCluster, DevMachineTemplate]) {
      expect(await names(api, resource)).toEqual([]);
    }
  });
});

test('a set adopts the machines without an owner of its own cluster only', async () => {
  await withWorld(async (api, clock) => {
    await api.create(DevMachineTemplate, { ...dev(DevMachineTemplate, 'template'), kind: 'DevMachineTemplate' });
    await api.create(Cluster, cluster());
    for (const clusterName of ['c', 'other']) {
      await api.create(Machine, {
        apiVersion: Machine.apiVersion,
        kind: 'Machine',
        metadata: { name: `of-${clusterName}`, namespace, labels: { pool: 'a' } },
        spec: {
          clusterName,
          bootstrap: { dataSecretName: 'data' },
          infrastructureRef: { apiGroup: INFRASTRUCTURE, kind: 'DevMachine', name: `of-${clusterName}` },
        },
      });
    }
    const set = machineSet();
    set.spec.replicas = 0;
    set.spec.selector = { matchLabels: { pool: 'a' } };
    set.spec.template.metadata = { labels: { pool: 'a' } };
    await api.create(MachineSet, set);
    await clock.advance(5000);

    expect(await names(api, Machine)).toEqual(['of-other']);
    expect((await api.get(Machine, { namespace, name: 'of-other' })).metadata.ownerReferences).toBeUndefined();
  });
});

test('a set that would not select its own machines makes none, and says why', async () => {
  await withWorld(async (api, clock) => {
    await api.create(DevMachineTemplate, { ...dev(DevMachineTemplate, 'template'), kind: 'DevMachineTemplate' });
    await api.create(Cluster, cluster());
    const set = machineSet();
    set.spec.selector = { matchLabels: { pool: 'a' } };
    set.spec.template.metadata = { labels: { pool: 'b' } };
    await api.create(MachineSet, set);
    for (let step = 0; step < 5; step++) {
      await clock.advance(1000);
      await api.patch(
        MachineSet,
        { namespace, name: 'set' },
        {
          type: 'merge',
          patch: { metadata: { annotations: { step: String(step) } } },
        },
      );
    }

    expect(await names(api, Machine)).toEqual([]);
    const { status } = await api.get(MachineSet, { namespace, name: 'set' });
    expect(status?.conditions?.find(({ type }) => type === 'ScalingUp')?.message).toContain(
      'spec.selector does not match the labels of spec.template',
    );
  });
});
