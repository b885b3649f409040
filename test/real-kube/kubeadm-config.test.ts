import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ClusterConfigurationSpec,
  type InitConfigurationSpec,
  initFile,
  type JoinConfigurationSpec,
  joinFile,
} from '../../machinery/kubeadm';

const assets = process.env.KUBEBUILDER_ASSETS;
const withKubeadm = assets === undefined ? describe.skip : describe;

const nodeRegistration = {
  name: 'node-1',
  criSocket: 'unix:///var/run/containerd/containerd.sock',
  taints: [{ key: 'dedicated', value: 'yes', effect: 'NoSchedule' }],
  kubeletExtraArgs: [
    { name: 'node-labels', value: 'a=b,c=d' },
    { name: 'v', value: '4' },
  ],
  ignorePreflightErrors: ['NumCPU'],
  imagePullPolicy: 'IfNotPresent',
  imagePullSerial: false,
};
const timeouts = {
  controlPlaneComponentHealthCheckSeconds: 240,
  kubeletHealthCheckSeconds: 120,
  kubernetesAPICallSeconds: 60,
  etcdAPICallSeconds: 120,
  tlsBootstrapSeconds: 300,
  discoverySeconds: 300,
};
const environment = [{ name: 'HTTP_PROXY', value: 'http://proxy:3128' }];
const volume = { name: 'v', hostPath: '/host', mountPath: '/mount', readOnly: true, pathType: 'DirectoryOrCreate' };

const everything: ClusterConfigurationSpec = {
  etcd: {
    local: {
      imageRepository: 'registry.example/etcd',
      imageTag: '3.6.5-0',
      dataDir: '/var/lib/etcd2',
      extraArgs: [{ name: 'quota-backend-bytes', value: '8589934592' }],
      extraEnvs: environment,
      serverCertSANs: ['etcd.example'],
      peerCertSANs: ['peer.example'],
    },
  },
  controlPlaneEndpoint: 'api.example:6443',
  apiServer: {
    certSANs: ['localhost', '127.0.0.1'],
    extraArgs: [{ name: 'audit-log-maxage', value: '30' }],
    extraVolumes: [volume],
    extraEnvs: environment,
  },
  controllerManager: {
    extraArgs: [{ name: 'bind-address', value: '0.0.0.0' }],
    extraVolumes: [volume],
    extraEnvs: environment,
  },
  scheduler: { extraArgs: [{ name: 'v', value: '2' }], extraVolumes: [volume], extraEnvs: environment },
  dns: { imageRepository: 'registry.example/coredns', imageTag: 'v1.12.1' },
  certificatesDir: '/etc/kubernetes/pki',
  imageRepository: 'registry.example',
  featureGates: { ControlPlaneKubeletLocalMode: true },
  certificateValidityPeriodDays: 100,
  caCertificateValidityPeriodDays: 3650,
  encryptionAlgorithm: 'ECDSA-P256',
};
const init: InitConfigurationSpec = {
  bootstrapTokens: [
    {
      token: 'abcdef.0123456789abcdef',
      description: 'first',
      ttlSeconds: 900,
      usages: ['signing', 'authentication'],
      groups: ['system:bootstrappers:kubeadm:default-node-token'],
    },
  ],
  nodeRegistration,
  localAPIEndpoint: { advertiseAddress: '10.0.0.1', bindPort: 6443 },
  skipPhases: ['addon/kube-proxy'],
  patches: { directory: '/etc/kubernetes/patches' },
  timeouts,
};
const joinAll: JoinConfigurationSpec = {
  nodeRegistration,
  caCertPath: '/etc/kubernetes/pki/ca.crt',
  discovery: {
    bootstrapToken: {
      token: 'abcdef.0123456789abcdef',
      apiServerEndpoint: 'api.example:6443',
      caCertHashes: ['sha256:0291d7143c9c2eb272a7ea2b789eed6ab7f15357427cfaf87ea2018ac5f04e7f'],
      unsafeSkipCAVerification: false,
    },
    tlsBootstrapToken: 'abcdef.0123456789abcdef',
  },
  controlPlane: { localAPIEndpoint: { advertiseAddress: '10.0.0.2', bindPort: 6443 } },
  skipPhases: ['preflight'],
  patches: { directory: '/etc/kubernetes/patches' },
  timeouts,
};
const facts = (kubernetesVersion: string) => ({
  clusterName: 'c',
  kubernetesVersion,
  controlPlaneEndpoint: '10.1.1.1:6443',
  dnsDomain: 'cluster.local',
  serviceCidrs: ['10.128.0.0/12', 'fd00:1::/112'],
  podCidrs: ['192.168.0.0/16', 'fd00:2::/64'],
});

withKubeadm('the real kubeadm accepts', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'capstan-kubeadm-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function validate(text: string): void {
    const file = join(folder, 'kubeadm.yaml');
    writeFileSync(file, text);
    execFileSync(join(assets ?? '', 'kubeadm'), ['config', 'validate', '--config', file, '--allow-experimental-api'], {
      stdio: 'pipe',
      timeout: 30_000,
    });
  }

  test.each(['v1.33.0', 'v1.33.6', 'v1.34.0', 'v1.34.2'])('an init file that uses every field, for %s', (version) => {
    validate(initFile(everything, init, facts(version)));
  });

  test.each(['v1.33.0', 'v1.34.2'])('a join file that uses every field, for %s', (version) => {
    validate(joinFile(joinAll, version));
  });

  test('an init file made from an empty specification', () => {
    validate(initFile(undefined, undefined, facts('v1.34.2')));
  });

  test('no taints at all, which is not the same as the usual ones', () => {
    const text = initFile({}, { nodeRegistration: { taints: [] } }, facts('v1.34.2'));

    expect(text).toContain('taints: []');
    validate(text);
    expect(initFile({}, { nodeRegistration: { name: 'n', taints: null } }, facts('v1.34.2'))).not.toContain('taints');
  });

  test('external etcd and discovery by file', () => {
    const external = { endpoints: ['https://10.0.0.9:2379'], caFile: '/a', certFile: '/b', keyFile: '/c' };
    validate(initFile({ etcd: { external } }, {}, facts('v1.34.2')));
    const kubeConfigPath = join(folder, 'discovery.conf');
    writeFileSync(kubeConfigPath, '');
    validate(joinFile({ discovery: { file: { kubeConfigPath } } }, 'v1.34.2'));
  });

  test('everything but the expiry of a token, which it refuses for every token because it defaults the ttl first', () => {
    const bootstrapTokens = [{ token: 'bcdefg.0123456789abcdef', expires: '2030-01-01T00:00:00Z' }];

    expect(() => validate(initFile({}, { bootstrapTokens }, facts('v1.34.2')))).toThrow(/mutually exclusive/);
  });

  test('the older configuration API, which machines below 1.31 get', () => {
    const older = (text: string) => text.replace('kubernetesVersion: v1.30.4', 'kubernetesVersion: v1.33.4');
    const file = initFile(everything, init, facts('v1.30.4'));

    expect(file).toContain('kubeadm.k8s.io/v1beta3');
    validate(older(file));
    validate(joinFile({ ...joinAll }, 'v1.30.4'));
  });
});
