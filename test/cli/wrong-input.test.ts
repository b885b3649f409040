import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { inOneProject, type Project } from '../e2e/up-project';

jest.setTimeout(120_000);

let project: Project;
inOneProject((made) => {
  project = made;
  project.write('damaged.kubeconfig', 'clusters: [');
  project.write('file', '');
  project.write('no-ca.kubeconfig', kubeconfigFor(1, { 'certificate-authority': 'none.pem' }));
});

test.each([
  ['unknown', "unknown command 'unknown'"],
  ['up --nope', "unknown option '--nope'"],
  ['up --latency slow', '--latency'],
  ['up --kubeconfig missing', 'there is no kubeconfig'],
  ['up --clusters missing --exit-when-ready', 'missing: folder: does not exist'],
  ['sandbox --parts dns', '--parts: "dns" is not one of kube, cloudstack'],
  ['sandbox --kube-port 70000', '--kube-port: "70000" is not a port'],
  ['sandbox --cloudstack-port x', '--cloudstack-port: "x" is not a port'],
  ['up --data-dir file', 'file is not a directory'],
  ['up --data-dir=', '--data-dir: the name of the directory is empty'],
  ['sandbox --data-dir file', 'file is not a directory'],
  ['sandbox --data-dir file/below', 'not a directory'],
  ['sandbox --data-dir=', '--data-dir: the name of the directory is empty'],
  ['run', 'no management cluster'],
  ['run --kubeconfig missing', 'there is no kubeconfig'],
  ['run --kubeconfig damaged.kubeconfig', 'it is not a valid kubeconfig'],
  ['run --kubeconfig no-ca.kubeconfig', 'none.pem does not exist'],
  ['run --kubeconfig=', '--kubeconfig: the name of the file is empty'],
  ['run --loops gitops,dns', '--loops: "dns" is not one of gitops, infrastructure'],
  ['run --diagnostics-port x --kubeconfig damaged.kubeconfig', '--diagnostics-port: "x" is not a port'],
  ['run --crds guess', '--crds'],
  ['run --webhook-service webhooks', '--webhook-service: "webhooks" is not namespace/name'],
  ['run --webhook-service /webhooks', '--webhook-service: "/webhooks" is not namespace/name'],
  ['run --webhook-service a/b/c', '--webhook-service: "a/b/c" is not namespace/name'],
  ['run --webhook-service a/b --webhook-url https://b:1', 'name either --webhook-service or --webhook-url'],
  ['status --kubeconfig missing', 'there is no kubeconfig'],
  ['status --kubeconfig damaged.kubeconfig', 'it is not a valid kubeconfig'],
  ['status', 'no management cluster'],
  ['kubeconfig', "missing required argument 'name'"],
  ['publish --remote origin', '--remote says where to push; add --push'],
  ['publish --push --remote nowhere', 'there is no remote nowhere'],
  ['publish --push', 'there are these remotes: none; add one with `git remote add`'],
])('capstan %s exits with 2 and says why, without a stack', async (line, message) => {
  const finished = await project.capstan(...line.split(' '));

  expect(finished).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  expect(finished.stderr).not.toMatch(/^\s+at /m);
  expect(finished.stdout.replace(/^Simulated .* are up\.\n/, '')).toBe('');
  expect(project.leftBehind()).toEqual([]);
  expect(project.git('remote')).toBe('');
});

test.each(['up', 'sandbox', 'run', 'status', 'why', 'kubeconfig', 'publish'])(
  'capstan %s --help shows an example and the exit codes',
  async (command) => {
    const { code, stdout } = await project.capstan(command, '--help');

    expect(code).toBe(0);
    expect(stdout).toContain(`Example:\n  $ capstan ${command}`);
    expect(stdout).toMatch(/Exit codes: 0 .*, 1 .*, 2 /);
  },
);

test.each([
  ['up', ', or name a folder with --data-dir'],
  ['sandbox', ', or name a folder with --data-dir'],
  ['run --kubeconfig dead.kubeconfig', ''],
])('capstan %s says what helps where no temporary folder can be made', async (line, otherwise) => {
  project.write('dead.kubeconfig', kubeconfigFor(1));

  const finished = await project.shell(`TMPDIR=/nowhere/tmp capstan ${line}`);

  const told = `no temporary folder can be made in /nowhere/tmp: no such file or directory; set TMPDIR to a folder that can be written${otherwise}\n`;
  expect(finished).toEqual({ code: 1, stdout: '', stderr: told });
});

test('an API server that does not answer is a failure in words, with what to do', async () => {
  const port = await freePort();
  project.write('dead.kubeconfig', kubeconfigFor(port));

  const status = await project.capstan('status', '--kubeconfig', 'dead.kubeconfig');
  const run = await project.capstan('run', '--kubeconfig', 'dead.kubeconfig', '--diagnostics-port', '0');
  const up = await project.capstan('up', '--kubeconfig', 'dead.kubeconfig', '--exit-when-ready', '--output', 'json');

  for (const { code, stderr } of [status, run, up]) {
    expect(code).toBe(1);
    expect(stderr).toContain('ECONNREFUSED');
    expect(stderr).toContain('Is that API server running?');
    expect(stderr).not.toMatch(/^\s+at /m);
  }
  expect(JSON.parse(up.stdout)).toMatchObject({
    ready: false,
    clusters: [],
    error: expect.stringContaining('ECONNREFUSED'),
  });
  expect(project.leftBehind()).toEqual([]);
});

test('a data directory below a file system that makes no folders is refused at once', async () => {
  const finished = await project.capstan('sandbox', '--data-dir', '/proc/capstan/state');

  expect(finished).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^--data-dir: \/proc\/capstan\/state .*\n$/),
  });
});

test('a port that is taken is named with the flag for another one, and no folder stays behind', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const port = portOf(server);

  for (const flag of ['--kube-port', '--cloudstack-port']) {
    const { code, stdout, stderr } = await project.capstan('sandbox', flag, String(port));

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`port ${port} is taken; .* with ${flag}\n$`));
    expect(stderr).not.toContain(project.temporary);
    expect(project.leftBehind()).toEqual([]);
  }
  project.write('dead.kubeconfig', kubeconfigFor(1));
  const run = await project.capstan('run', '--kubeconfig', 'dead.kubeconfig', '--diagnostics-port', String(port));
  expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('with --diagnostics-port') });
  await new Promise((resolve) => server.close(resolve));
});

test('a certificate of another authority is told apart from no answer', async () => {
  const sandbox = project.start('sandbox', '--parts', 'kube', '--output', 'json');
  await sandbox.says('kubeconfig');
  const { kubeconfig } = JSON.parse(sandbox.output);
  const server = /server: (\S+)/.exec(readFileSync(kubeconfig, 'utf8'))?.[1] ?? '';
  project.write('other-ca.kubeconfig', kubeconfigFor(Number(new URL(server).port), {}, false));

  const { code, stderr } = await project.capstan('status', '--kubeconfig', 'other-ca.kubeconfig');
  await sandbox.stop();

  expect(code).toBe(1);
  expect(stderr).toContain('the certificate of the server is not trusted');
  expect(stderr).toContain('certificate authority');
  expect(stderr).not.toContain('running');
});

test('KUBECONFIG may list files that do not exist, as for kubectl', async () => {
  project.write('dead.kubeconfig', kubeconfigFor(await freePort()));
  const some = await project.shell('KUBECONFIG=/nosuch:dead.kubeconfig capstan status');
  const none = await project.shell('KUBECONFIG=/nosuch:/nosuch-either capstan status');

  expect(some).toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED') });
  expect(none).toMatchObject({
    code: 2,
    stderr: 'KUBECONFIG lists no file that exists: /nosuch, /nosuch-either\n',
  });
});

test('nobody reads the output to its end: quiet for a pipe, one line for a disk that is full', async () => {
  const pipe = await project.shell('capstan help up | head -n 1');
  const full = await project.shell('capstan help up > /dev/full');
  const stopped = await project.shell('capstan sandbox | true');

  expect(pipe).toMatchObject({ code: 0, stderr: '' });
  expect(full).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^cannot write to standard output: ENOSPC.*\n$/),
  });
  expect(stopped).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(project.leftBehind()).toEqual([]);
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function kubeconfigFor(port: number, cluster: object = {}, insecure = true): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    clusters: [
      {
        name: 'a',
        cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': insecure, ...cluster },
      },
    ],
    users: [{ name: 'a', user: { token: 'a' } }],
  });
}
