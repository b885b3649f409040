import { KubeUnreachable } from '../../../api/ports';
import { lostAnswer, MemoryApi } from './memory-api';
import { keyed, World, watcher, widget, widgets } from './world';

test('a list longer than a page is complete before the first reconcile', async () => {
  const api = new MemoryApi();
  for (let index = 0; index < 1201; index++) api.put(widgets, widget(`w-${index}`));
  const seen = new Set<string>();
  let sizeAtFirst = 0;

  const world = await new World(api).start(({ objects }) => [
    watcher((key) => {
      if (seen.size === 0) sizeAtFirst = objects.list(widgets).length;
      seen.add(key);
    }),
  ]);
  await world.clock.runUntil(() => seen.size === 1201);

  expect(sizeAtFirst).toBe(1201);
  expect(api.count('list')).toBe(3);
  await world.manager.stop();
});

test('a watch that ends is resumed where it ended, without a list', async () => {
  const world = await new World().start();
  world.api.endWatches();
  world.api.put(widgets, widget('a'));
  await world.clock.advance(30_000);

  expect(world.names()).toEqual(['a']);
  expect(world.api.count('list')).toBe(1);
  await world.manager.stop();
});

test('an expired version leads to a new list, and what vanished meanwhile is told as deleted', async () => {
  const world = await new World().start();
  world.api.put(widgets, widget('gone'));
  await world.clock.settle();
  const deleted: string[] = [];
  await world.objects.ensureWatched('test', widgets, (event) => {
    if (event.type === 'deleted') deleted.push(event.object.metadata.name);
  });

  world.api.holdWatches = true;
  world.api.remove(widgets, keyed('gone'));
  world.api.put(widgets, widget('new'));
  world.api.expire();
  world.api.holdWatches = false;
  world.api.endWatches();
  await world.clock.advance(60_000);

  expect(world.names()).toEqual(['new']);
  expect(deleted).toEqual(['gone']);
  expect(world.api.count('list')).toBe(2);
  await world.manager.stop();
});

test('after a long outage news are seen within seconds, also when the version has expired meanwhile', async () => {
  const world = await new World().start();
  let isDown = true;
  world.api.before = ({ verb }) => {
    if (isDown) throw new KubeUnreachable(verb, new Error('down'));
  };
  world.api.endWatches();
  await world.clock.advance(120_000);
  world.api.put(widgets, widget('new'));
  world.api.expire();

  isDown = false;
  await world.clock.advance(12_000);

  expect(world.names()).toEqual(['new']);
  await world.manager.stop();
});

test('our own write that is newer than a relist stays in the cache', async () => {
  const world = await new World().start();
  world.api.expire();
  world.api.holdWatches = true;
  let isPaused = true;
  const resume: (() => void)[] = [];
  world.api.after = (call) => {
    if (call.verb !== 'list' || !isPaused) return;
    return new Promise<void>((resolve) => resume.push(resolve));
  };
  world.api.put(widgets, widget('other'));
  world.api.expire();
  world.api.endWatches();
  await world.clock.runUntil(() => resume.length === 1);

  await world.objects.create(widgets, widget('mine'));
  isPaused = false;
  for (const go of resume) go();
  await world.clock.settle();

  expect(world.names().sort()).toEqual(['mine', 'other']);
  await world.manager.stop();
});

test('a watch over a dead connection is given up and opened again', async () => {
  const world = await new World().start();
  world.api.killWatches();
  world.api.put(widgets, widget('a'));
  await world.clock.advance(6 * 60_000);

  expect(world.names()).toEqual(['a']);
  expect(world.api.openWatches).toBe(1);
  await world.manager.stop();
});

test('an API server that is away is asked again with growing pauses, not hammered', async () => {
  const world = await new World().start();
  world.api.before = () => {
    throw lostAnswer();
  };
  const callsBefore = world.api.calls.length;
  world.api.endWatches();
  await world.clock.advance(10 * 60_000);
  const attempts = world.api.calls.length - callsBefore;

  world.api.before = () => undefined;
  world.api.put(widgets, widget('a'));
  await world.clock.advance(30_000);

  expect(attempts).toBeGreaterThan(10);
  expect(attempts).toBeLessThan(90);
  expect(world.names()).toEqual(['a']);
  await world.manager.stop();
});

test('an API server that starts over with lower versions is read anew', async () => {
  const world = await new World().start();
  world.api.put(widgets, widget('old'));
  await world.clock.settle();

  world.api.reset();
  world.api.put(widgets, widget('new'));
  await world.clock.advance(60_000);

  expect(world.names()).toEqual(['new']);
  await world.manager.stop();
});

test('an API server that comes back reset and says nothing about it is read anew', async () => {
  const world = await new World().start();
  world.api.silentFuture = true;
  world.api.put(widgets, widget('old'));
  await world.clock.settle();

  world.api.before = () => {
    throw lostAnswer();
  };
  world.api.reset();
  await world.clock.advance(5000);
  world.api.before = () => undefined;
  world.api.put(widgets, widget('new'));
  await world.clock.advance(60_000);

  expect(world.names()).toEqual(['new']);
  await world.manager.stop();
});

test('a warm idle manager asks for nothing but the renewal of its watches', async () => {
  const world = await new World().start();
  const callsBefore = world.api.calls.length;

  await world.clock.advance(3600_000);

  expect(new Set(world.api.calls.slice(callsBefore).map((call) => call.verb))).toEqual(new Set(['watch']));
  await world.manager.stop();
});

test('a handler that throws does not stop the cache', async () => {
  const world = await new World().start();
  await world.objects.ensureWatched('broken', widgets, () => {
    throw new Error('handler');
  });

  world.api.put(widgets, widget('a'));
  await world.clock.settle();

  expect(world.names()).toEqual(['a']);
  await world.manager.stop();
});

test('stopping ends all watches', async () => {
  const world = await new World().start();

  await world.manager.stop();

  expect(world.api.openWatches).toBe(0);
  expect(world.clock.untilNext()).toBeUndefined();
});
