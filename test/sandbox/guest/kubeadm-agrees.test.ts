import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import {
  controlPlaneJoinUserData,
  initUserData,
  workerJoinUserData,
} from '../../../reconciler/bootstrap/kubeadm-config/user-data';
import { kubeadmConfigOf } from '../../../sandbox/guest';
import { formatClusterConfiguration } from '../../../sandbox/guest/kubeadm/cluster-configuration';
import { parseInitConfig, parseJoinConfig } from '../../../sandbox/guest/kubeadm/config';
import { checkControlPlaneVersion } from '../../../sandbox/guest/kubeadm/skew';
import { GuestWorld } from './guest-world';

const assets = process.env['KUBEBUILDER_ASSETS'];
const kubeadm = assets === undefined ? undefined : join(assets, 'kubeadm');
const isThere = kubeadm !== undefined && existsSync(kubeadm);
if (!isThere) console.warn('agreement with kubeadm: skipped, because KUBEBUILDER_ASSETS names no folder with kubeadm');
const withKubeadm = isThere ? describe : describe.skip;

withKubeadm('the real kubeadm', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'capstan-kubeadm-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function fileOf(text: string): string {
    const file = join(folder, 'kubeadm.yaml');
    writeFileSync(file, text);
    return file;
  }

  function accepts(text: string): boolean {
    return spawnSync(kubeadm ?? '', ['config', 'validate', '--config', fileOf(text)], { timeout: 30_000 }).status === 0;
  }

  test.each(['v1.33.6', 'v1.34.2'])('accepts what lies on the disks of machines with %s', async (version) => {
    const world = await GuestWorld.create();
    world.version = version;
    const delivered = [initUserData, controlPlaneJoinUserData, workerJoinUserData].map((make, index) =>
      world.machine(index + 1, make(world.input())),
    );

    const files = delivered.map((machine) => kubeadmConfigOf(machine.userData, machine.metadata));

    expect(files.map((file) => file?.command)).toEqual(['init', 'join', 'join']);
    for (const file of files) expect(accepts(file?.text ?? '')).toBe(true);
    expect(files[1]?.text).toContain("cloudstack:///'00000000-0000-4000-8000-000000000002'");
  });

  const cluster = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.34.2\n';
  const initial = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n';
  const old = 'apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.34.2\n';
  const joining =
    'apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\ndiscovery:\n  bootstrapToken: {token: abcdef.0123456789abcdef, apiServerEndpoint: "1.2.3.4:6443", unsafeSkipCAVerification: true}\n';

  test.each([
    ['a plain cluster', cluster],
    ['an unknown field', `${cluster}kubernetesVersoin: x\n`],
    ['an unknown nested field', `${cluster}networking: {podSubnets: x}\n`],
    ['old extra arguments in the new API', `${cluster}apiServer: {extraArgs: {v: "4"}}\n`],
    ['new extra arguments', `${cluster}apiServer: {extraArgs: [{name: v, value: "4"}]}\n`],
    ['new fields in the old API', `${old}encryptionAlgorithm: RSA-2048\n`],
    ['old extra arguments', `${old}apiServer: {extraArgs: {v: "4"}, timeoutForControlPlane: 5m0s}\n`],
    ['an old field in the new API', `${cluster}apiServer: {timeoutForControlPlane: 5m0s}\n`],
    ['a number as argument', `${old}apiServer: {extraArgs: {v: 4}}\n`],
    ['an algorithm nobody knows', `${cluster}encryptionAlgorithm: RSA-1\n`],
    ['an invalid duration', `${cluster}certificateValidityPeriod: 1 year\n`],
    ['null lists', `${initial}nodeRegistration: {taints: null}\n---\n${cluster}`],
    ['empty taints', `${initial}nodeRegistration: {taints: []}\n---\n${cluster}`],
    ['timeouts', `${initial}timeouts: {discovery: 5m0s}\n---\n${cluster}`],
    ['an unknown timeout', `${initial}timeouts: {discoverie: 5m0s}\n---\n${cluster}`],
    ['an invalid bootstrap token', `${initial}bootstrapTokens: [{token: nonsense}]\n---\n${cluster}`],
    ['a kind given twice', `${cluster}---\n${cluster}`],
    ['an API version nobody knows', cluster.replace('v1beta4', 'v1beta9')],
    ['a control plane that is too old', cluster.replace('v1.34.2', 'v1.32.0')],
  ])('and the guest agree on %s', (_what, text) => {
    const guestAccepts = () => {
      try {
        const config = parseInitConfig(text);
        checkControlPlaneVersion('v1.34.2', config.cluster.kubernetesVersion ?? '');
        return true;
      } catch {
        return false;
      }
    };

    expect(guestAccepts()).toBe(accepts(text));
  });

  test.each([
    ['a plain join', joining],
    ['an unknown field', `${joining}nodeRegistraton: {}\n`],
    ['an unknown nested field', `${joining}controlPlane: {localApiEndpoint: {}}\n`],
    ['a control plane', `${joining}controlPlane: {localAPIEndpoint: {bindPort: 6443}}\n`],
    ['a port as text', `${joining}controlPlane: {localAPIEndpoint: {bindPort: "6443"}}\n`],
  ])('and the guest agree on %s', (_what, text) => {
    const guestAccepts = () => {
      try {
        parseJoinConfig(text);
        return true;
      } catch {
        return false;
      }
    };

    expect(guestAccepts()).toBe(accepts(text));
  });

  test.each([
    ['defaults alone', cluster],
    [
      'much of its own',
      `${cluster}clusterName: dev\ncontrolPlaneEndpoint: 1.2.3.4:6443\nnetworking: {podSubnet: 192.168.0.0/16, serviceSubnet: 10.128.0.0/12}\napiServer: {certSANs: [a.example], extraArgs: [{name: v, value: "4"}]}\ndns: {imageTag: v1.12.0}\nfeatureGates: {ControlPlaneKubeletLocalMode: true}\netcd: {local: {extraArgs: [{name: quota-backend-bytes, value: "1"}]}}\nproxy: {disabled: true}\n`,
    ],
    ['the old API', `${old}scheduler: {extraArgs: {v: "4"}}\n`],
  ])('fills in the same ClusterConfiguration for %s', (_what, text) => {
    const migrated = execFileSync(
      kubeadm ?? '',
      [
        'config',
        'migrate',
        '--old-config',
        fileOf(`${initial}bootstrapTokens: [{token: abcdef.0123456789abcdef}]\n---\n${text}`),
      ],
      { timeout: 30_000, encoding: 'utf8', stdio: 'pipe' },
    );

    const theirs = parseAllDocuments(migrated)
      .map((document) => document.toJS() as { kind: string })
      .find((document) => document.kind === 'ClusterConfiguration');

    expect(parse(formatClusterConfiguration(parseInitConfig(text).cluster, 'v1beta4'))).toEqual(theirs);
  });
});
