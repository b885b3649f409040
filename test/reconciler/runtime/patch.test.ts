import { isReason } from '../../../api/ports';
import type { Condition } from '../../../machinery/conditions';
import { cloneJson } from '../../../machinery/json';
import { keyed, type Widget, World, widget, widgets } from './world';

function condition(type: string, status: 'True' | 'False', message = ''): Condition {
  return { type, status, reason: 'Test', message, lastTransitionTime: '2026-01-01T00:00:00Z' };
}

async function worldWith(object: Widget): Promise<{ world: World; before: Widget }> {
  const world = await new World().start();
  world.api.put(widgets, object);
  await world.clock.settle();
  const before = world.objects.get(widgets, keyed(object.metadata.name));
  if (before === undefined) throw new Error('not cached');
  world.api.calls.length = 0;
  return { world, before };
}

test('no difference, no request', async () => {
  const { world, before } = await worldWith(widget('a', { spec: { size: 1 }, status: { ready: true } }));

  const answer = await world.objects.patch(widgets, before, cloneJson(before));

  expect(world.api.calls).toEqual([]);
  expect(answer).toEqual(before);
  await world.manager.stop();
});

test('metadata and spec go in one request, status in another, each with nothing but the difference', async () => {
  const { world, before } = await worldWith(
    widget('a', { spec: { size: 1, kept: 'x' }, status: { phase: 'Old', n: 1 } }),
  );
  const after = cloneJson(before);
  after.metadata.labels = { tier: 'one' };
  after.spec = { size: 2, kept: 'x' };
  after.status = { phase: 'New', n: 1 };

  await world.objects.patch(widgets, before, after);

  expect(world.api.calls.map(({ verb, body }) => [verb, body])).toEqual([
    ['patch', { metadata: { labels: { tier: 'one' } }, spec: { size: 2 } }],
    ['patch status', { status: { phase: 'New' } }],
  ]);
  await world.manager.stop();
});

test('a removed field becomes null', async () => {
  const { world, before } = await worldWith(widget('a', { spec: { size: 1, extra: { deep: true } } }));

  await world.objects.patch(widgets, before, { ...before, spec: { size: 1 } });

  expect(world.api.peek(widgets, keyed('a'))?.spec).toEqual({ size: 1 });
  await world.manager.stop();
});

test('conditions of others survive a conflict, and only owned types are taken over', async () => {
  const { world, before } = await worldWith(
    widget('a', { status: { conditions: [condition('Mine', 'False'), condition('Theirs', 'False')] } }),
  );
  const after = cloneJson(before);
  after.status = { conditions: [condition('Mine', 'True'), condition('Theirs', 'False')], count: 3 };
  world.api.holdWatches = true;
  const theirs = cloneJson(before);
  theirs.status = { conditions: [condition('Mine', 'False'), condition('Theirs', 'True', 'newer')] };
  world.api.put(widgets, theirs);

  await world.objects.patch(widgets, before, after, { ownedConditions: ['Mine'] });

  expect(world.api.peek(widgets, keyed('a'))?.status).toEqual({
    count: 3,
    conditions: [condition('Mine', 'True'), condition('Theirs', 'True', 'newer')],
  });
  await world.manager.stop();
});

test('conditions written by others between our two requests survive', async () => {
  const { world, before } = await worldWith(
    widget('a', { spec: { size: 1 }, status: { conditions: [condition('Mine', 'False')] } }),
  );
  const after = cloneJson(before);
  after.spec = { size: 2 };
  after.status = { conditions: [condition('Mine', 'True')] };
  world.api.before = (call) => {
    if (call.verb !== 'patch') return;
    const theirs = cloneJson(before);
    theirs.status = { conditions: [condition('Mine', 'False'), condition('Theirs', 'True')] };
    world.api.put(widgets, theirs);
  };

  await world.objects.patch(widgets, before, after, { ownedConditions: ['Mine'] });

  expect(world.api.peek(widgets, keyed('a'))?.status?.valueOf()).toEqual({
    conditions: [condition('Mine', 'True'), condition('Theirs', 'True')],
  });
  await world.manager.stop();
});

test('finalizers and owners that others added meanwhile are kept', async () => {
  const { world, before } = await worldWith(widget('a', { metadata: { name: 'a', finalizers: ['old'] } }));
  world.api.holdWatches = true;
  const owner = { apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'o-1' };
  const theirs = cloneJson(before);
  theirs.metadata.finalizers = ['old', 'theirs'];
  theirs.metadata.ownerReferences = [owner];
  world.api.put(widgets, theirs);
  const after = cloneJson(before);
  const mine = { apiVersion: 'v1', kind: 'Mine', name: 'm', uid: 'm-1' };
  after.metadata.finalizers = ['mine'];
  after.metadata.ownerReferences = [mine];

  await world.objects.patch(widgets, before, after);

  const live = world.api.peek(widgets, keyed('a'));
  expect(live?.metadata.finalizers).toEqual(['theirs', 'mine']);
  expect(live?.metadata.ownerReferences).toEqual([owner, mine]);
  await world.manager.stop();
});

test('status is not written to an object that the patch before has finished', async () => {
  const { world, before } = await worldWith(widget('a', { metadata: { name: 'a', finalizers: ['mine'] } }));
  await world.objects.delete(widgets, before);
  const deleting = world.objects.get(widgets, keyed('a'));
  if (deleting === undefined) throw new Error('gone too early');
  const after = cloneJson(deleting);
  after.metadata.finalizers = [];
  after.status = { phase: 'Deleted' };

  await world.objects.patch(widgets, deleting, after);

  expect(world.api.count('patch status')).toBe(0);
  expect(world.api.peek(widgets, keyed('a'))).toBeUndefined();
  await world.manager.stop();
});

test('a conflict that does not end is given up', async () => {
  const { world, before } = await worldWith(widget('a'));
  world.api.before = (call) => {
    if (call.verb === 'patch status') world.api.put(widgets, widget('a', { spec: { n: world.api.calls.length } }));
  };
  const after = { ...cloneJson(before), status: { conditions: [condition('Mine', 'True')] } };

  const outcome = world.objects.patch(widgets, before, after).catch((error: unknown) => error);
  await world.clock.advance(10_000);

  expect(isReason(await outcome, 'Conflict')).toBe(true);
  expect(world.api.count('patch status')).toBeLessThan(10);
  await world.manager.stop();
});

test('deleting what is gone is done, and deleting by name never hits a namesake', async () => {
  const { world, before } = await worldWith(widget('a'));
  world.api.holdWatches = true;
  world.api.remove(widgets, keyed('a'));
  await world.objects.delete(widgets, before);
  world.api.put(widgets, widget('a'));

  await world.objects.delete(widgets, before);

  expect(world.api.peek(widgets, keyed('a'))).toBeDefined();
  await world.manager.stop();
});
