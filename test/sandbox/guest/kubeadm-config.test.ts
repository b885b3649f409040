import { parse } from 'yaml';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { formatClusterConfiguration } from '../../../sandbox/guest/kubeadm/cluster-configuration';
import { parseInitConfig, parseJoinConfig } from '../../../sandbox/guest/kubeadm/config';
import { formatGoDuration, parseGoDuration } from '../../../sandbox/guest/kubeadm/duration';
import { registrationOf } from '../../../sandbox/guest/kubeadm/registration';
import {
  checkConfigVersion,
  checkControlPlaneVersion,
  checkKubeletVersion,
  versionOfTemplate,
} from '../../../sandbox/guest/kubeadm/skew';
import { Machine } from '../../../sandbox/guest/machine';

const cluster = (version: string, more = '') =>
  `apiVersion: kubeadm.k8s.io/${version}\nkind: ClusterConfiguration\nkubernetesVersion: v1.34.2\n${more}`;
const join = (version: string, more: string) =>
  `apiVersion: kubeadm.k8s.io/${version}\nkind: JoinConfiguration\n${more}`;
const discovery = 'discovery:\n  bootstrapToken: {token: abcdef.0123456789abcdef, apiServerEndpoint: "1.2.3.4:6443"}\n';

describe('configuration files', () => {
  test.each([
    ['an unknown field', cluster('v1beta4', 'kubernetesVersoin: x\n'), 'unknown field "kubernetesVersoin"'],
    [
      'an unknown nested field',
      cluster('v1beta4', 'networking: {podSubnets: x}\n'),
      'unknown field "networking.podSubnets"',
    ],
    ['a field of a later API version', cluster('v1beta3', 'encryptionAlgorithm: RSA-2048\n'), 'encryptionAlgorithm'],
    [
      'extra arguments in the old form',
      cluster('v1beta4', 'apiServer: {extraArgs: {v: "4"}}\n'),
      'apiServer.extraArgs',
    ],
    ['a number where text belongs', cluster('v1beta3', 'apiServer: {extraArgs: {v: 4}}\n'), 'apiServer.extraArgs.v'],
    ['an API version that does not exist', cluster('v1beta9'), 'no kind "ClusterConfiguration" is registered'],
    ['a kind given twice', `${cluster('v1beta4')}---\n${cluster('v1beta4')}`, 'specified twice'],
    ['a join file', join('v1beta4', discovery), 'JoinConfiguration cannot be used with "kubeadm init"'],
    ['an invalid duration', cluster('v1beta4', 'certificateValidityPeriod: 1 year\n'), 'invalid duration'],
    ['no YAML', 'kind: [', 'yaml'],
    ['nothing', '', 'no InitConfiguration or ClusterConfiguration'],
  ])('kubeadm init refuses %s', (_what, text, message) => {
    expect(() => parseInitConfig(text)).toThrow(message);
  });

  test('null stands for "not given", and taints may be an empty list', () => {
    const init = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint: null\n';

    expect(parseInitConfig(`${init}nodeRegistration: {taints: null}\n`).init.nodeRegistration?.taints).toBeUndefined();
    expect(parseInitConfig(`${init}nodeRegistration: {taints: []}\n`).init.nodeRegistration?.taints).toEqual([]);
  });

  test('both forms of extra arguments mean the same', () => {
    const old = parseInitConfig(cluster('v1beta3', 'scheduler: {extraArgs: {v: "4"}}\n'));
    const now = parseInitConfig(cluster('v1beta4', 'scheduler: {extraArgs: [{name: v, value: "4"}]}\n'));

    expect(old.cluster.scheduler?.extraArgs).toEqual(now.cluster.scheduler?.extraArgs);
  });

  test('kubeadm join needs a join configuration', () => {
    expect(() => parseJoinConfig(cluster('v1beta4'))).toThrow('no JoinConfiguration');
    expect(parseJoinConfig(join('v1beta4', discovery)).join.discovery.bootstrapToken?.apiServerEndpoint).toBe(
      '1.2.3.4:6443',
    );
  });

  test('what is uploaded is read back to the same configuration, in either API version', () => {
    const { cluster: config } = parseInitConfig(
      cluster('v1beta4', 'scheduler: {extraArgs: [{name: v, value: "4"}]}\n'),
    );

    for (const version of ['v1beta3', 'v1beta4'] as const) {
      const text = formatClusterConfiguration(config, version);

      expect(parseInitConfig(text).cluster).toMatchObject({
        kubernetesVersion: 'v1.34.2',
        scheduler: config.scheduler,
      });
      expect(parse(text)).toMatchObject({ networking: { serviceSubnet: '10.96.0.0/12', dnsDomain: 'cluster.local' } });
    }
  });
});

describe('versions', () => {
  test.each([
    ['kube-v1.34.2', 'v1.34.2'],
    ['ubuntu-2404-kube-v1.33.1', 'v1.33.1'],
    ['rockylinux-9-1.31.0', 'v1.31.0'],
    ['ubuntu-24.04', undefined],
    ['debian', undefined],
  ])('a template named %s brings %s', (name, version) => {
    expect(versionOfTemplate(name)).toBe(version);
  });

  test('kubeadm refuses what is too far from its own version', () => {
    expect(() => checkConfigVersion('v1.30.4', 'v1beta4', 'ClusterConfiguration')).toThrow('no kind');
    expect(() => checkConfigVersion('v1.30.4', 'v1beta3', 'ClusterConfiguration')).not.toThrow();
    expect(() => checkControlPlaneVersion('v1.34.0', 'v1.32.9')).toThrow('>= v1.33.0');
    expect(() => checkControlPlaneVersion('v1.34.0', 'v1.33.0')).not.toThrow();
    expect(() => checkKubeletVersion('v1.34.0', 'v1.33.9')).toThrow('[ERROR KubeletVersion]');
  });
});

describe('durations', () => {
  test('are read and written as Go does', () => {
    expect(parseGoDuration('1h2m3.5s')).toBe(3_723_500);
    expect(parseGoDuration('15m')).toBe(900_000);
    expect(parseGoDuration('15 m')).toBeUndefined();
    expect(formatGoDuration(8760 * 3_600_000)).toBe('8760h0m0s');
    expect(formatGoDuration(240_000)).toBe('4m0s');
  });
});

describe('registration', () => {
  const machine = new Machine(
    {
      id: 'vm-1',
      name: 'VM-1',
      userData: '',
      metadata: {},
      addresses: ['10.1.1.5'],
      templateName: 'kube-v1.34.2',
      cpuNumber: 2,
      memoryMiB: 2048,
    },
    new VirtualClock(),
  );
  const withArgs = (...kubeletExtraArgs: { name: string; value: string }[]) =>
    registrationOf(machine, { kubeletExtraArgs }, false);

  test("the provider id loses the quotes that CAPC's templates put around the instance id", () => {
    const registration = withArgs({ name: 'provider-id', value: "cloudstack:///'5c7f'" });

    expect(registration.providerId).toBe('cloudstack:///5c7f');
  });

  test('labels and taints come from kubelet flags', () => {
    const registration = withArgs(
      { name: 'node-labels', value: 'a=b,example.org/c=d' },
      { name: 'register-with-taints', value: 'k=v:NoExecute' },
      { name: 'cloud-provider', value: 'external' },
    );

    expect(registration.labels).toEqual({ a: 'b', 'example.org/c': 'd' });
    expect(registration.taints.map((taint) => taint.key)).toEqual([
      'k',
      'node.cloudprovider.kubernetes.io/uninitialized',
    ]);
  });

  test('only a control plane without taints of its own gets the usual one; names are lower case', () => {
    expect(registrationOf(machine, undefined, true)).toMatchObject({
      name: 'vm-1',
      taints: [{ key: 'node-role.kubernetes.io/control-plane' }],
    });
    expect(registrationOf(machine, { taints: [] }, true).taints).toEqual([]);
    expect(registrationOf(machine, undefined, false).taints).toEqual([]);
  });
});
