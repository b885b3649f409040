import * as fc from 'fast-check';
import { renderCloudConfig } from '../../../machinery/cloud-init';
import { readYaml } from '../../../machinery/yaml';
import { discoveryKubeconfig } from '../../../reconciler/bootstrap/kubeadm-config/discovery';
import { renderFileTemplate, TemplateUnusable } from '../../../reconciler/bootstrap/kubeadm-config/file-template';
import {
  certificateFiles,
  initUserData,
  workerJoinUserData,
} from '../../../reconciler/bootstrap/kubeadm-config/user-data';

const facts = { clusterName: 'c', kubernetesVersion: 'v1.34.2', controlPlaneEndpoint: '10.0.0.10:6443' };
const pair = { certificate: 'CERT\n', key: 'KEY\n' };
const certificates = new Map([
  ['ca', pair],
  ['etcd', pair],
  ['proxy', pair],
  ['sa', pair],
] as const);

test('sections, files and attributes stand in the order cloud-init users know', () => {
  const text = renderCloudConfig({
    files: [
      { path: '/a', owner: 'root:root', permissions: '0640', encoding: 'base64', append: true, content: 'aGk=\n' },
      { path: '/empty' },
    ],
    bootCommands: ['echo boot'],
    runCommands: ['echo "run"', "echo '{{ ds.meta_data.instance_id }}'"],
    ntp: { enabled: true, servers: ['pool.ntp.org'] },
    users: [
      { name: 'capc', sudo: 'ALL=(ALL) NOPASSWD:ALL', lockPassword: false, sshAuthorizedKeys: ['ssh-ed25519 AAAA x'] },
    ],
    diskSetup: {
      partitions: [
        { device: '/dev/vdb', layout: true, overwrite: false, tableType: 'gpt' },
        { device: '/dev/vdc', diskLayout: [{ percentage: 50, partitionType: 'Linux' }, { percentage: 50 }] },
      ],
      filesystems: [
        { device: '/dev/vdb1', filesystem: 'ext4', label: 'etcd', overwrite: true, extraOpts: ['-E', 'lazy=1'] },
      ],
    },
    mounts: [['LABEL=etcd', '/var/lib/etcddisk', 'ext4', 'defaults', '0', '2']],
  });

  expect(text).toBe(`## template: jinja
#cloud-config

write_files:
-   path: /a
    encoding: "base64"
    owner: root:root
    permissions: '0640'
    append: true
    content: |
      aGk=
-   path: /empty
bootcmd:
  - "echo boot"
runcmd:
  - "echo \\"run\\""
  - "echo '{{ ds.meta_data.instance_id }}'"
ntp:
  enabled: true
  servers:
    - "pool.ntp.org"
users:
  - name: capc
    lock_passwd: false
    sudo: "ALL=(ALL) NOPASSWD:ALL"
    ssh_authorized_keys:
      - "ssh-ed25519 AAAA x"
disk_setup:
  "/dev/vdb":
    table_type: gpt
    layout: true
    overwrite: false
  "/dev/vdc":
    layout:
      - [50, "83"]
      - 50
fs_setup:
  - label: etcd
    filesystem: ext4
    device: /dev/vdb1
    overwrite: true
    extra_opts:
      - "-E"
      - "lazy=1"
mounts:
  - - "LABEL=etcd"
    - "/var/lib/etcddisk"
    - "ext4"
    - "defaults"
    - "0"
    - "2"
`);
});

test('whatever the content of a file, cloud-init reads it back the same', () => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('  indented', '\ttab', '#cloud-config', '---', 'a: b', ' ', ''),
  );
  const content = fc.array(line, { maxLength: 5 }).map((lines) => lines.join('\n'));
  void fc.assert(
    fc.property(content, fc.string(), (text, path) => {
      const read = readYaml(
        renderCloudConfig({ files: [{ path: `/x${path}`, content: text }], runCommands: ['true'] }),
      );
      expect(read).toEqual({
        write_files: [{ path: `/x${path}`, ...(text === '' ? {} : { content: text }) }],
        runcmd: ['true'],
      });
    }),
    { numRuns: 1000 },
  );
});

test("init user data: certificates, the user's files, kubeadm's file, the placeholder; commands around kubeadm", () => {
  const text = initUserData({
    spec: { preKubeadmCommands: ['before'], postKubeadmCommands: ['after'], verbosity: 5, bootCommands: ['boot'] },
    files: [{ path: '/etc/mine', content: 'mine' }],
    users: [],
    certificates,
    facts,
  });
  const read = readYaml(text) as {
    write_files: { path: string; permissions?: string; owner?: string }[];
    runcmd: string[];
  };

  expect(read.write_files.map(({ path, permissions }) => `${path} ${permissions ?? ''}`.trim())).toEqual([
    '/etc/kubernetes/pki/ca.crt 0640',
    '/etc/kubernetes/pki/ca.key 0600',
    '/etc/kubernetes/pki/etcd/ca.crt 0640',
    '/etc/kubernetes/pki/etcd/ca.key 0600',
    '/etc/kubernetes/pki/front-proxy-ca.crt 0640',
    '/etc/kubernetes/pki/front-proxy-ca.key 0600',
    '/etc/kubernetes/pki/sa.pub 0640',
    '/etc/kubernetes/pki/sa.key 0600',
    '/etc/mine',
    '/run/kubeadm/kubeadm.yaml 0640',
    '/run/cluster-api/placeholder 0640',
  ]);
  expect(read.runcmd).toEqual([
    'before',
    'kubeadm init --config /run/kubeadm/kubeadm.yaml --v 5 && echo success > /run/cluster-api/bootstrap-success.complete',
    'after',
  ]);
});

test('with external etcd its client certificate goes where the configuration says, and no etcd authority key is sent', () => {
  const external = {
    endpoints: ['https://10.0.0.9:2379'],
    caFile: '/e/ca.crt',
    certFile: '/e/c.crt',
    keyFile: '/e/c.key',
  };
  const all = new Map([...certificates, ['apiserver-etcd-client', pair] as const]);

  const files = certificateFiles(all, { etcd: { external } }).map((file) => file.path);

  expect(files).toEqual(expect.arrayContaining(['/e/ca.crt', '/e/c.crt', '/e/c.key']));
  expect(files).not.toContain('/etc/kubernetes/pki/etcd/ca.key');
});

test('discovery by file writes the kubeconfig beside the join configuration', () => {
  const text = workerJoinUserData({
    spec: {
      joinConfiguration: {
        discovery: {
          file: {
            kubeConfigPath: '/run/kubeadm/discovery.conf',
            kubeConfig: { cluster: { server: 'https://10.0.0.10:6443' }, user: { exec: { command: 'token' } } },
          },
        },
      },
    },
    files: [],
    users: [],
    certificates: new Map(),
    facts,
  });
  const read = readYaml(text) as { write_files: { path: string; content: string }[] };

  expect(read.write_files.map((file) => file.path)).toEqual([
    '/run/kubeadm/discovery.conf',
    '/run/kubeadm/kubeadm-join-config.yaml',
    '/run/cluster-api/placeholder',
  ]);
  expect(readYaml(read.write_files[0]?.content ?? '')).toMatchObject({
    clusters: [{ cluster: { server: 'https://10.0.0.10:6443' } }],
    users: [{ user: { exec: { command: 'token', interactiveMode: 'Never' } } }],
  });
  expect(discoveryKubeconfig({ user: { authProvider: { name: 'oidc' } } })).toContain('auth-provider');
});

test('file templates know the version of the control plane and nothing else', () => {
  expect(renderFileTemplate('v={{ .controlPlane.version }};', { controlPlaneVersion: 'v1.34.2' })).toBe('v=v1.34.2;');
  expect(renderFileTemplate('a {{- .controlPlane.version -}} b', { controlPlaneVersion: 'X' })).toBe('aXb');
  expect(() => renderFileTemplate('{{ range .x }}', { controlPlaneVersion: 'X' })).toThrow(TemplateUnusable);
});
