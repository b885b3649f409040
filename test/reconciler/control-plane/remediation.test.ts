import type { EtcdMember } from '../../../api/ports';
import {
  mayReplace,
  planRemediation,
  type RemediationInput,
  recoveredMachines,
} from '../../../reconciler/control-plane/kubeadm-control-plane/remediation';
import { readRemediation } from '../../../reconciler/control-plane/kubeadm-control-plane/remediation-data';
import { UNHEALTHY } from './health-check';
import { HEALTHY, type MachineShape, machine } from './machines';

const NOW = Date.UTC(2026, 0, 2);
const REMEDIATION_FOR = 'controlplane.cluster.x-k8s.io/remediation-for';
const sick = { ...HEALTHY, ...UNHEALTHY };
const member = (name: string): EtcdMember => ({ id: name, name, isLearner: false, peerUrls: [], clientUrls: [] });

function plan(shapes: readonly MachineShape[], rest: Partial<RemediationInput> = {}) {
  const machines = shapes.map((shape) => machine({ conditions: HEALTHY, ...shape }));
  const joined = machines.filter(({ status }) => status?.nodeRef !== undefined);
  return planRemediation({
    machines,
    initialized: true,
    managedEtcd: true,
    etcdMembers: joined.map(({ metadata }) => member(metadata.name)),
    inProgress: undefined,
    limits: {},
    now: NOW,
    ...rest,
  });
}

const reasonOf = (step: ReturnType<typeof plan>) => (step.kind === 'wait' ? step.report.reason : step.kind);
const failedBefore = (retryCount: number, secondsAgo: number) => ({
  [REMEDIATION_FOR]: JSON.stringify({
    machine: 'before',
    timestamp: new Date(NOW - secondsAgo * 1000).toISOString(),
    retryCount,
  }),
});

test('one unhealthy machine of three is replaced, and what is stored says which and when', () => {
  expect(plan([{ name: 'a' }, { name: 'b', conditions: sick }, { name: 'c' }])).toMatchObject({
    kind: 'remediate',
    machine: { metadata: { name: 'b' } },
    data: { machine: 'b', timestamp: '2026-01-02T00:00:00Z', retryCount: 0 },
  });
});

test('a machine whose health check failed is left alone unless its owner is asked', () => {
  const judged = { name: 'b', conditions: { ...HEALTHY, HealthCheckSucceeded: 'False' } } as const;

  expect(plan([{ name: 'a' }, judged, { name: 'c' }])).toEqual({ kind: 'none' });
});

test.each<[string, readonly MachineShape[], string]>([
  ['it is the only one', [{ name: 'a', conditions: sick }], 'CannotBeRemediated'],
  [
    'another one is coming up',
    [
      { name: 'a', conditions: sick },
      { name: 'b', node: false },
    ],
    'RemediationDeferred',
  ],
  [
    'another one is going',
    [{ name: 'a', conditions: sick }, { name: 'b' }, { name: 'c', deleting: true }],
    'RemediationDeferred',
  ],
  [
    'etcd would lose its quorum',
    [
      { name: 'a', conditions: sick },
      { name: 'b', conditions: { ...HEALTHY, EtcdMemberHealthy: 'False' } },
      { name: 'c' },
    ],
    'CannotBeRemediated',
  ],
  [
    'no API server would be left',
    [
      { name: 'a', conditions: sick },
      { name: 'b', conditions: { ...HEALTHY, APIServerPodHealthy: 'False' } },
      { name: 'c', conditions: { ...HEALTHY, APIServerPodHealthy: 'False' } },
    ],
    'CannotBeRemediated',
  ],
])('a machine stays when %s', (_title, shapes, reason) => {
  expect(reasonOf(plan(shapes))).toBe(reason);
});

test('a machine stays while etcd does not answer, or has a member that belongs to no machine', () => {
  const shapes = [{ name: 'a', conditions: sick }, { name: 'b' }, { name: 'c' }];

  expect(reasonOf(plan(shapes, { etcdMembers: undefined }))).toBe('CannotBeRemediated');
  expect(reasonOf(plan(shapes, { etcdMembers: ['a', 'b', 'c', 'x'].map(member) }))).toBe('CannotBeRemediated');
});

test('before the control plane is initialized its only machine may go', () => {
  const step = plan([{ name: 'a', node: false, conditions: UNHEALTHY }], { initialized: false });

  expect(step.kind).toBe('remediate');
});

test('attempts are counted, spaced and limited, and after a healthy hour counted anew', () => {
  const attempt = (retryCount: number, secondsAgo: number) =>
    plan([{ name: 'a', node: false, conditions: UNHEALTHY, annotations: failedBefore(retryCount, secondsAgo) }], {
      initialized: false,
      limits: { maxRetry: 2, retryPeriodSeconds: 60 },
    });

  expect(attempt(0, 61)).toMatchObject({ kind: 'remediate', data: { retryCount: 1 } });
  expect(attempt(0, 20)).toMatchObject({ report: { reason: 'RemediationDeferred' }, retryAfterMs: 40_000 });
  expect(attempt(2, 61)).toMatchObject({
    report: {
      reason: 'CannotBeRemediated',
      message:
        "KubeadmControlPlane can't remediate this machine because the operation already failed 2 times (MaxRetry)",
    },
  });
  expect(attempt(2, 3601)).toMatchObject({ kind: 'remediate', data: { retryCount: 0 } });
});

test('of several the worst goes first: asked for, without node, etcd, API server, oldest', () => {
  const shapes: readonly MachineShape[] = [
    { name: 'old', created: 1, conditions: sick },
    { name: 'api', created: 2, conditions: { ...sick, APIServerPodHealthy: 'False' } },
    { name: 'etcd', created: 3, conditions: { ...sick, EtcdMemberHealthy: 'False' } },
    { name: 'asked', created: 4, conditions: sick, annotations: { 'cluster.x-k8s.io/remediate-machine': '' } },
  ];
  const order: string[] = [];
  for (let left = shapes; left.length > 0; left = left.filter(({ name }) => name !== order.at(-1))) {
    const step = plan(left, { initialized: false });
    order.push(step.kind === 'none' ? '' : step.machine.metadata.name);
  }

  expect(order).toEqual(['asked', 'etcd', 'api', 'old']);
});

test('while a replacement is to come no other machine goes; one that was begun goes on', () => {
  const shapes = [{ name: 'a', conditions: sick }, { name: 'b', conditions: sick }, { name: 'c' }];
  const data = (name: string) => ({ machine: name, timestamp: '2026-01-01T00:00:00Z', retryCount: 1 });

  expect(plan(shapes, { inProgress: data('gone') })).toEqual({ kind: 'none' });
  expect(plan(shapes, { inProgress: data('b') })).toMatchObject({
    machine: { metadata: { name: 'b' } },
    data: data('b'),
  });
});

test('another broken machine goes first where etcd cannot take the replacement in, but can spare that machine', () => {
  const lost = { ...sick, EtcdMemberHealthy: 'False', APIServerPodHealthy: 'False' } as const;
  const shapes = [{ name: 'a' }, { name: 'b', conditions: lost }, { name: 'c' }];
  const inProgress = { machine: 'gone', timestamp: '2026-01-01T00:00:00Z', retryCount: 2 };

  expect(plan(shapes, { inProgress })).toMatchObject({
    kind: 'remediate',
    machine: { metadata: { name: 'b' } },
    data: { machine: 'b', timestamp: '2026-01-02T00:00:00Z', retryCount: 2 },
  });
  expect(plan(shapes, { inProgress, etcdMembers: undefined })).toEqual({ kind: 'none' });
  expect(plan(shapes.slice(0, 2), { inProgress, initialized: false })).toEqual({ kind: 'none' });
});

test('a replacement may join a control plane that has its quorum with it and one working API server', () => {
  const machines = [machine({ name: 'a', conditions: HEALTHY }), machine({ name: 'b', conditions: {} })];
  const etcdMembers = machines.map(({ metadata }) => member(metadata.name));
  const noEtcd = [machine({ name: 'a', conditions: { ...HEALTHY, EtcdMemberHealthy: 'False' } })];

  expect(mayReplace({ machines: machines.slice(0, 1), managedEtcd: true, etcdMembers: [member('a')] })).toBe(true);
  expect(mayReplace({ machines, managedEtcd: true, etcdMembers })).toBe(false);
  expect(mayReplace({ machines, managedEtcd: false, etcdMembers: undefined })).toBe(true);
  expect(mayReplace({ machines: noEtcd, managedEtcd: true, etcdMembers: undefined })).toBe(false);
});

test('machines that recovered are found, and a broken annotation counts as none', () => {
  const recovered = machine({ name: 'a', conditions: { HealthCheckSucceeded: 'True', OwnerRemediated: 'False' } });

  expect(recoveredMachines([recovered, machine({ name: 'b', conditions: UNHEALTHY })])).toEqual([recovered]);
  expect([readRemediation('{'), readRemediation('[]'), readRemediation(undefined)]).toEqual(Array(3).fill(undefined));
});
