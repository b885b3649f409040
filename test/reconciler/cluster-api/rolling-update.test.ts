import fc from 'fast-check';
import {
  planOnDelete,
  planPaused,
  planRollingUpdate,
  type RolloutState,
  type ScalePlan,
  type SetScale,
} from '../../../reconciler/cluster-api/machine-deployment/rolling-update';

type Health = 'starting' | 'available' | 'deleting';

/** A MachineSet with machines that start and leave one by one, in an order chosen by `choose`. */
interface Model {
  readonly name: string;
  readonly createdAt: string;
  desired: number;
  machines: Health[];
}

function scaleOf(set: Model): SetScale {
  return {
    name: set.name,
    createdAt: set.createdAt,
    desired: set.desired,
    existing: set.machines.length,
    available: set.machines.filter((health) => health === 'available').length,
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function machineSetActs(set: Model): void {
  const alive = set.machines.filter((health) => health !== 'deleting').length;
  for (let missing = set.desired - alive; missing > 0; missing--) set.machines.push('starting');
  for (let surplus = alive - set.desired; surplus > 0; surplus--) {
    const index = set.machines.indexOf('starting');
    const victim = index >= 0 ? index : set.machines.indexOf('available');
    set.machines[victim] = 'deleting';
  }
}

function worldActs(sets: readonly Model[], choose: (bound: number) => number): void {
  const moving = sets.flatMap((set) =>
    set.machines.flatMap((health, index) => (health === 'available' ? [] : [{ set, index, health }])),
  );
  if (moving.length === 0) return;
  const one = moving[choose(moving.length)];
  if (one === undefined) return;
  if (one.health === 'starting') one.set.machines[one.index] = 'available';
  else one.set.machines.splice(one.index, 1);
}

function stateOf(sets: readonly Model[], replicas: number, maxSurge: number, maxUnavailable: number): RolloutState {
  const scales = sets.map(scaleOf);
  const current = scales.at(-1);
  if (current === undefined) throw new Error('no set');
  return { replicas, maxSurge, maxUnavailable, current, old: scales.slice(0, -1) };
}

function applyPlan(sets: readonly Model[], plan: ScalePlan): void {
  for (const set of sets) set.desired = plan.get(set.name) ?? set.desired;
}

const available = (count: number): Health[] => Array.from({ length: count }, () => 'available');

const rollout = fc
  .record({
    replicas: fc.integer({ min: 1, max: 8 }),
    maxSurge: fc.integer({ min: 0, max: 4 }),
    maxUnavailable: fc.integer({ min: 0, max: 4 }),
    oldSets: fc.integer({ min: 1, max: 3 }),
    choices: fc.infiniteStream(fc.nat(1000)),
  })
  .filter(({ maxSurge, maxUnavailable }) => maxSurge + maxUnavailable > 0);

test('a rolling update stays within surge and unavailability at every step, and ends', () => {
  fc.assert(
    fc.property(rollout, ({ replicas, maxSurge, maxUnavailable, oldSets, choices }) => {
      const sets: Model[] = Array.from({ length: oldSets + 1 }, (_, index) => {
        const share = Math.floor(replicas / oldSets) + (index < replicas % oldSets ? 1 : 0);
        const count = index < oldSets ? share : 0;
        return {
          name: `set-${index}`,
          createdAt: `2026-01-0${index + 1}T00:00:00Z`,
          desired: count,
          machines: available(count),
        };
      });
      const choose = (bound: number) => (choices.next().value ?? 0) % bound;
      const minAvailable = Math.max(0, replicas - maxUnavailable);

      let steps = 0;
      const isDone = () =>
        sets.slice(0, -1).every((set) => set.desired === 0 && set.machines.length === 0) &&
        sets.at(-1)?.machines.filter((health) => health === 'available').length === replicas;
      while (!isDone()) {
        // Controllers act in any order and not always.
        if (choose(3) !== 0) applyPlan(sets, planRollingUpdate(stateOf(sets, replicas, maxSurge, maxUnavailable)));
        for (const set of sets) if (choose(4) !== 0) machineSetActs(set);
        if (choose(3) !== 0) worldActs(sets, choose);

        expect(sum(sets.map((set) => set.machines.length))).toBeLessThanOrEqual(replicas + maxSurge);
        expect(sum(sets.map((set) => scaleOf(set).available))).toBeGreaterThanOrEqual(minAvailable);
        steps++;
        if (steps > 2000) throw new Error('the rollout does not end');
      }
    }),
    { numRuns: 300 },
  );
});

test('a finished rollout plans nothing, and a plan applied twice is the same plan', () => {
  fc.assert(
    fc.property(rollout, ({ replicas, maxSurge, maxUnavailable }) => {
      const done: Model[] = [
        { name: 'old', createdAt: '2026-01-01T00:00:00Z', desired: 0, machines: [] },
        { name: 'new', createdAt: '2026-01-02T00:00:00Z', desired: replicas, machines: available(replicas) },
      ];
      const state = stateOf(done, replicas, maxSurge, maxUnavailable);

      expect([...planRollingUpdate(state)]).toEqual([
        ['new', replicas],
        ['old', 0],
      ]);
    }),
  );
});

test('new machines that never come up do not cost old machines that serve', () => {
  const state: RolloutState = {
    replicas: 3,
    maxSurge: 0,
    maxUnavailable: 1,
    current: { name: 'new', createdAt: '2026-01-02T00:00:00Z', desired: 1, existing: 1, available: 0 },
    old: [{ name: 'old', createdAt: '2026-01-01T00:00:00Z', desired: 2, existing: 2, available: 2 }],
  };

  expect(planRollingUpdate(state).get('old')).toBe(2);
});

test('a broken rollout is undone although its machines never came up', () => {
  const state: RolloutState = {
    replicas: 3,
    maxSurge: 1,
    maxUnavailable: 0,
    current: { name: 'third', createdAt: '2026-01-03T00:00:00Z', desired: 0, existing: 0, available: 0 },
    old: [
      { name: 'first', createdAt: '2026-01-01T00:00:00Z', desired: 3, existing: 3, available: 3 },
      { name: 'broken', createdAt: '2026-01-02T00:00:00Z', desired: 1, existing: 1, available: 0 },
    ],
  };

  const plan = planRollingUpdate(state);

  expect(Object.fromEntries(plan)).toEqual({ third: 0, first: 3, broken: 0 });
});

test('the first MachineSet gets all replicas at once', () => {
  const current = { name: 'first', createdAt: '2026-01-01T00:00:00Z', desired: 0, existing: 0, available: 0 };

  expect(planRollingUpdate({ replicas: 5, maxSurge: 1, maxUnavailable: 0, current, old: [] }).get('first')).toBe(5);
});

test('OnDelete replaces a machine that the user deleted, and no other', () => {
  const current = { name: 'new', createdAt: '2026-01-02T00:00:00Z', desired: 0, existing: 0, available: 0 };
  const old = { name: 'old', createdAt: '2026-01-01T00:00:00Z', desired: 3, existing: 3, available: 3 };

  expect(
    Object.fromEntries(planOnDelete({ replicas: 3, maxSurge: 0, maxUnavailable: 0, current, old: [old] })),
  ).toEqual({
    new: 0,
    old: 3,
  });
  expect(
    Object.fromEntries(
      planOnDelete({ replicas: 3, maxSurge: 0, maxUnavailable: 0, current, old: [{ ...old, existing: 2 }] }),
    ),
  ).toEqual({ new: 1, old: 2 });
  expect(
    Object.fromEntries(planOnDelete({ replicas: 2, maxSurge: 0, maxUnavailable: 0, current, old: [old] })),
  ).toEqual({ new: 0, old: 2 });
});

test('a paused MachineDeployment keeps its rollout where it is, and shares scaling by size', () => {
  const set = (name: string, size: number): SetScale => ({
    name,
    createdAt: '2026-01-01T00:00:00Z',
    desired: size,
    existing: size,
    available: size,
  });

  expect(
    Object.fromEntries(
      planPaused({ replicas: 3, maxSurge: 1, maxUnavailable: 0, current: set('new', 1), old: [set('old', 3)] }),
    ),
  ).toEqual({ new: 1, old: 3 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 30 }),
      (a, b, replicas) => {
        const plan = planPaused({
          replicas,
          maxSurge: 1,
          maxUnavailable: 0,
          current: set('new', a),
          old: [set('old', b)],
        });
        const total = sum([...plan.values()]);

        expect(total).toBeGreaterThanOrEqual(Math.min(replicas, a === replicas ? replicas : 0));
        expect(total).toBeLessThanOrEqual(replicas === 0 ? 0 : replicas + 1);
        expect([...plan.values()].every((size) => size >= 0)).toBe(true);
      },
    ),
  );
});
