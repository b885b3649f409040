import fc from 'fast-check';
import { type Condition, type ConditionReport, setCondition, sortConditions } from '../../machinery/conditions';
import { aggregate, summarize } from '../../machinery/conditions-merge';

const NOW = '2026-01-01T00:00:00Z';
const LATER = '2026-01-01T00:01:00Z';
const REASONS = { issue: 'NotReady', unknown: 'ReadyUnknown', info: 'Ready' };

function conditions(...reports: ConditionReport[]): Condition[] {
  return reports.reduce<Condition[]>((list, report) => setCondition(list, report, NOW, 1), []);
}

test('a summary lists issues and unknowns in declared order, and indents lists', () => {
  const result = summarize(
    conditions(
      { type: 'NodeHealthy', status: 'Unknown', reason: 'InspectionFailed', message: 'Waiting for a Node' },
      { type: 'InfrastructureReady', status: 'False', reason: 'NotReady', message: '* VM: a\n* Node: b' },
      { type: 'Deleting', status: 'False', reason: 'NotDeleting' },
    ),
    {
      target: 'Ready',
      types: ['Deleting', 'InfrastructureReady', 'NodeHealthy'],
      negative: ['Deleting'],
      reasons: REASONS,
    },
  );

  expect(result).toEqual({
    type: 'Ready',
    status: 'False',
    reason: 'NotReady',
    message: '* InfrastructureReady:\n  * VM: a\n  * Node: b\n* NodeHealthy: Waiting for a Node',
  });
});

test('a missing condition counts as unknown, an optional one does not count', () => {
  const options = { target: 'Ready', types: ['A', 'B'], reasons: REASONS };

  expect(summarize([], options)).toMatchObject({
    status: 'Unknown',
    message: '* A: Condition not yet reported\n* B: Condition not yet reported',
  });
  expect(summarize([], { ...options, optional: ['A', 'B'] })).toMatchObject({ status: 'True', message: '' });
});

test('an aggregate groups objects by message and names control-plane machines first', () => {
  const waiting = conditions({ type: 'Ready', status: 'False', reason: 'NotReady', message: '* X: y' });
  const result = aggregate(
    [
      { kind: 'Machine', name: 'w1', conditions: waiting },
      { kind: 'Machine', name: 'w2', conditions: waiting },
      { kind: 'Machine', name: 'w3', conditions: waiting },
      { kind: 'Machine', name: 'w4', conditions: waiting },
      { kind: 'Machine', name: 'cp', conditions: [], first: true },
    ],
    { target: 'MachinesReady', source: 'Ready', reasons: REASONS },
  );

  expect(result).toEqual({
    type: 'MachinesReady',
    status: 'False',
    reason: 'NotReady',
    message: '* Machine cp: Condition Ready not yet reported\n* Machines w1, w2, w3, ... (1 more):\n  * X: y',
  });
});

test('more than three messages are counted', () => {
  const inputs = [1, 2, 3, 4, 5].map((number) => ({
    kind: 'Machine',
    name: `m${number}`,
    conditions: conditions({ type: 'Ready', status: 'False', reason: 'No', message: `reason ${number}` }),
  }));

  const { message } = aggregate(inputs, { target: 'MachinesReady', source: 'Ready', reasons: REASONS });

  expect(message?.split('\n')).toHaveLength(4);
  expect(message).toContain('And 2 Machines with other issues');
});

test('a negative condition aggregates to True when one object reports it', () => {
  const result = aggregate(
    [
      {
        kind: 'A',
        name: 'a',
        conditions: conditions({ type: 'ScalingUp', status: 'True', reason: 'R', message: 'from 0 to 1\n* because' }),
      },
      { kind: 'B', name: 'b', conditions: conditions({ type: 'ScalingUp', status: 'False', reason: 'R' }) },
    ],
    {
      target: 'ScalingUp',
      source: 'ScalingUp',
      sourceNegative: true,
      targetNegative: true,
      reasons: { issue: 'ScalingUp', unknown: 'ScalingUpUnknown', info: 'NotScalingUp' },
    },
  );

  expect(result).toMatchObject({
    status: 'True',
    reason: 'ScalingUp',
    message: '* A a:\n  * from 0 to 1\n    * because',
  });
});

test('the transition time moves with the status alone', () => {
  const before = conditions({ type: 'Ready', status: 'False', reason: 'A' });

  expect(setCondition(before, { type: 'Ready', status: 'False', reason: 'B' }, LATER)[0]?.lastTransitionTime).toBe(NOW);
  expect(setCondition(before, { type: 'Ready', status: 'True', reason: 'B' }, LATER)[0]?.lastTransitionTime).toBe(
    LATER,
  );
});

test('the order of storage does not depend on the order of arrival', () => {
  const types = ['Available', 'Ready', 'Paused', 'Deleting', 'example.com/Gate', 'MachinesReady', 'UpToDate'];
  fc.assert(
    fc.property(fc.shuffledSubarray(types, { minLength: types.length }), (order) => {
      const sorted = sortConditions(
        conditions(...order.map((type) => ({ type, status: 'True' as const, reason: 'R' }))),
      );

      expect(sorted.map((condition) => condition.type)).toEqual([
        'Available',
        'Ready',
        'UpToDate',
        'MachinesReady',
        'example.com/Gate',
        'Paused',
        'Deleting',
      ]);
    }),
  );
});
