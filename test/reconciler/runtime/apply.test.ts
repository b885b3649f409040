import { cloneJson } from '../../../machinery/json';
import { lostAnswer } from './memory-api';
import { keyed, World, watcher, widget, widgets } from './world';

test('the same intent is sent once', async () => {
  const world = await new World().start();
  const intent = widget('a', { spec: { size: 1 } });

  await world.objects.apply(widgets, intent, 'capstan');
  await world.clock.settle();
  await world.objects.apply(widgets, cloneJson(intent), 'capstan');

  expect(world.api.count('apply')).toBe(1);
  await world.manager.stop();
});

test('another intent is sent', async () => {
  const world = await new World().start();

  await world.objects.apply(widgets, widget('a', { spec: { size: 1 } }), 'capstan');
  await world.objects.apply(widgets, widget('a', { spec: { size: 2 } }), 'capstan');

  expect(world.api.count('apply')).toBe(2);
  await world.manager.stop();
});

test('when another writer takes a field over, the same intent is sent again', async () => {
  const world = await new World().start();
  const intent = widget('a', { spec: { size: 1 } });
  await world.objects.apply(widgets, intent, 'capstan');
  const stolen = cloneJson(world.api.peek(widgets, keyed('a')) ?? intent);
  stolen.spec = { size: 9 };
  stolen.metadata.managedFields = [{ manager: 'kubectl', operation: 'Update' }];
  world.api.put(widgets, stolen);
  await world.clock.settle();

  await world.objects.apply(widgets, intent, 'capstan');

  expect(world.api.peek(widgets, keyed('a'))?.spec).toEqual({ size: 1 });
  await world.manager.stop();
});

test('a change elsewhere in the object does not lead to another apply', async () => {
  const world = await new World().start();
  const intent = widget('a', { spec: { size: 1 } });
  await world.objects.apply(widgets, intent, 'capstan');
  const changed = cloneJson(world.api.peek(widgets, keyed('a')) ?? intent);
  changed.status = { phase: 'Running' };
  world.api.put(widgets, changed);
  await world.clock.settle();

  await world.objects.apply(widgets, intent, 'capstan');

  expect(world.api.count('apply')).toBe(1);
  await world.manager.stop();
});

test('an object that was deleted is applied again', async () => {
  const world = await new World().start();
  const intent = widget('a', { spec: { size: 1 } });
  await world.objects.apply(widgets, intent, 'capstan');
  world.api.remove(widgets, keyed('a'));
  await world.clock.settle();

  await world.objects.apply(widgets, intent, 'capstan');

  expect(world.api.count('apply')).toBe(2);
  await world.manager.stop();
});

test('without a cache of the resource every apply is sent', async () => {
  const world = await new World().start(() => [watcher(undefined, { watches: [] })]);
  const intent = widget('a', { spec: { size: 1 } });

  await world.objects.apply(widgets, intent, 'capstan');
  await world.objects.apply(widgets, intent, 'capstan');

  expect(world.api.count('apply')).toBe(2);
  await world.manager.stop();
});

test('what an apply without an answer created is in the cache before the caller hears of the failure', async () => {
  const world = await new World().start();
  world.api.holdWatches = true;
  let unanswered = 3;
  world.api.after = (call) => {
    if (call.verb === 'apply') throw lostAnswer();
  };
  world.api.before = (call) => {
    if (call.verb === 'get' && --unanswered > 0) throw lostAnswer();
  };

  const outcome = world.objects.apply(widgets, widget('a'), 'capstan').catch((error: Error) => error.name);
  await world.clock.advance(5000);

  expect(await outcome).toBe('KubeUnreachable');
  expect(world.names()).toEqual(['a']);
  await world.manager.stop();
});
