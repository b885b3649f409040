import { Machine, MachineDeployment, MachineSet } from '../../../api/kinds';
import { type Condition, isTrue } from '../../../machinery/conditions';
import { TestMachineTemplate } from '../control-plane/infrastructure';
import { clusterManifests } from '../control-plane/manifests';
import { CLUSTER, NAMESPACE, World } from '../control-plane/world';

const pool = { namespace: NAMESPACE, name: `${CLUSTER}-md-0` };
const GATE = 'example.com/Checked';

const namesOf = (world: World) =>
  world
    .machines('worker')
    .map(({ metadata }) => metadata.name)
    .sort();

/** What somebody who checks machines says of one. */
async function check(world: World, name: string): Promise<void> {
  const key = { namespace: NAMESPACE, name };
  const { status } = await world.api.get(Machine, key);
  const checked: Condition = {
    type: GATE,
    status: 'True',
    reason: 'Checked',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const patch = { status: { conditions: [...(status?.conditions ?? []), checked] } };
  await world.api.patch(Machine, key, { type: 'merge', patch }, { subresource: 'status' });
}

/** Makes the pool roll its machines out anew. */
async function changeTemplate(world: World): Promise<void> {
  const name = `${CLUSTER}-md-0-b`;
  const template = { apiVersion: 'infrastructure.cluster.x-k8s.io/v1', kind: TestMachineTemplate.kind };
  await world.apply({ ...template, metadata: { name, namespace: NAMESPACE }, spec: { template: { spec: {} } } });
  const patch = { spec: { template: { spec: { infrastructureRef: { name } } } } };
  await world.api.patch(MachineDeployment, pool, { type: 'merge', patch });
}

test('a rollout that is stuck gives up the machine that is not available, though its node is healthy, and no other', async () => {
  const world = await World.start();
  await world.apply(...clusterManifests({ controlPlane: 1, workers: 3 }));
  await world.until(() => world.isStable(1) && world.hasWorkers(3));
  const [first = '', second = ''] = namesOf(world);
  const gated = { spec: { template: { spec: { readinessGates: [{ conditionType: GATE }] } } } };
  await world.api.patch(MachineDeployment, pool, { type: 'merge', patch: gated });
  for (const name of [first, second]) await check(world, name);
  await world.until(() => world.machines('worker').filter((machine) => isTrue(machine, 'Available')).length === 2);

  await changeTemplate(world);
  await world.clock.advance(60_000);

  const available = world.machines('worker').filter((machine) => isTrue(machine, 'Available'));
  expect(available.map(({ metadata }) => metadata.name).sort()).toEqual([first, second]);
  expect(namesOf(world)).toHaveLength(4);
  await world.stop();
});

test('a machine that serves counts before its MachineSet has counted it, and stays until its successor serves', async () => {
  const world = await World.start();
  await world.apply(...clusterManifests({ controlPlane: 1, workers: 1 }));
  await world.until(() => namesOf(world).length === 1);
  const [set] = (await world.api.list(MachineSet, { namespace: NAMESPACE })).items;
  const key = { namespace: NAMESPACE, name: set?.metadata.name ?? '' };
  const patch = { metadata: { annotations: { 'cluster.x-k8s.io/paused': '' } } };
  await world.api.patch(MachineSet, key, { type: 'merge', patch });
  await world.until(() => world.machines('worker').every((machine) => isTrue(machine, 'Available')));

  await changeTemplate(world);
  await world.until(() => namesOf(world).length === 2);
  await world.clock.advance(500);

  expect((await world.api.get(MachineSet, key)).spec.replicas).toBe(1);
  await world.until(() => world.machines('worker').every((machine) => isTrue(machine, 'Available')));
  await world.clock.advance(1000);
  expect((await world.api.get(MachineSet, key)).spec.replicas).toBe(0);
  await world.stop();
});
