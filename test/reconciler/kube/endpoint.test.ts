import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatKubeconfig } from '../../../machinery/pki';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { endpointOfKubeconfigFile, inClusterEndpoint } from '../../../reconciler/kube/endpoint';

const directory = mkdtempSync(join(tmpdir(), 'capstan-endpoint-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const clock = new VirtualClock();

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function kubeconfig(user: object, cluster: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'one',
    clusters: [{ name: 'c', cluster: { server: 'https://api:6443/', ...cluster } }],
    contexts: [
      { name: 'one', context: { cluster: 'c', user: 'u' } },
      { name: 'two', context: { cluster: 'c', user: 'none' } },
    ],
    users: [
      { name: 'u', user },
      { name: 'none', user: {} },
    ],
  });
}

test('embedded certificates and tokens are read directly', async () => {
  const options = { clusterName: 'c', server: 'https://api:6443', caPem: 'CA', userName: 'u' };
  const byToken = file('token', formatKubeconfig({ ...options, user: { kind: 'token', token: 'T' } }));
  const user = { kind: 'certificate' as const, certificatePem: 'CERT', privateKeyPem: 'KEY' };
  const byCertificate = file('certificate', formatKubeconfig({ ...options, user }));

  expect(await (await endpointOfKubeconfigFile(byToken, clock)).headers()).toEqual({ authorization: 'Bearer T' });
  expect((await endpointOfKubeconfigFile(byCertificate, clock)).tls).toMatchObject({
    ca: 'CA',
    cert: 'CERT',
    key: 'KEY',
  });
});

test('files, passwords and programs work for the management cluster', async () => {
  const ca = file('ca.pem', 'CA');
  const script = file(
    'login.sh',
    '#!/bin/sh\necho \'{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"FROM-EXEC"}}\'\n',
  );
  const exec = {
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: [script], interactiveMode: 'Never' },
  };
  const password = file('password', kubeconfig({ username: 'me', password: 'pw' }, { 'certificate-authority': ca }));

  const byPassword = await endpointOfKubeconfigFile(password, clock);
  const byProgram = await endpointOfKubeconfigFile(file('exec', kubeconfig(exec)), clock);

  expect(byPassword).toMatchObject({ server: 'https://api:6443', tls: { ca: 'CA' } });
  expect(await byPassword.headers()).toMatchObject({
    authorization: `Basic ${Buffer.from('me:pw').toString('base64')}`,
  });
  expect(await byProgram.headers()).toMatchObject({ authorization: 'Bearer FROM-EXEC' });
});

test('another context is another user', async () => {
  const path = file('contexts', kubeconfig({ token: 'T' }));

  expect(await (await endpointOfKubeconfigFile(path, clock, 'two')).headers()).toEqual({});
});

test('what cannot be used is said without quoting it', async () => {
  await expect(endpointOfKubeconfigFile(join(directory, 'missing'), clock)).rejects.toMatchObject({
    code: 'KUBECONFIG_INVALID',
    message: expect.stringContaining('no such file'),
  });
  const broken = file('broken', 'S3CR3T: [');
  const outcome = endpointOfKubeconfigFile(broken, clock);
  await expect(outcome).rejects.toMatchObject({
    code: 'KUBECONFIG_INVALID',
    message: expect.not.stringContaining('S3CR3T'),
  });
});

test.each([
  ['a certificate authority', {}, { 'certificate-authority': 'none.pem' }, 'certificate-authority'],
  ['a certificate', { 'client-certificate': 'none.pem', 'client-key': 'none.key' }, {}, 'client-certificate'],
  ['a token', { tokenFile: 'none.token' }, {}, 'tokenFile'],
])('%s that does not exist is named', async (_what, user, cluster, field) => {
  await expect(endpointOfKubeconfigFile(file('refers', kubeconfig(user, cluster)), clock)).rejects.toMatchObject({
    code: 'KUBECONFIG_INVALID',
    message: expect.stringContaining(`its ${field} ${join(directory, 'none.')}`),
  });
});

test.each([
  ['that is missing', '/nowhere/login', [], 'does not exist'],
  ['without JSON', 'echo', ['S3CR3T'], 'prints no ExecCredential'],
  ['without a credential', 'echo', ['{}'], 'prints no ExecCredential'],
  ['that fails', 'sh', ['-c', 'echo S3CR3T >&2; exit 3'], 'failed; run it by hand'],
])('a login program %s is named, and what it printed is not', async (_what, command, args, why) => {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, args, interactiveMode: 'Never' };

  const outcome = endpointOfKubeconfigFile(file('program', kubeconfig({ exec })), clock);

  await expect(outcome).rejects.toMatchObject({
    code: 'KUBECONFIG_INVALID',
    message: expect.stringMatching(new RegExp(`its login program "${command}" ${why}`)),
  });
  await expect(outcome).rejects.toMatchObject({ message: expect.not.stringContaining('S3CR3T') });
});

test('a token in a file is read again after a minute, and the last one stays when the file is gone', async () => {
  const token = file('renewed', 'first\n');
  const endpoint = await endpointOfKubeconfigFile(file('by-file', kubeconfig({ tokenFile: 'renewed' })), clock);
  const before = await endpoint.headers();
  file('renewed', 'second\n');
  const kept = await endpoint.headers();
  await clock.advance(61_000);
  const renewed = await endpoint.headers();
  rmSync(token);
  await clock.advance(61_000);

  expect([before, kept]).toMatchObject([{ authorization: 'Bearer first' }, { authorization: 'Bearer first' }]);
  expect(renewed).toMatchObject({ authorization: 'Bearer second' });
  expect(await endpoint.headers()).toMatchObject({ authorization: 'Bearer second' });
});

test('the token of a Pod is read again, because kubelet renews it', async () => {
  file('ca.crt', 'CA');
  file('token', 'first\n');
  const endpoint = await inClusterEndpoint({ host: 'fd00::1', port: '443', clock, directory });
  const before = await endpoint.headers();
  file('token', 'second\n');
  await clock.advance(61_000);

  expect(endpoint.server).toBe('https://[fd00::1]:443');
  expect([before, await endpoint.headers()]).toEqual([
    { authorization: 'Bearer first' },
    { authorization: 'Bearer second' },
  ]);
});
