import { CloudStackMachine, Machine } from '../../api/kinds';
import { conditionOf } from '../../machinery/conditions';
import { clusterObjects } from './definitions';
import { VirtualWorld } from './virtual-world';

let world: VirtualWorld;
beforeEach(async () => {
  world = await new VirtualWorld().start();
});
afterEach(() => world.close());

function definition(offering: string, kubernetesVersion = 'v1.34.2') {
  return clusterObjects('dev', {
    kubernetesVersion,
    controlPlane: { replicas: 1, offering },
    pools: { general: { replicas: 1, offering: 'Small Instance' } },
  });
}

async function untilNotFound(): Promise<void> {
  await world.clock.runUntil(() =>
    world
      .managerObjects()
      .list(CloudStackMachine)
      .some((machine) => conditionOf(machine, 'Ready')?.reason === 'NotFoundInCloudStack'),
  );
}

test.each([
  ['offering', definition('No Such Offering')],
  ['Kubernetes version', definition('Small Instance', 'v1.34.99')],
])('a cluster with a wrong %s comes up when its definition is corrected', async (_, wrong) => {
  await world.apply(wrong);
  await untilNotFound();
  const [before] = (await world.api.list(Machine)).items.map(({ metadata }) => metadata.uid);

  await world.apply(definition('Small Instance'));
  await world.untilReady(600_000);

  const machines = (await world.api.list(Machine)).items;
  expect(machines.map(({ metadata }) => metadata.uid)).not.toContain(before);
  expect(machines.map(({ spec }) => spec.version)).toEqual(['v1.34.2', 'v1.34.2']);
  expect(world.cloud.inventory().VirtualMachine).toHaveLength(2);
});
