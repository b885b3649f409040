import { clusterObjects } from './definitions';
import { VirtualWorld } from './virtual-world';

let world: VirtualWorld;
beforeEach(async () => {
  world = await new VirtualWorld().start();
});
afterEach(() => world.close());

test('one control-plane machine and one worker become ready', async () => {
  await world.apply(clusterObjects('dev'));
  await world.untilReady(300_000);

  const [view] = await world.views();
  expect(view).toMatchObject({ ready: true, controlPlane: { desired: 1, ready: 1 }, workers: { desired: 1, ready: 1 } });
});
