import fc from 'fast-check';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { WorkQueue } from '../../../reconciler/runtime/work-queue';

function openQueue() {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock, random: new SeededRandom(1), onReady: () => undefined });
  return { clock, queue };
}

test('a thousand additions of three keys are three pieces of work', () => {
  const { queue } = openQueue();

  for (let index = 0; index < 1000; index++) queue.add(`key-${index % 3}`);

  expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual(['key-0', 'key-1', 'key-2', undefined]);
});

test('a key added while it is in work comes back once, and only when that work is done', () => {
  const { queue } = openQueue();
  queue.add('a');
  queue.take();

  queue.add('a');
  queue.add('a');
  const during = queue.take();
  queue.finish('a');

  expect([during, queue.take(), queue.take()]).toEqual([undefined, 'a', undefined]);
});

test('news goes before what was there at start, and raises it', () => {
  const { queue } = openQueue();
  queue.add('old-1', 'low');
  queue.add('old-2', 'low');
  queue.add('news');
  queue.add('old-2');

  expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual(['news', 'old-2', 'old-1', undefined]);
});

test('failures in a row wait twice as long each time, up to half a minute, and success starts over', async () => {
  const { clock, queue } = openQueue();
  const waits: number[] = [];
  for (let index = 0; index < 16; index++) {
    queue.retry('a');
    waits.push((queue.nextDue ?? 0) - clock.now());
    await clock.advance(30_000);
    queue.take();
    queue.finish('a');
  }
  queue.forget('a');
  queue.retry('a');

  expect(waits[0]).toBeLessThanOrEqual(5);
  expect(waits[4]).toBeGreaterThan(40);
  expect(Math.max(...waits)).toBeLessThanOrEqual(30_000);
  expect((queue.nextDue ?? 0) - clock.now()).toBeLessThanOrEqual(5);
});

test('of several delays the soonest counts, and an addition makes them void', async () => {
  const { clock, queue } = openQueue();
  queue.addAfter('a', 500);
  queue.addAfter('a', 100);
  queue.addAfter('a', 900);
  await clock.advance(100);
  expect(queue.take()).toBe('a');
  queue.finish('a');

  queue.addAfter('a', 500);
  queue.add('a');
  queue.take();
  queue.finish('a');
  await clock.advance(10_000);

  expect(queue.take()).toBeUndefined();
});

test('nothing that was added is lost, nothing is handed out twice at once, whatever the order', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), key: fc.integer({ min: 0, max: 4 }), low: fc.boolean() }),
    fc.record({ do: fc.constant('later' as const), key: fc.integer({ min: 0, max: 4 }), ms: fc.nat(50) }),
    fc.record({ do: fc.constant('retry' as const), key: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ do: fc.constant('take' as const) }),
    fc.record({ do: fc.constant('finish' as const), key: fc.integer({ min: 0, max: 4 }) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(30) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, queue } = openQueue();
      const inWork = new Set<string>();
      const owed = new Set<string>();
      const take = () => {
        const key = queue.take();
        if (key === undefined) return false;
        expect(inWork.has(key)).toBe(false);
        inWork.add(key);
        owed.delete(key);
        return true;
      };
      for (const action of steps) {
        if (action.do === 'take') take();
        else if (action.do === 'wait') await clock.advance(action.ms);
        else {
          const key = `k${action.key}`;
          if (action.do === 'finish') {
            inWork.delete(key);
            queue.finish(key);
            continue;
          }
          owed.add(key);
          if (action.do === 'add') queue.add(key, action.low ? 'low' : 'normal');
          else if (action.do === 'later') queue.addAfter(key, action.ms);
          else queue.retry(key);
        }
      }
      for (const key of [...inWork]) {
        inWork.delete(key);
        queue.finish(key);
      }
      await clock.advance(31_000);
      while (take());
      expect([...owed]).toEqual([]);
      expect(queue.ready).toBe(0);
    }),
    { numRuns: 300 },
  );
});
