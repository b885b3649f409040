import { CloudStackMachine, Machine } from '../../api/kinds';
import type { TypedResource } from '../../api/ports';
import { why } from '../../cli/view/why';
import { conditionOf } from '../../machinery/conditions';
import type { KubeObject } from '../../machinery/kube-object';
import { clusterObjects } from '../e2e/definitions';
import { FaultyWorld } from '../e2e/faulty-world';
import { CountingApi } from '../reconciler/control-plane/counting-api';
import { condition, object, SINCE, snapshotOf } from './plain-objects';

const FOREIGN = 'example.com/foo';
const cluster = object('Cluster', 'dev', undefined, condition('Available', 'True', 'Available'));
const deletingCondition = condition('Deleting', 'True', 'DeletionCompleted', 'Deletion completed');

function deleted(subject: KubeObject, ...finalizers: string[]): KubeObject {
  return { ...subject, metadata: { ...subject.metadata, deletionTimestamp: SINCE, finalizers } };
}

const ask = async (...objects: KubeObject[]) => why(await snapshotOf(cluster, ...objects), cluster);
const goingMachine = object('Machine', 'a', 'MachineSet/dev-a-1', deletingCondition);

test('the finalizer of somebody else is named, for each who has one', async () => {
  expect((await ask(deleted(goingMachine, FOREIGN)))?.nextStep).toBe(
    'it waits for the finalizer example.com/foo, which belongs to somebody else: see why that program does not remove it',
  );
  expect((await ask(deleted(goingMachine, FOREIGN, 'bar.example.org')))?.nextStep).toMatch(
    /^it waits for the finalizers example.com\/foo, bar.example.org, which belong to somebody else: see why those/,
  );
});

test.each([
  'machine.cluster.x-k8s.io',
  'cluster.x-k8s.io/machineset',
  'cloudstackmachine.infrastructure.cluster.x-k8s.io',
  'capstan.dev/fleet',
])('while %s is there, the work goes on', async (finalizer) => {
  expect((await ask(deleted(goingMachine, FOREIGN, finalizer)))?.nextStep).toMatch(
    /^nothing: this is work in progress/,
  );
});

test('what an object said before it was let go is not repeated', async () => {
  const stale = condition('Deleting', 'True', 'WaitingForInfrastructureDeletion', 'Waiting for CloudStackCluster');
  const going = deleted(object('Cluster', 'dev', undefined, stale), FOREIGN);

  const blocking = why(await snapshotOf(going), going);

  expect(blocking).toMatchObject({ reason: 'DeletionCompleted', message: 'Deletion completed' });
  expect(blocking?.nextStep).toContain(FOREIGN);
});

test('a name that only ends alike is not ours', async () => {
  expect((await ask(deleted(goingMachine, 'evilcluster.x-k8s.io/a')))?.nextStep).toContain('belongs to somebody else');
});

test('an object without any word of its own is named by its finalizer, not by what waits for it', async () => {
  const waiting = condition('Deleting', 'True', 'WaitingForBootstrapDeletion', 'Waiting for KubeadmConfig');
  const machine = deleted(object('Machine', 'a', 'MachineSet/dev-a-1', waiting), 'machine.cluster.x-k8s.io');
  const config = deleted(object('KubeadmConfig', 'a', 'Machine/a', condition('Ready', 'True', 'Ready')), FOREIGN);

  const blocking = await ask(machine, config);

  expect(blocking).toMatchObject({ object: 'KubeadmConfig default/a', condition: 'Deleting', since: SINCE });
  expect(blocking?.nextStep).toContain(FOREIGN);
});

test('what Kubernetes deletes first is waited for', async () => {
  expect((await ask(deleted(goingMachine, 'foregroundDeletion')))?.nextStep).toMatch(/^wait: Kubernetes deletes what/);
});

test('a worker and its VM that somebody else keeps say so, and cost nothing while they wait', async () => {
  let requests: CountingApi['seen'] = [];
  const world = await FaultyWorld.begin({
    loopsApi: (api) => {
      const counting = new CountingApi(api);
      requests = counting.seen;
      return counting;
    },
  });
  try {
    await world.apply(clusterObjects('dev'));
    await world.untilReady();
    const { machines } = await world.snapshot();
    const worker = machines.find(({ metadata }) => metadata.name.includes('general'));
    const key = { namespace: 'default', name: worker?.metadata.name ?? '' };
    const keep = (resource: TypedResource, finalizers: string[]) =>
      world.api.patch(resource, key, { type: 'merge', patch: { metadata: { finalizers } } });
    const kept: readonly TypedResource[] = [Machine, CloudStackMachine];
    for (const resource of kept) {
      const { finalizers = [] } = (await world.api.get(resource, key)).metadata;
      await keep(resource, [...finalizers, FOREIGN]);
    }

    await world.api.delete(Machine, key);
    const byVm = await world.told('DeletionCompleted');
    expect(byVm.blocking).toBe(`CloudStackMachine default/${key.name}`);
    await world.clock.advance(1000);
    expect(conditionOf(await world.api.get(CloudStackMachine, key), 'Ready')).toMatchObject({
      reason: 'Deleting',
      message: 'deletion completed: the VM is gone',
    });
    expect(byVm.next).toContain(`the finalizer ${FOREIGN}`);

    await keep(CloudStackMachine, []);
    await world.clock.advance(1000);
    const byMachine = await world.told('DeletionCompleted');
    expect(byMachine.blocking).toBe(`Machine default/${key.name}`);
    expect(conditionOf(await world.api.get(Machine, key), 'Deleting')?.reason).toBe('DeletionCompleted');
    expect(byMachine.next).toContain(`the finalizer ${FOREIGN}`);

    await world.clock.advance(60_000);
    const before = requests.length;
    await world.clock.advance(300_000);
    expect(requests.slice(before).filter(({ name }) => name === key.name)).toEqual([]);
    expect((await world.api.get(Machine, key)).metadata.finalizers).toEqual([FOREIGN]);
  } finally {
    await world.close();
  }
});
