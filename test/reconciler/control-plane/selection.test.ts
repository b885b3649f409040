import * as fc from 'fast-check';
import { SeededRandom } from '../../../machinery/random';
import {
  type Candidate,
  selectFailureDomain,
  selectForScaleDown,
} from '../../../reconciler/control-plane/kubeadm-control-plane/selection';
import { type MachineShape, machine } from './machines';

type Shape = MachineShape & { readonly outdated?: boolean; readonly healthy?: boolean };
const candidates = (...shapes: readonly Shape[]): Candidate[] =>
  shapes.map((shape) => ({
    machine: machine(shape),
    outdated: shape.outdated ?? false,
    healthy: shape.healthy ?? true,
  }));
const offered = ['x', 'y', 'z'].map((name) => ({ name, controlPlane: true }));
const chosen = (list: Candidate[], domains = offered) => selectForScaleDown(list, domains)?.metadata.name;

test.each<[string, string, Shape[]]>([
  [
    'outdated and marked',
    'c',
    [
      { name: 'a', marked: true },
      { name: 'b', outdated: true },
      { name: 'c', marked: true, outdated: true },
    ],
  ],
  [
    'marked',
    'a',
    [{ name: 'a', marked: true, created: 9 }, { name: 'b', outdated: true, healthy: false }, { name: 'c' }],
  ],
  [
    'outdated and unhealthy',
    'b',
    [
      { name: 'a', outdated: true },
      { name: 'b', outdated: true, healthy: false, created: 9 },
      { name: 'c', healthy: false },
    ],
  ],
  ['outdated', 'b', [{ name: 'a', healthy: false }, { name: 'b', outdated: true, created: 9 }, { name: 'c' }]],
  [
    'the oldest of all',
    'b',
    [
      { name: 'a', created: 2 },
      { name: 'b', created: 1 },
      { name: 'c', created: 3 },
    ],
  ],
])('scale down takes what is %s', (_what, name, shapes) => {
  expect(chosen(candidates(...shapes), [])).toBe(name);
});

test('within the set the fullest failure domain gives first, and one that is not offered before it', () => {
  const list = candidates(
    { name: 'a', failureDomain: 'x', created: 1 },
    { name: 'b', failureDomain: 'y', created: 2 },
    { name: 'c', failureDomain: 'y', created: 3 },
  );

  expect(chosen(list)).toBe('b');
  expect(chosen([...list, ...candidates({ name: 'd', failureDomain: 'gone', created: 4 })])).toBe('d');
});

test('an empty control plane has nothing to give', () => {
  expect(selectForScaleDown([], offered)).toBeUndefined();
});

test('a new machine goes where fewest machines stay, then where fewest are', () => {
  const list = candidates(
    { name: 'a', failureDomain: 'x' },
    { name: 'b', failureDomain: 'y', outdated: true },
    { name: 'c', failureDomain: 'z', deleting: true },
    { name: 'd', failureDomain: 'z', outdated: true },
  );

  expect(selectFailureDomain(list, offered, new SeededRandom(1))).toBe('y');
  expect(selectFailureDomain(list, [], new SeededRandom(1))).toBeUndefined();
  expect(selectFailureDomain([], [{ name: 'w', controlPlane: false }], new SeededRandom(1))).toBeUndefined();
});

test('domains fill up evenly, whatever the dice say', () => {
  void fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 9 }), (seed, count) => {
      const random = new SeededRandom(seed);
      const list: Candidate[] = [];
      for (let index = 0; index < count; index++) {
        const failureDomain = selectFailureDomain(list, offered, random);
        list.push(...candidates({ name: `m-${index}`, failureDomain }));
      }
      const loads = offered.map(({ name }) => list.filter((entry) => entry.machine.spec.failureDomain === name).length);
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
    }),
  );
});

test('the choice does not depend on the order of the machines', () => {
  const shapes = fc.array(
    fc.record({ created: fc.nat(3), outdated: fc.boolean(), failureDomain: fc.constantFrom('x', 'y', 'gone') }),
    { minLength: 1, maxLength: 6 },
  );
  void fc.assert(
    fc.property(shapes, (list) => {
      const all = candidates(...list.map((shape, index) => ({ ...shape, name: `m-${index}` })));

      expect(chosen([...all].reverse())).toBe(chosen(all));
    }),
  );
});
