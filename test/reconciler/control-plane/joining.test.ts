import type { Machine } from '../../../api/kinds';
import type { Condition } from '../../../machinery/conditions';
import { joinTimeLeft } from '../../../reconciler/control-plane/kubeadm-control-plane/joining';

const PROVISIONED = '2026-01-01T00:00:00Z';
const now = (minutes: number) => Date.parse(PROVISIONED) + minutes * 60_000;

function machine(infrastructure: Condition['status'] | undefined, status: Machine['status'] = {}): Machine {
  const condition = (value: Condition['status']): Condition => ({
    type: 'InfrastructureReady',
    status: value,
    reason: 'Any',
    message: '',
    lastTransitionTime: PROVISIONED,
  });
  return {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'Machine',
    metadata: { name: 'm', namespace: 'default' },
    spec: {
      clusterName: 'c',
      bootstrap: {},
      infrastructureRef: { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'TestMachine', name: 'm' },
    },
    status: { ...status, conditions: infrastructure === undefined ? [] : [condition(infrastructure)] },
  };
}

test('a machine may join for ten minutes after it was provisioned', () => {
  expect(joinTimeLeft(machine('True'), now(1))).toBe(9 * 60_000);
  expect(joinTimeLeft(machine('True'), now(10))).toBe(0);
  expect(joinTimeLeft(machine('True'), now(60))).toBe(0);
});

test('a machine whose Node was seen has joined', () => {
  expect(joinTimeLeft(machine('True', { nodeRef: { name: 'm' } }), now(1))).toBe(0);
});

test.each(['False', 'Unknown', undefined] as const)(
  'a machine whose infrastructure is ready: %s joins nothing',
  (status) => {
    expect(joinTimeLeft(machine(status), now(1))).toBe(0);
  },
);
