import { MachineDeployment, type MachineSet } from '../../../api/kinds';
import { valueAt } from '../../../machinery/json';
import {
  currentRevision,
  currentSet,
  newSet,
  syncedSet,
  templateHash,
} from '../../../reconciler/cluster-api/machine-deployment/machine-sets';
import { newMachine, syncedMachine } from '../../../reconciler/cluster-api/machine-set/intents';
import { selectorOf } from '../../../reconciler/cluster-api/selector';
import { isRolloutAfterExpired, rolloutReasons } from '../../../reconciler/cluster-api/template-equality';

const NOW = Date.UTC(2026, 0, 2);

function template(version: string, infrastructure = 'a') {
  return {
    clusterName: 'c',
    version,
    bootstrap: { configRef: { apiGroup: 'bootstrap.cluster.x-k8s.io', kind: 'KubeadmConfigTemplate', name: 'b' } },
    infrastructureRef: {
      apiGroup: 'infrastructure.cluster.x-k8s.io',
      kind: 'DevMachineTemplate',
      name: infrastructure,
    },
  };
}

function deployment(version: string): MachineDeployment {
  return MachineDeployment.withDefaults({
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'MachineDeployment',
    metadata: {
      name: 'md',
      namespace: 'ns',
      uid: 'u',
      annotations: { keep: 'x', 'machinedeployment.clusters.x-k8s.io/revision': '7' },
    },
    spec: { clusterName: 'c', replicas: 3, selector: {}, template: { spec: template(version) } },
  });
}

function machineSet(
  name: string,
  version: string,
  revision: number,
  replicas = 0,
  createdAt = '2026-01-01T00:00:00Z',
): MachineSet {
  return {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'MachineSet',
    metadata: {
      name,
      namespace: 'ns',
      uid: name,
      creationTimestamp: createdAt,
      annotations: { 'machinedeployment.clusters.x-k8s.io/revision': String(revision) },
    },
    spec: { clusterName: 'c', replicas, selector: { matchLabels: { s: name } }, template: { spec: template(version) } },
  };
}

test('only what needs another machine counts as a difference of templates', () => {
  const one = template('v1.34.1');

  expect(rolloutReasons(one, { ...one, ...{ minReadySeconds: 5, deletion: { nodeDrainTimeoutSeconds: 1 } } })).toEqual(
    [],
  );
  expect(rolloutReasons(template('v1.33.4'), one)).toEqual(['Version v1.33.4, v1.34.1 required']);
  expect(rolloutReasons(template('v1.34.1', 'z'), one)).toEqual(['DevMachine is not up-to-date']);
  expect(rolloutReasons({ ...one, bootstrap: { dataSecretName: 's' } }, one)).toEqual([
    'KubeadmConfig is not up-to-date',
  ]);
});

test('rollout.after counts from its instant on, for what is older', () => {
  expect(isRolloutAfterExpired('2026-01-01T12:00:00Z', '2026-01-01T00:00:00Z', NOW)).toBe(true);
  expect(isRolloutAfterExpired('2026-01-01T12:00:00Z', '2026-01-01T13:00:00Z', NOW)).toBe(false);
  expect(isRolloutAfterExpired('2026-01-03T00:00:00Z', '2026-01-01T00:00:00Z', NOW)).toBe(false);
});

test('the current set is the one of the template: of several the largest, then the oldest', () => {
  const old = machineSet('old', 'v1.33.4', 1, 3);
  const small = machineSet('small', 'v1.34.1', 2, 1, '2025-12-01T00:00:00Z');
  const large = machineSet('large', 'v1.34.1', 3, 2);

  expect(currentSet(deployment('v1.34.1'), [old, small, large], NOW)?.metadata.name).toBe('large');
  expect(currentSet(deployment('v1.35.0'), [old, small, large], NOW)).toBeUndefined();
});

test('a set in deletion stays the current one until it is gone: its successor would have its machines twice', () => {
  const leaving = machineSet('a', 'v1.34.1', 1, 3);
  leaving.metadata.deletionTimestamp = '2026-01-01T01:00:00Z';

  expect(currentSet(deployment('v1.34.1'), [leaving], NOW)).toBe(leaving);
});

test('going back to an old template raises its revision above all others', () => {
  const first = machineSet('first', 'v1.33.4', 1);
  const second = machineSet('second', 'v1.34.1', 2);

  expect(currentRevision(undefined, [first, second])).toBe(3);
  expect(currentRevision(first, [first, second])).toBe(3);
  expect(currentRevision(second, [first, second])).toBe(2);
});

test('the hash tells templates apart, and the random end tells equal ones apart', () => {
  expect(templateHash(template('v1.34.1'), 'bbbbb')).toMatch(/^\d+-bbbbb$/);
  expect(templateHash(template('v1.34.1'), 'b')).not.toBe(templateHash(template('v1.34.2'), 'b'));
  expect(templateHash({ ...template('v1.34.1'), minReadySeconds: 9 }, 'b')).toBe(
    templateHash(template('v1.34.1'), 'b'),
  );
});

const plan = { name: 'md-bbbbb', hash: '1-bbbbb', replicas: 1, maxReplicas: 4, revision: 8, disableCreate: false };

test('a new set copies annotations but not what is the deployment own affair', () => {
  const intent = newSet(deployment('v1.34.1'), plan);

  expect(intent.metadata.annotations).toEqual({
    keep: 'x',
    'machinedeployment.clusters.x-k8s.io/revision': '8',
    'machinedeployment.clusters.x-k8s.io/desired-replicas': '3',
    'machinedeployment.clusters.x-k8s.io/max-replicas': '4',
    'cluster.x-k8s.io/disable-machine-create': 'false',
  });
  expect(intent.metadata.labels).toEqual({
    'cluster.x-k8s.io/cluster-name': 'c',
    'cluster.x-k8s.io/deployment-name': 'md',
    'machine-template-hash': '1-bbbbb',
  });
  expect(intent.spec).toMatchObject({ selector: { matchLabels: intent.metadata.labels } });
});

test('a new set selects by the selector of the deployment: labels of the template may change in place', () => {
  const labelled = deployment('v1.34.1');
  labelled.spec.template.metadata = { labels: { ...labelled.spec.template.metadata?.labels, tier: 'one' } };

  expect(valueAt(newSet(labelled, plan), 'spec', 'selector', 'matchLabels')).toEqual({
    'cluster.x-k8s.io/cluster-name': 'c',
    'cluster.x-k8s.io/deployment-name': 'md',
    'machine-template-hash': '1-bbbbb',
  });
});

test('an old set keeps its version and selector when the deployment changes in place', () => {
  const changed = deployment('v1.34.1');
  changed.spec.template.spec.minReadySeconds = 30;

  const intent = syncedSet(changed, machineSet('old', 'v1.33.4', 1, 3), { ...plan, name: 'old' });

  expect(intent.spec).toMatchObject({
    selector: { matchLabels: { s: 'old' } },
    template: { spec: { version: 'v1.33.4', minReadySeconds: 30 } },
  });
});

test('a machine is never changed under its node, and never applied back to life', () => {
  const set = machineSet('set', 'v1.34.1', 1, 1);
  const { name, bootstrap, infrastructureRef } = { name: 'm', ...template('v1.33.4') };
  const born = newMachine(set, { name, bootstrap, infrastructureRef });

  const intent = syncedMachine(set, {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'Machine',
    metadata: { name, namespace: 'ns', uid: 'uid-1' },
    spec: { clusterName: 'c', version: 'v1.33.4', bootstrap: { ...bootstrap, dataSecretName: 'm' }, infrastructureRef },
  });

  expect(born.metadata.finalizers).toEqual(['machine.cluster.x-k8s.io']);
  expect(intent.metadata.finalizers).toBeUndefined();
  expect(intent.metadata.uid).toBe('uid-1');
  expect(intent.spec).toMatchObject({ version: 'v1.33.4', bootstrap: { configRef: bootstrap.configRef } });
});

test('an unknown selector operator is an error, not a wider selection', () => {
  expect(() => selectorOf({ matchExpressions: [{ key: 'a', operator: 'Like' }] })).toThrow(/unknown operator Like/);
});
