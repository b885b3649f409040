import fc from 'fast-check';
import {
  type DeleteCandidate,
  type DeleteOrder,
  deletePriority,
  inDeleteOrder,
} from '../../../reconciler/cluster-api/machine-set/delete-order';
import { type PreflightInput, preflightFailures } from '../../../reconciler/cluster-api/machine-set/preflight';

const NOW = Date.UTC(2026, 0, 10);
const HOUR = 3600_000;

const candidate = fc.record<DeleteCandidate>({
  name: fc.string({ minLength: 1, maxLength: 8 }),
  createdAt: fc.integer({ min: 0, max: 400 * 24 }).map((hours) => NOW - hours * HOUR),
  deleting: fc.boolean(),
  marked: fc.boolean(),
  healthy: fc.boolean(),
  available: fc.boolean(),
});
const order = fc.constantFrom<DeleteOrder>('Random', 'Newest', 'Oldest');

test('machines in deletion go before marked ones, these before unhealthy ones, these before unavailable ones, these before all others', () => {
  fc.assert(
    fc.property(fc.array(candidate, { maxLength: 12 }), order, (machines, policy) => {
      const group = ({ deleting, marked, healthy, available }: DeleteCandidate) =>
        [deleting, marked, !healthy, !available, true].indexOf(true);
      const sorted = inDeleteOrder(machines, policy, NOW).map(group);

      expect(sorted).toEqual([...sorted].sort((a, b) => a - b));
    }),
  );
});

test('the order does not depend on how the machines were listed', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(candidate, { maxLength: 8, selector: (machine) => machine.name }),
      order,
      fc.nat(),
      (machines, policy, seed) => {
        const shuffled = [...machines].sort((a, b) => ((a.createdAt ^ seed) % 7) - ((b.createdAt ^ seed) % 7));

        expect(inDeleteOrder(shuffled, policy, NOW)).toEqual(inDeleteOrder(machines, policy, NOW));
      },
    ),
  );
});

test('Oldest and Newest are opposites for machines that serve', () => {
  const old = {
    name: 'a',
    createdAt: NOW - 100 * HOUR,
    deleting: false,
    marked: false,
    healthy: true,
    available: true,
  };
  const young = { ...old, name: 'b', createdAt: NOW - HOUR };

  expect(inDeleteOrder([young, old], 'Oldest', NOW)[0]).toBe(old);
  expect(inDeleteOrder([old, young], 'Newest', NOW)[0]).toBe(young);
  expect(deletePriority(old, 'Random', NOW)).toBe(deletePriority(young, 'Random', NOW));
});

const stable: PreflightInput = {
  controlPlaneName: 'KubeadmControlPlane ns/cp',
  controlPlane: { version: 'v1.34.1', versions: [{ version: 'v1.34.1' }] },
  version: 'v1.34.1',
  kubeadm: true,
  topologyManaged: false,
  skip: undefined,
};

test('machines wait while the control plane is provisioning or upgrading', () => {
  expect(preflightFailures(stable)).toEqual([]);
  expect(preflightFailures({ ...stable, controlPlane: { version: 'v1.34.1', versions: [] } })).toEqual([
    'KubeadmControlPlane ns/cp is provisioning ("ControlPlaneIsStable" preflight check failed)',
  ]);
  expect(
    preflightFailures({ ...stable, controlPlane: { version: 'v1.34.1', versions: [{ version: 'v1.33.4' }] } }),
  ).toEqual(['KubeadmControlPlane ns/cp is upgrading ("ControlPlaneIsStable" preflight check failed)']);
});

test.each([
  ['v1.35.0', ['KubernetesVersionSkew', 'KubeadmVersionSkew']],
  ['v1.30.9', ['KubernetesVersionSkew', 'KubeadmVersionSkew']],
  ['v1.31.0', ['KubeadmVersionSkew']],
  ['v1.34.9', []],
])('workers of %s beside a control plane of v1.34.1 fail %j', (version, checks) => {
  const failures = preflightFailures({ ...stable, version });

  expect(failures.map((failure) => /"(\w+)"/.exec(failure)?.[1])).toEqual(checks);
});

test('checks can be skipped by name or all together', () => {
  const input = { ...stable, version: 'v1.35.0' };

  expect(preflightFailures({ ...input, skip: 'KubernetesVersionSkew, KubeadmVersionSkew' })).toEqual([]);
  expect(preflightFailures({ ...input, skip: 'All' })).toEqual([]);
});

test('a control plane without a version is not judged', () => {
  expect(preflightFailures({ ...stable, controlPlane: { version: undefined, versions: [] } })).toEqual([]);
});
