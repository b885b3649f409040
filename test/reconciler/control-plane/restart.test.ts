import { KubeadmConfig, Machine } from '../../../api/kinds';
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
