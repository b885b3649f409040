import { clusterObjects } from './definitions';
import { VirtualWorld } from './virtual-world';

let world: VirtualWorld;
beforeEach(async () => {
  world = await new VirtualWorld().start();
});
afterEach(() => world.close());

const objectsOf = (name: string, offering = 'Medium Instance') =>
  clusterObjects(name, { controlPlane: { replicas: 1, offering }, pools: { general: { replicas: 1, offering } } });

/** `kubectl apply` of files in their order creates templates after what refers to them. */
async function applyTemplatesLate(objects: ReturnType<typeof objectsOf>): Promise<void> {
  const isTemplate = ({ kind }: { kind: string }) => kind === 'CloudStackMachineTemplate';
  await world.apply(objects.filter((object) => !isTemplate(object)));
  await world.clock.advance(30_000);
  await world.apply(objects.filter(isTemplate));
}

test('a control plane goes on when its template appears, whichever control planes there are besides', async () => {
  await world.apply(objectsOf('one'));
  await world.untilReady();

  await applyTemplatesLate(objectsOf('two'));
  await world.untilReady();
  await applyTemplatesLate(objectsOf('two', 'Small Instance'));
  await world.clock.advance(60_000);
  await world.untilReady();

  const { machines } = await world.snapshot();
  expect(machines.map(({ spec }) => spec.clusterName).sort()).toEqual(['one', 'one', 'two', 'two']);
  expect(world.cloud.inventory().VirtualMachine).toHaveLength(4);
}, 60_000);
