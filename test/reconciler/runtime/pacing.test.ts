import fc from 'fast-check';
import type { Condition, ConditionStatus } from '../../../machinery/conditions';
import { type PaceRules, Pacer, paceOf, type Reported } from '../../../reconciler/runtime/pacing';

const RULES: PaceRules = { urgentConditions: ['Ready'], urgentReasons: ['Deleting'], informativeFields: ['versions'] };

function condition(type: string, status: ConditionStatus, reason: string, message = ''): Condition {
  return { type, status, reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' };
}

function object(conditions: Condition[], status: object = {}): Reported {
  return {
    apiVersion: 'example.dev/v1',
    kind: 'Thing',
    metadata: { name: 'thing', namespace: 'default', uid: 'uid-1' },
    status: { ...status, conditions },
  };
}

const waiting = object([condition('Ready', 'False', 'Waiting')]);

test.each<[string, Reported, Reported, ReturnType<typeof paceOf>]>([
  ['no change of the status', waiting, { ...waiting, spec: {} }, undefined],
  ['what others wait for comes true', waiting, object([condition('Ready', 'True', 'Ready')]), 'now'],
  ['it is true no more', object([condition('Ready', 'True', 'Ready')]), waiting, 'now'],
  ['the first report is that it is not true', object([]), waiting, 'soon'],
  ['it waits for something else', waiting, object([condition('Ready', 'False', 'Deploying')]), 'soon'],
  ['nobody knows any more', waiting, object([condition('Ready', 'Unknown', 'Lost')]), 'soon'],
  ['the words change', waiting, object([condition('Ready', 'False', 'Waiting', 'for you')]), 'later'],
  [
    'a reason that others wait for',
    object([condition('Deleting', 'True', 'Draining')]),
    object([condition('Deleting', 'True', 'WaitingForHook')]),
    'now',
  ],
  ['a field that others read', waiting, object([condition('Ready', 'False', 'Waiting')], { replicas: 1 }), 'now'],
  ['a field that informs', waiting, object([condition('Ready', 'False', 'Waiting')], { versions: [] }), 'soon'],
  ['false instead of nothing', waiting, object([condition('Ready', 'False', 'Waiting')], { ready: false }), 'later'],
])('the pace when %s', (_, before, after, pace) => {
  expect(paceOf(before, after, RULES)).toBe(pace);
});

test('what is held back waits half a second, however often it changes meanwhile', () => {
  const pacer = new Pacer(RULES);
  const reason = (name: string) => object([condition('Ready', 'False', name)]);

  expect(pacer.delay(waiting, reason('Deploying'), 0)).toBe(500);
  expect(pacer.delay(waiting, reason('Starting'), 300)).toBe(200);
  expect(pacer.delay(waiting, reason('Joining'), 500)).toBe(0);
  // Written; the next change has half a second of its own.
  expect(pacer.delay(reason('Joining'), reason('Waiting'), 600)).toBe(500);
});

test('a change whose turn comes late is due, whatever was looked at meanwhile; after an hour it is forgotten', () => {
  const pacer = new Pacer(RULES);
  const deploying = object([condition('Ready', 'False', 'Deploying')]);
  const other = { ...deploying, metadata: { ...deploying.metadata, uid: 'other' } };
  const late = (now: number) => {
    pacer.delay(waiting, deploying, 0);
    pacer.delay({ ...waiting, metadata: other.metadata }, other, now - 1);
    return pacer.delay(waiting, deploying, now);
  };

  expect(late(60_000)).toBe(0);
  expect(late(4_000_000)).toBe(500);
});

test('no change waits for more than three seconds, and what is urgent never waits', () => {
  const states = fc.record({
    ready: fc.constantFrom<ConditionStatus>('True', 'False', 'Unknown'),
    reason: fc.constantFrom('A', 'B'),
    message: fc.constantFrom('', 'x', 'y'),
    versions: fc.constantFrom(1, 2),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(states, fc.integer({ min: 1, max: 1500 })), { maxLength: 40 }), (steps) => {
      const pacer = new Pacer(RULES);
      let stored = waiting;
      let now = 0;
      let differsSince: number | undefined;
      for (const [{ ready, reason, message, versions }, pause] of steps) {
        const wanted = object([condition('Ready', ready, reason, message)], { versions });
        const pace = paceOf(stored, wanted, RULES);
        const delay = pacer.delay(stored, wanted, now);
        if (pace === undefined) differsSince = undefined;
        else differsSince ??= now;
        if (pace === 'now') expect(delay).toBe(0);
        if (differsSince !== undefined) expect(now + delay - differsSince).toBeLessThanOrEqual(3000);
        if (delay === 0) {
          stored = wanted;
          differsSince = undefined;
        }
        // A controller comes back when it was told to, or earlier for another event.
        now += delay === 0 ? pause : Math.min(pause, delay);
      }
    }),
  );
});
