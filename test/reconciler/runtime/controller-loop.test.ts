import { type Controller, done, ownedBy, ownKind, requeueAfter, type WatchSource } from '../../../api/ports';
import { CapstanError } from '../../../machinery/errors';
import { equalJson } from '../../../machinery/json';
import { keyOf, keyText } from '../../../machinery/kube-object';
import { Metrics } from '../../../reconciler/runtime';
import { keyed, World, watcher, widget, widgets } from './world';

test('one key is never reconciled twice at the same time, and changes meanwhile lead to one more run', async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const world = new World();
  await world.start(() => [
    watcher(async () => {
      runs++;
      most = Math.max(most, ++running);
      await world.clock.sleep(100);
      running--;
    }),
  ]);
  world.api.put(widgets, widget('a'));
  await world.clock.advance(10);
  for (let index = 0; index < 20; index++) world.api.put(widgets, widget('a', { spec: { index } }));

  await world.clock.advance(1000);

  expect(most).toBe(1);
  expect(runs).toBe(2);
  await world.manager.stop();
});

test('different keys are reconciled side by side, up to the limit', async () => {
  let running = 0;
  let most = 0;
  const world = new World();
  for (let index = 0; index < 20; index++) world.api.put(widgets, widget(`w-${index}`));

  await world.start(() => [
    watcher(
      async () => {
        most = Math.max(most, ++running);
        await world.clock.sleep(100);
        running--;
      },
      { concurrency: 4 },
    ),
  ]);
  await world.clock.advance(1000);

  expect(most).toBe(4);
  await world.manager.stop();
});

test('a thrown error comes back with backoff, and other keys are not held up', async () => {
  const times: number[] = [];
  const others: string[] = [];
  const world = new World();
  await world.start(() => [
    watcher((key) => {
      if (key !== 'default/bad') others.push(key);
      else {
        times.push(world.clock.now());
        throw new TypeError('undefined is not a function');
      }
    }),
  ]);
  world.api.put(widgets, widget('bad'));
  world.api.put(widgets, widget('good'));

  await world.clock.advance(3 * 60_000);

  expect(others).toEqual(['default/good']);
  const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(waits[0]).toBeLessThanOrEqual(5);
  expect(waits.at(-1)).toBeGreaterThan(20_000);
  expect(waits.at(-1)).toBeLessThanOrEqual(30_000);
  await world.manager.stop();
});

test('an error says itself whether and when it comes back', async () => {
  const runs: string[] = [];
  const fail = (retry: 'never' | { afterMs: number }) =>
    new CapstanError({ name: 'Test', code: 'TEST', message: 'test', retry });
  const world = new World();
  await world.start(() => [
    watcher((key) => {
      runs.push(key);
      throw fail(key === 'default/never' ? 'never' : { afterMs: 60_000 });
    }),
  ]);
  world.api.put(widgets, widget('never'));
  world.api.put(widgets, widget('later'));

  await world.clock.advance(150_000);

  expect(runs.filter((key) => key === 'default/never')).toHaveLength(1);
  expect(runs.filter((key) => key === 'default/later')).toHaveLength(3);
  await world.manager.stop();
});

test('a requeue comes back once after its time', async () => {
  let runs = 0;
  const world = new World();
  await world.start(() => [
    watcher(undefined, { reconcile: async () => (++runs === 1 ? requeueAfter(5000) : done()) }),
  ]);
  world.api.put(widgets, widget('a'));
  await world.clock.advance(4999);
  const before = runs;

  await world.clock.advance(60_000);

  expect([before, runs]).toEqual([1, 2]);
  expect(world.manager.activity()).toMatchObject({ ready: 0, running: 0, nextDue: undefined });
  await world.manager.stop();
});

test('an owner is told when a child comes, changes, leaves it, and goes', async () => {
  const seen: string[] = [];
  const owner = (name: string) => ({ apiVersion: 'test.dev/v1', kind: 'Owner', name, uid: `uid-of-${name}` });
  const world = await new World().start(() => [
    watcher((key) => void seen.push(key), { watches: [ownedBy(widgets, { group: 'test.dev', kind: 'Owner' })] }),
  ]);
  const child = (name: string) => widget('child', { metadata: { name: 'child', ownerReferences: [owner(name)] } });

  world.api.put(widgets, child('one'));
  await world.clock.settle();
  world.api.put(widgets, child('two'));
  await world.clock.settle();
  world.api.remove(widgets, keyed('child'));
  await world.clock.settle();

  expect(seen).toEqual(['default/one', 'default/two', 'default/one', 'default/two']);
  await world.manager.stop();
});

test('start is called with warm caches before the first reconcile, and undone at the end', async () => {
  const order: string[] = [];
  const world = new World();
  world.api.put(widgets, widget('a'));
  await world.start(({ objects }) => [
    watcher((key) => void order.push(key), {
      start: (enqueue) => {
        order.push(`start with ${objects.list(widgets).length}`);
        enqueue({ namespace: 'default', name: 'pushed' });
        return () => void order.push('undone');
      },
    }),
  ]);
  await world.clock.settle();

  await world.manager.stop();

  expect(order).toEqual(['start with 1', 'default/pushed', 'default/a', 'undone']);
});

test('stopping waits for reconciles in work, and they see their signal abort', async () => {
  const log: string[] = [];
  const world = new World();
  world.api.put(widgets, widget('a'));
  const controller: Controller = {
    name: 'slow',
    watches: [ownKind(widgets)],
    async reconcile(key, run) {
      log.push(`begin ${keyText(key)}`);
      await world.clock.sleep(3600_000, run.signal);
      log.push(`end, aborted: ${run.signal.aborted}`);
      return done();
    },
  };
  await world.start(() => [controller]);
  await world.clock.settle();

  await world.manager.stop();

  expect(log).toEqual(['begin default/a', 'end, aborted: true']);
  expect(world.clock.untilNext()).toBeUndefined();
});

test('two runs with the same seed do the same in the same order at the same times', async () => {
  const run = async () => {
    const trace: string[] = [];
    const world = new World();
    for (let index = 0; index < 30; index++) world.api.put(widgets, widget(`w-${index}`));
    await world.start(({ objects }) => [
      watcher(async (key) => {
        trace.push(`${world.clock.now()} ${key}`);
        const object = objects.get(widgets, keyed(key.slice('default/'.length)));
        const count = Number(object?.spec?.count ?? 0);
        if (count === 1) throw new Error('once more');
        if (object !== undefined && count < 3)
          await objects.patch(widgets, object, { ...object, spec: { count: count + 1 } });
      }),
    ]);
    await world.clock.advance(60_000);
    await world.manager.stop();
    return trace;
  };

  expect(await run()).toEqual(await run());
});

test('metrics carry the names dashboards know, from the start', async () => {
  const metrics = new Metrics();
  const world = new World();
  await world.start(
    () => [
      watcher(() => {
        throw new Error('test');
      }),
    ],
    { metrics },
  );
  const before = await metrics.registry.metrics();
  world.api.put(widgets, widget('a'));
  await world.clock.settle();
  const after = await metrics.registry.metrics();

  expect(before).toContain('controller_runtime_reconcile_total{controller="widget",result="success"} 0');
  expect(before).toContain('workqueue_depth{name="widget",controller="widget"} 0');
  expect(after).toContain('controller_runtime_reconcile_total{controller="widget",result="error"} 1');
  expect(after).toContain('controller_runtime_reconcile_panics_total{controller="widget"} 1');
  expect(after).toContain('workqueue_retries_total{name="widget",controller="widget"} 1');
  await world.manager.stop();
});

test('a watch that looks for a certain difference does not wake its controller for any other', async () => {
  let runs = 0;
  const onSpecChange: WatchSource = {
    resource: widgets,
    keys: ({ object, previous }) =>
      previous !== undefined && equalJson(previous['spec'], object['spec']) ? [] : [keyOf(object)],
  };
  const world = new World();
  await world.start(() => [
    watcher(
      () => {
        runs++;
      },
      { watches: [onSpecChange] },
    ),
  ]);
  world.api.put(widgets, widget('a', { spec: { size: 1 } }));
  await world.clock.advance(10);

  world.api.put(widgets, widget('a', { spec: { size: 1 }, status: { seen: true } }));
  await world.clock.advance(10);
  expect(runs).toBe(1);
  world.api.put(widgets, widget('a', { spec: { size: 2 }, status: { seen: true } }));
  await world.clock.advance(10);
  expect(runs).toBe(2);
  await world.manager.stop();
});
