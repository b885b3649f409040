import { withWatchFilter } from '../../../reconciler/runtime';
import { World, watcher, widget, widgets } from './world';

const LABEL = 'cluster.x-k8s.io/watch-filter';

async function start(seen: string[]): Promise<World> {
  const world = new World();
  const controller = watcher((key) => void seen.push(key));
  return world.start((kit) => [withWatchFilter(controller, kit.objects, 'blue')]);
}

test('only objects with the value of the filter are reconciled, and all can be read', async () => {
  const seen: string[] = [];
  const world = await start(seen);

  await world.api.create(widgets, widget('ours', { metadata: { name: 'ours', labels: { [LABEL]: 'blue' } } }));
  await world.api.create(widgets, widget('theirs', { metadata: { name: 'theirs', labels: { [LABEL]: 'green' } } }));
  await world.api.create(widgets, widget('unmarked'));
  await world.clock.settle();

  expect(seen).toEqual(['default/ours']);
  expect(world.names().sort()).toEqual(['ours', 'theirs', 'unmarked']);
  await world.manager.stop();
});

test('an object enters with its label, and is told of when it is gone', async () => {
  const seen: string[] = [];
  const world = await start(seen);
  await world.api.create(widgets, widget('late'));
  await world.clock.settle();

  const key = { namespace: 'default', name: 'late' };
  const metadata = { labels: { [LABEL]: 'blue' } };
  await world.api.patch(widgets, key, { type: 'merge', patch: { metadata } });
  await world.clock.settle();
  expect(seen).toEqual(['default/late']);

  await world.api.delete(widgets, key);
  await world.clock.settle();
  expect(seen).toEqual(['default/late', 'default/late']);
  await world.manager.stop();
});

test('a controller without a kind of its own cannot be filtered', async () => {
  const { manager } = await new World().start();
  const controller = watcher(undefined, { watches: [{ resource: widgets, keys: () => [] }] });

  expect(() => withWatchFilter(controller, manager.objects, 'blue')).toThrow('watches no kind as its own');
  await manager.stop();
});
