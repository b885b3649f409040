import type { WatchEvent, WatchOptions } from '../../../api/ports/kube-api';
import { configMap, configMaps, startWorld } from './world';

const shown = (event: WatchEvent): string =>
  event.type === 'ERROR'
    ? `ERROR ${event.status.reason}`
    : event.type === 'BOOKMARK'
      ? 'BOOKMARK'
      : `${event.type} ${event.object.metadata.name}`;

/** Collects events of a watch until `stop` is called. */
function watching(world: ReturnType<typeof startWorld>, options: WatchOptions) {
  const abort = new AbortController();
  const events: WatchEvent[] = [];
  const done = (async () => {
    for await (const event of world.api.watch(configMaps, options, abort.signal)) events.push(event);
  })();
  const stop = (): Promise<void> => {
    abort.abort();
    return done;
  };
  return { events, stop };
}

test('a watch without a version begins with what exists', async () => {
  const world = startWorld();
  await world.api.create(configMaps, configMap('a'));
  const watch = watching(world, { namespace: 'default' });
  await world.clock.settle();
  await world.api.create(configMaps, configMap('b'));
  await world.clock.settle();
  await watch.stop();

  expect(watch.events.map(shown)).toEqual(['ADDED a', 'ADDED b']);
});

test('a watch from a version sees every change after it, once and in order', async () => {
  const world = startWorld();
  const { resourceVersion } = await world.api.list(configMaps);
  await world.api.create(configMaps, configMap('a'));
  await world.api.patch(
    configMaps,
    { namespace: 'default', name: 'a' },
    { type: 'merge', patch: { data: { x: '1' } } },
  );
  const watch = watching(world, { resourceVersion });
  await world.clock.settle();
  await world.api.delete(configMaps, { namespace: 'default', name: 'a' });
  await world.clock.settle();
  await watch.stop();

  expect(watch.events.map(shown)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
  const versions = watch.events.map((event) => ('object' in event ? Number(event.object.metadata.resourceVersion) : 0));
  expect([...versions].sort((left, right) => left - right)).toEqual(versions);
});

test('an object that enters or leaves a selector is added or deleted', async () => {
  const world = startWorld();
  const { resourceVersion } = await world.api.list(configMaps);
  const watch = watching(world, { resourceVersion, labelSelector: 'on=yes' });
  await world.clock.settle();
  await world.api.create(configMaps, configMap('a'));
  let turn = 0;
  for (const on of ['yes', 'yes', 'no']) {
    const patch = { metadata: { labels: { on } }, data: { turn: on + String(turn++) } };
    await world.api.patch(configMaps, { namespace: 'default', name: 'a' }, { type: 'merge', patch });
  }
  await world.clock.settle();
  await watch.stop();

  expect(watch.events.map(shown)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
});

test('a version that was compacted away answers with 410 Expired', async () => {
  const world = startWorld();
  const created = await world.api.create(configMaps, configMap('a'));
  await world.api.patch(
    configMaps,
    { namespace: 'default', name: 'a' },
    { type: 'merge', patch: { data: { x: '1' } } },
  );
  world.server.compact();
  const watch = watching(world, { resourceVersion: created.metadata.resourceVersion });
  await world.clock.settle();
  await watch.stop();

  expect(watch.events.map(shown)).toEqual(['ERROR Expired']);
});

test('a quiet watch hears bookmarks and ends after its time', async () => {
  const world = startWorld();
  const { resourceVersion } = await world.api.list(configMaps);
  const watch = watching(world, { resourceVersion, allowWatchBookmarks: true, timeoutSeconds: 150 });
  await world.clock.advance(200_000);
  await watch.stop();

  expect(watch.events.map(shown)).toEqual(['BOOKMARK', 'BOOKMARK']);
});

test('objects of events and answers are shared and cannot be changed', async () => {
  const world = startWorld();
  const created = await world.api.create(configMaps, configMap('a', { x: '1' }));

  expect(() => {
    created.metadata.name = 'b';
  }).toThrow(TypeError);
  expect(await world.api.get(configMaps, { namespace: 'default', name: 'a' })).toBe(created);
});
