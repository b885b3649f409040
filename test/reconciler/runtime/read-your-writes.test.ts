import type { ObjectEvent } from '../../../api/ports';
import { lostAnswer, MemoryApi, refusal } from './memory-api';
import { keyed, World, watcher, widget, widgets } from './world';

async function withSlowWatches(): Promise<World> {
  const world = await new World().start();
  world.api.holdWatches = true;
  return world;
}

test('a created object is in the cache as soon as the create is answered', async () => {
  const world = await withSlowWatches();

  await world.objects.create(widgets, widget('a'));

  expect(world.names()).toEqual(['a']);
  await world.manager.stop();
});

test('a deleted object is out of the cache at once, and late watch events do not bring it back', async () => {
  const world = await withSlowWatches();
  const created = await world.objects.create(widgets, widget('a'));

  await world.objects.delete(widgets, created);
  expect(world.names()).toEqual([]);
  world.api.holdWatches = false;
  world.api.release();
  await world.clock.settle();

  expect(world.names()).toEqual([]);
  await world.manager.stop();
});

test('an object that was deleted by others before the answer to its create arrived does not stay as a ghost', async () => {
  const world = await new World().start();
  world.api.after = async (call) => {
    if (call.verb !== 'create') return;
    world.api.remove(widgets, keyed('a'));
    await world.clock.settle();
  };

  await world.objects.create(widgets, widget('a'));

  expect(world.names()).toEqual([]);
  await world.manager.stop();
});

test('an object that was made again under the same name replaces the deleted one', async () => {
  const world = await withSlowWatches();
  const first = await world.objects.create(widgets, widget('a'));
  await world.objects.delete(widgets, first);

  const second = await world.objects.create(widgets, widget('a'));
  world.api.holdWatches = false;
  world.api.release();
  await world.clock.settle();

  expect(world.objects.get(widgets, keyed('a'))?.metadata.uid).toBe(second.metadata.uid);
  await world.manager.stop();
});

test('taking the last finalizer off a deleted object removes it from the cache', async () => {
  const world = await withSlowWatches();
  const created = await world.objects.create(widgets, widget('a', { metadata: { name: 'a', finalizers: ['x'] } }));
  await world.objects.delete(widgets, created);
  const deleting = world.objects.get(widgets, keyed('a'));
  if (deleting === undefined) throw new Error('it should be there while the finalizer holds it');

  await world.objects.patch(widgets, deleting, { ...deleting, metadata: { ...deleting.metadata, finalizers: [] } });

  expect(world.names()).toEqual([]);
  await world.manager.stop();
});

test('watch events older than our own write are ignored, and each state is told once', async () => {
  const world = await withSlowWatches();
  const seen: string[] = [];
  await world.objects.ensureWatched('test', widgets, ({ type, object }: ObjectEvent) => {
    seen.push(`${type} ${JSON.stringify(object.spec)}`);
  });
  const created = await world.objects.create(widgets, widget('a', { spec: { size: 1 } }));
  await world.objects.patch(widgets, created, { ...created, spec: { size: 2 } });

  world.api.holdWatches = false;
  world.api.release();
  await world.clock.settle();

  expect(seen).toEqual(['added {"size":1}', 'modified {"size":2}']);
  expect(world.objects.get(widgets, keyed('a'))?.spec).toEqual({ size: 2 });
  await world.manager.stop();
});

test.each([
  ['is lost', lostAnswer()],
  ['says that etcd took too long', refusal(500, 'InternalError', 'etcdserver: request timed out')],
  ['says that the server is too busy', refusal(429, 'TooManyRequests', 'too many requests')],
])(
  'a create is looked up before the caller hears of its failure, also when the answer to the look %s',
  async (_, fault) => {
    const world = await withSlowWatches();
    let unanswered = 3;
    world.api.after = (call) => {
      if (call.verb === 'create') throw lostAnswer();
    };
    world.api.before = (call) => {
      if (call.verb === 'get' && --unanswered > 0) throw fault;
    };

    const outcome = world.objects.create(widgets, widget('a')).catch((error: Error) => error.name);
    await world.clock.advance(5000);

    expect(await outcome).toBe('KubeUnreachable');
    expect(world.names()).toEqual(['a']);
    await world.manager.stop();
  },
);

test('cached objects are frozen and carry no managedFields', async () => {
  const world = await new World().start();
  world.api.put(
    widgets,
    widget('a', { spec: { list: [1] }, metadata: { name: 'a', managedFields: [{ manager: 'x' }] } }),
  );
  await world.clock.settle();

  const cached = world.objects.get(widgets, keyed('a'));

  expect(cached?.metadata.managedFields).toBeUndefined();
  expect(Object.isFrozen(cached?.spec?.list)).toBe(true);
  await world.manager.stop();
});

test('reading a resource that nobody watches throws instead of answering "absent"', async () => {
  const world = await new World().start(() => [watcher()]);
  const gadgets = { ...widgets, kind: 'Gadget', plural: 'gadgets' };

  expect(() => world.objects.get(gadgets, keyed('a'))).toThrow(/watched by nobody/);
  await world.manager.stop();
});

test('ensureWatched rejects while the resource cannot be listed and works when it can', async () => {
  const api = new MemoryApi();
  const world = await new World(api).start();
  const gadgets = { ...widgets, kind: 'Gadget', plural: 'gadgets' };
  api.before = (call) => {
    if (call.resource === 'gadgets') throw lostAnswer();
  };
  await expect(world.objects.ensureWatched('test', gadgets, () => undefined)).rejects.toThrow(/no answer/);

  api.before = () => undefined;
  const warm = world.objects.ensureWatched('test', gadgets, () => undefined);
  await world.clock.advance(60_000);
  await warm;

  expect(world.objects.list(gadgets)).toEqual([]);
  await world.manager.stop();
});

test('a delete that is refused for a change in between leaves the object in the cache, whatever its name', async () => {
  const world = await new World().start();
  const created = await world.objects.create(widgets, widget('liquid'));
  const message = 'Operation cannot be fulfilled on widgets "liquid": the object has been modified';
  world.api.before = (call) => {
    if (call.verb === 'delete') throw refusal(409, 'Conflict', message);
  };

  await expect(world.objects.delete(widgets, created)).rejects.toThrow('liquid');

  expect(world.names()).toEqual(['liquid']);
  await world.manager.stop();
});
