import { KubeadmConfig, type KubeadmConfigSpec, KubeadmControlPlane } from '../../../api/kinds';
import { desiredConfigSpec } from '../../../reconciler/control-plane/kubeadm-control-plane/desired-config';
import { nextRolloutTime, rolloutReasons } from '../../../reconciler/control-plane/kubeadm-control-plane/up-to-date';
import { machine } from './machines';

const NOW = Date.UTC(2026, 5, 1);
type Spec = KubeadmControlPlane['spec'];

function controlPlane(spec: Partial<Spec> = {}): KubeadmControlPlane {
  return {
    apiVersion: KubeadmControlPlane.apiVersion,
    kind: KubeadmControlPlane.kind,
    metadata: { name: 'c-cp', namespace: 'default', uid: 'uid' },
    spec: {
      replicas: 3,
      version: 'v1.34.2',
      machineTemplate: {
        spec: {
          infrastructureRef: { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'TestMachineTemplate', name: 'c-cp' },
        },
      },
      kubeadmConfigSpec: {
        clusterConfiguration: { apiServer: { certSANs: ['localhost'] } },
        initConfiguration: { nodeRegistration: { name: 'n' } },
        joinConfiguration: { nodeRegistration: { name: 'n' } },
      },
      ...spec,
    },
  };
}

function config(spec: KubeadmConfigSpec): KubeadmConfig {
  return { apiVersion: KubeadmConfig.apiVersion, kind: KubeadmConfig.kind, metadata: { name: 'a' }, spec };
}

const infra = (template = 'c-cp') => ({
  apiVersion: 'infrastructure.cluster.x-k8s.io/v1',
  kind: 'TestMachine',
  metadata: {
    name: 'a',
    annotations: {
      'cluster.x-k8s.io/cloned-from-name': template,
      'cluster.x-k8s.io/cloned-from-groupkind': 'TestMachineTemplate.infrastructure.cluster.x-k8s.io',
    },
  },
});
const member = (spec: KubeadmConfigSpec, template?: string) => ({
  machine: machine({ name: 'a' }),
  config: config(spec),
  infra: infra(template),
});

test.each(['init', 'join'] as const)('a machine made by %s from the same control plane is up to date', (form) => {
  const plane = controlPlane();

  expect(rolloutReasons(plane, member(desiredConfigSpec(plane, form)), NOW)).toEqual([]);
});

test('what the bootstrap provider fills in is no difference', () => {
  const plane = controlPlane();
  const init = desiredConfigSpec(plane, 'init');
  const join = desiredConfigSpec(plane, 'join');
  init.clusterConfiguration = { ...init.clusterConfiguration, controlPlaneEndpoint: '10.0.0.1:6443' };
  join.joinConfiguration = {
    ...join.joinConfiguration,
    discovery: { bootstrapToken: { token: 'abcdef.0123456789abcdef', apiServerEndpoint: '10.0.0.1:6443' } },
  };

  expect(rolloutReasons(plane, member(init), NOW)).toEqual([]);
  expect(rolloutReasons(plane, member(join), NOW)).toEqual([]);
});

test('empty and absent fields are the same, but no taints are not the usual taints', () => {
  const plane = controlPlane();
  const same = desiredConfigSpec(plane, 'join');
  same.files = [];
  same.format = 'cloud-config';
  const other = desiredConfigSpec(plane, 'join');
  other.joinConfiguration = { ...other.joinConfiguration, nodeRegistration: { name: 'n', taints: [] } };

  expect(rolloutReasons(plane, member(same), NOW)).toEqual([]);
  expect(rolloutReasons(plane, member(other), NOW)).toEqual(['KubeadmConfig is not up-to-date']);
});

test('DNS and the health check timeout may differ', () => {
  const plane = controlPlane({
    kubeadmConfigSpec: {
      clusterConfiguration: { dns: { imageTag: 'v1.12.0' } },
      joinConfiguration: { timeouts: { controlPlaneComponentHealthCheckSeconds: 300 } },
    },
  });
  const spec: KubeadmConfigSpec = {
    clusterConfiguration: { featureGates: { ControlPlaneKubeletLocalMode: true } },
    joinConfiguration: { controlPlane: {} },
  };

  expect(rolloutReasons(plane, member(spec), NOW)).toEqual([]);
});

test('a changed file, a changed template and a changed version are all named', () => {
  const plane = controlPlane({ version: 'v1.35.0' });
  const spec = desiredConfigSpec(plane, 'join');
  spec.files = [{ path: '/etc/motd', content: 'hello' }];

  expect(rolloutReasons(plane, member(spec, 'old'), NOW)).toEqual([
    'Version v1.34.2, v1.35.0 required',
    'KubeadmConfig is not up-to-date',
    'TestMachine is not up-to-date',
  ]);
});

test('objects that are missing are no difference', () => {
  expect(
    rolloutReasons(controlPlane(), { machine: machine({ name: 'a' }), config: undefined, infra: undefined }, NOW),
  ).toEqual([]);
});

test('machines made before rollout.after are replaced once it has come', () => {
  const after = '2026-03-01T00:00:00Z';
  const plane = controlPlane({ rollout: { after } });
  const old = member(desiredConfigSpec(plane, 'join'));

  expect(rolloutReasons(plane, old, Date.parse(after) - 1)).toEqual([]);
  expect(nextRolloutTime(plane, [old.machine], Date.parse(after) - 1)).toBe(Date.parse(after));
  expect(rolloutReasons(plane, old, Date.parse(after))).toEqual(['KubeadmControlPlane spec.rolloutAfter expired']);
  const young = { ...old, machine: machine({ name: 'a', created: 90 * 24 * 3600 }) };
  expect(rolloutReasons(plane, young, NOW)).toEqual([]);
});

test('machines are replaced some days before their certificates expire', () => {
  const plane = controlPlane({ rollout: { before: { certificatesExpiryDays: 10 } } });
  const old = member(desiredConfigSpec(plane, 'join'));
  old.machine.status = { ...old.machine.status, certificatesExpiryDate: '2026-06-20T00:00:00Z' };

  expect(rolloutReasons(plane, old, Date.parse('2026-06-09T00:00:00Z'))).toEqual([]);
  expect(rolloutReasons(plane, old, Date.parse('2026-06-11T00:00:00Z'))).toHaveLength(1);
});

test.each([
  ['v1.30.4', false],
  ['v1.31.0', true],
  ['v1.35.9', true],
  ['v1.36.0', false],
])('%s: kubelets in local mode by a gate: %p', (version, expected) => {
  const spec = desiredConfigSpec(controlPlane({ version }), 'join');

  expect(spec.clusterConfiguration?.featureGates !== undefined).toBe(expected);
});
