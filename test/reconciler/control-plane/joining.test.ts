import type { Machine } from '../../../api/kinds';
import type { Condition } from '../../../machinery/conditions';
import { joinTimeLeft } from '../../../reconciler/control-plane/kubeadm-control-plane/joining';

const PROVISIONED = '2026-01-01T00:00:00Z';
const now = (minutes: number) => Date.parse(PROVISIONED) + minutes * 60_000;

function machine(status: Machine['status'], ready: Condition['status'] = 'True'): Machine {
  const infrastructure = { type: 'InfrastructureReady', status: ready, reason: 'Any', message: '' };
  return {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'Machine',
    metadata: { name: 'm', namespace: 'default' },
    spec: {
      clusterName: 'c',
      bootstrap: {},
      infrastructureRef: { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'TestMachine', name: 'm' },
    },
    status: { ...status, conditions: [{ ...infrastructure, lastTransitionTime: PROVISIONED }] },
  };
}

const provisioned = { initialization: { infrastructureProvisioned: true } };

test.each(['True', 'False'] as const)(
  'a machine may join for ten minutes, be its infrastructure ready: %s',
  (ready) => {
    expect(joinTimeLeft(machine(provisioned, ready), now(1))).toBe(9 * 60_000);
    expect(joinTimeLeft(machine(provisioned, ready), now(10))).toBe(0);
    expect(joinTimeLeft(machine(provisioned, ready), now(60))).toBe(0);
  },
);

test('a machine whose Node was seen has joined, and one without a VM joins nothing', () => {
  expect(joinTimeLeft(machine({ ...provisioned, nodeRef: { name: 'm' } }), now(1))).toBe(0);
  expect(joinTimeLeft(machine({}), now(1))).toBe(0);
});
