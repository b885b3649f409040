import fc from 'fast-check';
import type { Node, Pod } from '../../../api/kinds';
import {
  mayTouchNode,
  needsDrain,
  needsVolumeDetach,
  preDrainHooks,
} from '../../../reconciler/cluster-api/machine/deletion-guards';
import { decideDrain, drainMessage, sortPods } from '../../../reconciler/cluster-api/machine/drain-pods';
import { type NodeFacts, nodeReports } from '../../../reconciler/cluster-api/machine/node-conditions';
import {
  annotationsForNode,
  labelsForNode,
  nodeAsIntended,
} from '../../../reconciler/cluster-api/machine/node-metadata';
import { phaseOf } from '../../../reconciler/cluster-api/machine/phase';

const NOW = Date.UTC(2026, 0, 1);
const running = { now: NOW, nodeUnreachable: false, daemonSets: new Set(['apps/agent']) };

function pod(name: string, metadata: Partial<Pod['metadata']> = {}, phase = 'Running'): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'apps', ...metadata },
    spec: { containers: [] },
    status: { phase },
  };
}

const daemon = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: '1', controller: true };

test.each([
  ['an ordinary pod is evicted', pod('a'), { kind: 'evict' }],
  ['a pod in deletion is waited for', pod('a', { deletionTimestamp: '2025-12-31T23:59:00Z' }), { kind: 'terminating' }],
  [
    'a static pod stays',
    pod('a', { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
    { kind: 'skip', why: 'mirror' },
  ],
  ['a DaemonSet pod stays', pod('a', { ownerReferences: [daemon] }), { kind: 'skip', why: 'daemon-set' }],
  ['drain: skip stays', pod('a', { labels: { 'cluster.x-k8s.io/drain': 'Skip' } }), { kind: 'skip', why: 'labelled' }],
  ['wait-completed may finish', pod('a', { labels: { 'cluster.x-k8s.io/drain': 'wait-completed' } }), { kind: 'wait' }],
  [
    'wait-completed has finished',
    pod('a', { labels: { 'cluster.x-k8s.io/drain': 'wait-completed' } }, 'Succeeded'),
    { kind: 'skip', why: 'finished' },
  ],
])('%s', (_title, subject, decision) => {
  expect(decideDrain(subject, running)).toEqual(decision);
});

test('a pod of a DaemonSet that is gone is evicted as an orphan', () => {
  const orphan = pod('a', { ownerReferences: [daemon] });

  expect(decideDrain(orphan, { ...running, daemonSets: new Set() })).toEqual({ kind: 'evict' });
});

test('pods in deletion on an unreachable node are not waited for', () => {
  const leaving = pod('a', { deletionTimestamp: '2025-12-31T23:59:00Z' });

  expect(decideDrain(leaving, { ...running, nodeUnreachable: true })).toEqual({ kind: 'skip', why: 'unreachable' });
});

test('a drain says what it waits for', () => {
  const progress = sortPods([pod('b'), pod('a', { deletionTimestamp: '2025-12-31T23:59:00Z' })], running);

  expect(drainMessage(progress, { refused: progress.toEvict, failed: [] }, '2026-01-01T00:00:00Z').split('\n')).toEqual(
    [
      'Drain not completed yet (started at 2026-01-01T00:00:00Z):',
      '* Pods with deletionTimestamp that still exist: apps/a',
      "* Cannot evict pods as it would violate the pod's disruption budget: apps/b",
    ],
  );
});

const touchable = {
  clusterDeleting: false,
  controlPlaneDeleting: false,
  nodeRef: 'n',
  isControlPlane: false,
  otherControlPlaneMachines: 0,
  externallyManagedControlPlane: false,
};

test('nothing is drained when the cluster, its control plane or the last API server goes', () => {
  expect(mayTouchNode(touchable)).toBe(true);
  expect(mayTouchNode({ ...touchable, clusterDeleting: true })).toBe(false);
  expect(mayTouchNode({ ...touchable, controlPlaneDeleting: true })).toBe(false);
  expect(mayTouchNode({ ...touchable, nodeRef: undefined })).toBe(false);
  expect(mayTouchNode({ ...touchable, isControlPlane: true })).toBe(false);
  expect(mayTouchNode({ ...touchable, isControlPlane: true, otherControlPlaneMachines: 1 })).toBe(true);
  expect(mayTouchNode({ ...touchable, isControlPlane: true, externallyManagedControlPlane: true })).toBe(true);
});

const stage = { annotations: {}, times: {}, timeoutSeconds: 60, infrastructureGone: false, now: NOW };
const minuteAgo = '2025-12-31T23:59:00Z';

test('a stage of the deletion ends by its timeout, by an annotation, and is never entered again', () => {
  expect(needsDrain(stage)).toBe(true);
  expect(needsDrain({ ...stage, times: { nodeDrainStartTime: minuteAgo } })).toBe(false);
  expect(needsDrain({ ...stage, timeoutSeconds: 0, times: { nodeDrainStartTime: minuteAgo } })).toBe(true);
  expect(needsDrain({ ...stage, times: { waitForNodeVolumeDetachStartTime: minuteAgo } })).toBe(false);
  expect(needsDrain({ ...stage, annotations: { 'machine.cluster.x-k8s.io/exclude-node-draining': '' } })).toBe(false);
  expect(needsDrain({ ...stage, infrastructureGone: true })).toBe(false);
  expect(needsVolumeDetach({ ...stage, times: { nodeDrainStartTime: minuteAgo } })).toBe(true);
  expect(needsVolumeDetach({ ...stage, times: { waitForPreTerminateHookStartTime: minuteAgo } })).toBe(false);
});

test('hooks are the annotation itself or anything below it', () => {
  const prefix = 'pre-drain.delete.hook.machine.cluster.x-k8s.io';

  expect(preDrainHooks({ [`${prefix}/b`]: '', [prefix]: '', [`${prefix}x`]: '', other: '' })).toEqual([
    prefix,
    `${prefix}/b`,
  ]);
});

const node: Node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n', labels: { own: 'x' } },
  spec: { providerID: 'p', taints: [{ key: 'node.cluster.x-k8s.io/uninitialized', effect: 'NoSchedule' }] },
};
const machine = {
  apiVersion: 'cluster.x-k8s.io/v1beta2',
  kind: 'Machine',
  metadata: { name: 'm', namespace: 'ns', labels: { 'node-role.kubernetes.io/web': '', 'example.com/no': 'x' } },
  spec: { clusterName: 'c' },
};

test('a node gets the labels of its machine that belong there, back references, and loses the uninitialized taint', () => {
  const intended = nodeAsIntended(node, { machine, outdated: false, interruptible: false });

  expect(intended.metadata.labels).toEqual({ own: 'x', 'node-role.kubernetes.io/web': '' });
  expect(intended.metadata.annotations).toEqual({
    'cluster.x-k8s.io/cluster-name': 'c',
    'cluster.x-k8s.io/cluster-namespace': 'ns',
    'cluster.x-k8s.io/machine': 'm',
    'cluster.x-k8s.io/labels-from-machine': 'node-role.kubernetes.io/web',
    'cluster.x-k8s.io/annotations-from-machine': '',
    'cluster.x-k8s.io/taints-from-machine': '',
  });
  expect(intended.spec?.taints).toBeUndefined();
});

test('a label that leaves the machine leaves the node; foreign labels stay', () => {
  const first = nodeAsIntended(node, { machine, outdated: true, interruptible: false });
  const without = { ...machine, metadata: { ...machine.metadata, labels: {} } };

  const second = nodeAsIntended(first, { machine: without, outdated: undefined, interruptible: false });

  expect(second.metadata.labels).toEqual({ own: 'x' });
  expect(second.spec?.taints).toEqual([{ key: 'node.cluster.x-k8s.io/outdated-revision', effect: 'PreferNoSchedule' }]);
});

test('a node that is as intended stays as it is', () => {
  const key = fc.constantFrom(
    'node-role.kubernetes.io/a',
    'x.node.cluster.x-k8s.io/b',
    'node-restriction.kubernetes.io/c',
    'foreign/d',
    'plain',
  );
  fc.assert(
    fc.property(fc.dictionary(key, fc.string({ maxLength: 5 })), fc.boolean(), (labels, outdated) => {
      const intent = {
        machine: { ...machine, metadata: { ...machine.metadata, labels } },
        outdated,
        interruptible: false,
      };
      const once = nodeAsIntended(node, intent);

      expect(nodeAsIntended(once, intent)).toEqual(once);
      expect(Object.keys(labelsForNode(labels))).not.toContain('foreign/d');
      expect(annotationsForNode(labels)).toEqual({});
    }),
  );
});

const facts: NodeFacts = {
  clusterInfrastructureProvisioned: true,
  controlPlaneInitialized: true,
  machineDeleting: false,
  connected: true,
  graceOver: false,
  lastProbe: undefined,
  infrastructureKind: 'DevMachine',
  providerId: 'p',
  nodeRef: 'n',
  node: undefined,
};

test.each<[string, Partial<NodeFacts>, string]>([
  ['before the infrastructure', { clusterInfrastructureProvisioned: false }, 'Unknown/InspectionFailed'],
  ['before the control plane', { controlPlaneInitialized: false }, 'Unknown/InspectionFailed'],
  ['before the provider id', { nodeRef: undefined, providerId: undefined }, 'Unknown/InspectionFailed'],
  ['before the node', { nodeRef: undefined }, 'Unknown/InspectionFailed'],
  ['a node that is gone', {}, 'False/NodeDeleted'],
  ['a machine in deletion without node', { nodeRef: undefined, machineDeleting: true }, 'Unknown/NodeDoesNotExist'],
  ['a silent cluster, long', { connected: false, graceOver: true }, 'Unknown/ConnectionDown'],
])('node conditions: %s', (_title, part, expected) => {
  const reports = nodeReports({ ...facts, ...part });

  expect(reports?.map(({ status, reason }) => `${status}/${reason}`)).toEqual([expected, expected]);
});

test('what was known stands while a cluster is silent only for a moment', () => {
  expect(nodeReports({ ...facts, connected: false })).toBeUndefined();
});

test('pressure makes a ready node unhealthy', () => {
  const conditions = [
    { type: 'Ready', status: 'True' },
    { type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure', message: 'disk is full' },
  ];

  const reports = nodeReports({ ...facts, node: { ...node, status: { conditions } } });

  expect(reports).toEqual([
    { type: 'NodeHealthy', status: 'False', reason: 'NodeNotHealthy', message: '* Node.DiskPressure: disk is full' },
    { type: 'NodeReady', status: 'True', reason: 'NodeReady' },
  ]);
});

test('phases go forward as a machine comes up', () => {
  const none = {
    deleting: false,
    bootstrapDataSecretCreated: false,
    infrastructureProvisioned: false,
    providerId: undefined,
    nodeRef: undefined,
  };
  const steps = [
    none,
    { ...none, bootstrapDataSecretCreated: true },
    { ...none, bootstrapDataSecretCreated: true, infrastructureProvisioned: true, providerId: 'p' },
    { ...none, bootstrapDataSecretCreated: true, infrastructureProvisioned: true, providerId: 'p', nodeRef: 'n' },
    { ...none, deleting: true, nodeRef: 'n' },
  ];

  expect(steps.map(phaseOf)).toEqual(['Pending', 'Provisioning', 'Provisioned', 'Running', 'Deleting']);
});
