import fc from 'fast-check';
import { MachineDeployment, Node, type Taint } from '../../../api/kinds';
import {
  type MachineTaint,
  taintsAsIntended,
  trackedTaints,
} from '../../../reconciler/cluster-api/machine/node-taints';
import { clusterManifests } from '../control-plane/manifests';
import { CLUSTER, NAMESPACE, World } from '../control-plane/world';

const always: MachineTaint = { key: 'pool', value: 'gpu', effect: 'NoSchedule', propagation: 'Always' };
const once: MachineTaint = { key: 'example.com/warming', effect: 'NoExecute', propagation: 'OnInitialization' };
const foreign: Taint = { key: 'foreign', effect: 'NoSchedule' };
const onNode = ({ propagation: _propagation, ...taint }: MachineTaint): Taint => taint;

test('a new node gets all taints of its machine, and only those to be kept are tracked', () => {
  const wanted = [always, once];

  expect(taintsAsIntended([foreign], { wanted, tracked: undefined, outdated: undefined })).toEqual([
    foreign,
    onNode(always),
    onNode(once),
  ]);
  expect(trackedTaints(wanted)).toBe('pool:NoSchedule');
});

test('an initialized node gets back what is kept, and not what was set once', () => {
  const taints = taintsAsIntended([], { wanted: [always, once], tracked: 'pool:NoSchedule', outdated: undefined });

  expect(taints).toEqual([onNode(always)]);
});

test('a taint that leaves the machine leaves the node; one that others put there stays', () => {
  const current = [onNode(always), foreign];

  expect(taintsAsIntended(current, { wanted: [], tracked: 'pool:NoSchedule', outdated: undefined })).toEqual([foreign]);
  expect(taintsAsIntended(current, { wanted: [], tracked: '', outdated: undefined })).toEqual(current);
});

test('a value that changes on the machine changes on the node, in its place', () => {
  const current = [{ ...onNode(always), value: 'cpu' }, foreign];

  expect(taintsAsIntended(current, { wanted: [always], tracked: 'pool:NoSchedule', outdated: undefined })).toEqual([
    onNode(always),
    foreign,
  ]);
});

test('whatever the taints: a second look changes nothing', () => {
  const taint = fc.record({
    key: fc.constantFrom('a', 'b', 'node.cluster.x-k8s.io/uninitialized', 'node.cluster.x-k8s.io/outdated-revision'),
    value: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
    effect: fc.constantFrom('NoSchedule' as const, 'PreferNoSchedule' as const),
  });
  const kept = fc.record({
    key: fc.constantFrom('a', 'b'),
    effect: fc.constantFrom('NoSchedule' as const, 'NoExecute' as const),
    propagation: fc.constantFrom('Always' as const, 'OnInitialization' as const),
  });
  const unique = <T extends { key: string; effect: string }>(item: fc.Arbitrary<T>) =>
    fc.uniqueArray(item, { selector: ({ key, effect }) => `${key}:${effect}`, maxLength: 4 });
  fc.assert(
    fc.property(unique(taint), unique(kept), fc.constantFrom(true, false, undefined), (current, wanted, outdated) => {
      const first = taintsAsIntended(current, { wanted, tracked: undefined, outdated });

      expect(taintsAsIntended(first, { wanted, tracked: trackedTaints(wanted), outdated })).toEqual(first);
    }),
  );
});

test('taints of a pool reach the nodes of the machines it has, stay there, and go with it', async () => {
  const world = await World.start();
  await world.apply(...clusterManifests({ controlPlane: 1, workers: 1 }));
  await world.until(() => world.isStable(1) && world.hasWorkers(1));
  const [worker] = world.machines('worker');
  const workload = await world.workload();
  const key = { namespace: '', name: worker?.status?.nodeRef?.name ?? '' };
  const taints = async () => (await workload.get(Node, key)).spec?.taints ?? [];
  const give = async (wanted: readonly MachineTaint[] | null) => {
    const patch = { spec: { template: { spec: { taints: wanted } } } };
    await world.api.patch(
      MachineDeployment,
      { namespace: NAMESPACE, name: `${CLUSTER}-md-0` },
      { type: 'merge', patch },
    );
    await world.clock.advance(10_000);
  };

  await give([always, once]);
  const given = await taints();
  await workload.patch(Node, key, { type: 'merge', patch: { spec: { taints: null } } });
  await world.clock.advance(10_000);
  const restored = await taints();
  await give(null);
  const left = await taints();

  // The node was initialized before: what is set once does not come any more.
  expect([given, restored, left]).toEqual([[onNode(always)], [onNode(always)], []]);
  expect(world.machines('worker').map(({ metadata }) => metadata.name)).toEqual([worker?.metadata.name]);
  await world.stop();
});
