import { KubeadmConfig, Machine } from '../../../api/kinds';
import type { KubeObject } from '../../../machinery/kube-object';
import { ownerReference } from '../../../machinery/owner-references';
import { SeededRandom } from '../../../machinery/random';
import { TestMachine } from './infrastructure';
import { clusterManifests } from './manifests';
import { NAMESPACE, World } from './world';

test.each([1, 2, 3, 4])(
  'a process that dies with the answer to one of its writes, again and again, makes nothing twice (seed %i)',
  async (seed) => {
    const world = await World.start({ seed });
    const dice = new SeededRandom(seed * 1000);
    await world.apply(...clusterManifests({ controlPlane: 1, workers: 1 }));

    const isDone = () => world.isStable(1) && world.hasWorkers(1);
    let deaths = 0;
    while (!isDone()) {
      world.requests.dieAfter(1 + dice.below(9));
      await world.until(() => isDone() || world.requests.isDead);
      if (isDone()) break;
      deaths++;
      await world.restart();
    }

    expect(deaths).toBeGreaterThanOrEqual(3);
    const names = (list: readonly { metadata: { name: string } }[]) =>
      list.map((object) => object.metadata.name).sort();
    const { objects } = world.manager;
    const machines = names(objects.list(Machine, { namespace: NAMESPACE }));
    expect(machines).toHaveLength(2);
    expect(names(objects.list(TestMachine, { namespace: NAMESPACE }))).toEqual(machines);
    expect(names(objects.list(KubeadmConfig, { namespace: NAMESPACE }))).toEqual(machines);
    await world.stop();
  },
  120_000,
);

test('parts of a machine that a dead process did not finish go when that machine is not wanted any more', async () => {
  const world = await World.start();
  await world.apply(...clusterManifests({ controlPlane: 1, workers: 0 }));
  await world.until(() => world.isStable(1));
  const { controlPlane } = world;
  if (controlPlane === undefined) throw new Error('there is a control plane');
  const metadata = { name: 'c-cp-half', namespace: NAMESPACE, ownerReferences: [ownerReference(controlPlane)] };
  const apiVersion = 'infrastructure.cluster.x-k8s.io/v1';
  await world.api.create<KubeObject>(TestMachine, { apiVersion, kind: TestMachine.kind, metadata, spec: {} });
  const config = { apiVersion: KubeadmConfig.apiVersion, kind: KubeadmConfig.kind, metadata, spec: { verbosity: 1 } };
  await world.api.create(KubeadmConfig, config);

  await world.restart();
  await world.clock.advance(10_000);

  const machines = world.machines('control-plane').map(({ metadata: { name } }) => name);
  for (const kind of [KubeadmConfig, TestMachine]) {
    const { items } = await world.api.list<KubeObject>(kind, { namespace: NAMESPACE });
    expect(items.map((item) => item.metadata.name)).toEqual(machines);
  }
  await world.stop();
});
