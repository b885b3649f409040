import * as fc from 'fast-check';
import { type PlanInput, planStep } from '../../../reconciler/control-plane/kubeadm-control-plane/plan';
import { isMachineHealthy } from '../../../reconciler/control-plane/kubeadm-control-plane/preflight';
import type { Candidate } from '../../../reconciler/control-plane/kubeadm-control-plane/selection';
import { HEALTHY, type MachineShape, machine } from './machines';

type CandidateShape = MachineShape & { readonly outdated?: boolean };

const candidate = (shape: CandidateShape): Candidate => {
  const built = machine({ conditions: HEALTHY, ...shape });
  return { machine: built, outdated: shape.outdated ?? false, healthy: isMachineHealthy(built, true) };
};
const input = (machines: readonly CandidateShape[], rest: Partial<PlanInput> = {}): PlanInput => ({
  candidates: machines.map(candidate),
  desiredReplicas: 3,
  maxSurge: 1,
  managedEtcd: true,
  certificatesAvailable: true,
  initialized: true,
  domains: [],
  mayReplace: false,
  ...rest,
});
const three = [
  { name: 'a', created: 1 },
  { name: 'b', created: 2 },
  { name: 'c', created: 3 },
];

test('the first machine initializes the cluster', () => {
  expect(planStep(input([]))).toEqual({ kind: 'initialize' });
});

test('as many machines as wanted, all up to date, are left alone', () => {
  expect(planStep(input(three))).toEqual({ kind: 'rest' });
});

test('a missing machine is added, but not while another one has no node', () => {
  expect(planStep(input(three.slice(0, 2)))).toEqual({ kind: 'scaleUp' });

  const step = planStep(input([{ name: 'a', conditions: {}, node: false }]));

  expect(step).toMatchObject({
    kind: 'wait',
    verdict: {
      messages: ['Machine a does not have a corresponding Node yet (Machine.status.nodeRef not set)'],
      componentsNotHealthy: true,
      etcdNotHealthy: true,
    },
  });
});

test('the replacement of a remediated machine may come while another one is unhealthy, but not while one is deleted', () => {
  const sick = { name: 'a', conditions: { ...HEALTHY, EtcdPodHealthy: 'False' } } as const;

  expect(planStep(input([sick, { name: 'b' }])).kind).toBe('wait');
  expect(planStep(input([sick, { name: 'b' }], { mayReplace: true })).kind).toBe('scaleUp');
  expect(planStep(input([sick, { name: 'b', deleting: true }], { mayReplace: true })).kind).toBe('wait');
});

test('the first machine is made anew when it never came to be and the definition was corrected meanwhile', () => {
  const unborn = { name: 'a', conditions: {}, node: false, provisioned: false, outdated: true } as const;

  expect(planStep(input([unborn], { initialized: false }))).toMatchObject({
    kind: 'startOver',
    machine: { metadata: { name: 'a' } },
  });
  expect(planStep(input([{ ...unborn, outdated: false }], { initialized: false })).kind).toBe('wait');
  expect(planStep(input([{ ...unborn, deleting: true }], { initialized: false })).kind).toBe('wait');
  expect(planStep(input([{ ...unborn, provisioned: true }], { initialized: false })).kind).toBe('wait');
  expect(planStep(input([unborn])).kind).toBe('wait');
});

test('nothing happens while a machine is being deleted', () => {
  const [first, ...others] = three;

  expect(planStep(input([{ ...first, name: 'a', deleting: true }, ...others], { desiredReplicas: 5 }))).toMatchObject({
    kind: 'wait',
    verdict: { hasDeletingMachine: true },
  });
});

test('outdated machines are replaced by a new one first, and then the oldest outdated one goes', () => {
  const outdated = three.map((shape) => ({ ...shape, outdated: true }));

  expect(planStep(input(outdated))).toEqual({ kind: 'scaleUp' });
  expect(planStep(input([...outdated, { name: 'd', created: 4 }]))).toMatchObject({
    kind: 'scaleDown',
    machine: { metadata: { name: 'a' } },
  });
});

test('without surge the old machine goes first, unless it is the only one', () => {
  const outdated = three.map((shape) => ({ ...shape, outdated: true }));

  expect(planStep(input(outdated, { maxSurge: 0 }))).toMatchObject({ kind: 'scaleDown' });
  expect(planStep(input([{ name: 'a', outdated: true }], { maxSurge: 0, desiredReplicas: 1 }))).toEqual({
    kind: 'scaleUp',
  });
});

test('an unhealthy machine may go itself, and stops the removal of every other', () => {
  const sick = {
    name: 'b',
    created: 2,
    outdated: true,
    conditions: { ...HEALTHY, APIServerPodHealthy: 'False' },
  } as const;

  const goes = planStep(input([{ name: 'a', outdated: true }, sick, { name: 'c' }, { name: 'd' }]));
  const stops = planStep(
    input([{ name: 'a', marked: true }, { ...sick, outdated: false }, { name: 'c' }, { name: 'd' }]),
  );

  expect(goes).toMatchObject({ kind: 'scaleDown', machine: { metadata: { name: 'b' } } });
  expect(stops).toMatchObject({ kind: 'wait' });
});

test('without certificates no machine is added', () => {
  expect(planStep(input(three.slice(0, 1), { certificatesAvailable: false }))).toMatchObject({ kind: 'wait' });
});

const shapes = fc.array(
  fc.record({
    created: fc.nat(5),
    outdated: fc.boolean(),
    marked: fc.boolean(),
    deleting: fc.boolean(),
    node: fc.boolean(),
    sick: fc.boolean(),
    failureDomain: fc.constantFrom('x', 'y', 'gone', undefined),
  }),
  { maxLength: 7 },
);

test('whatever the state: only one healthy step at a time, and never down to no machine', () => {
  void fc.assert(
    fc.property(shapes, fc.constantFrom(1, 3, 5), fc.constantFrom(0, 1), (list, desiredReplicas, maxSurge) => {
      const machines = list.map(({ sick, ...shape }, index) => ({
        ...shape,
        name: `m-${index}`,
        conditions: sick ? { ...HEALTHY, EtcdMemberHealthy: 'False' as const } : HEALTHY,
      }));
      const domains = [
        { name: 'x', controlPlane: true },
        { name: 'y', controlPlane: true },
      ];
      const plan = input(machines, { desiredReplicas, maxSurge, domains });
      const step = planStep(plan);
      const deleting = machines.some((shape) => shape.deleting);
      if (step.kind === 'scaleUp') {
        expect(deleting).toBe(false);
        expect(machines.length).toBeLessThan(desiredReplicas + 1);
        expect(plan.candidates.every((entry) => entry.healthy && entry.machine.status?.nodeRef !== undefined)).toBe(
          true,
        );
      }
      if (step.kind === 'scaleDown') {
        expect(deleting).toBe(false);
        expect(machines.length).toBeGreaterThan(1);
        const others = plan.candidates.filter((entry) => entry.machine !== step.machine);
        expect(others.every((entry) => entry.healthy && entry.machine.status?.nodeRef !== undefined)).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
});
