import { createServer } from 'node:net';
import { Installation, Project } from '../e2e/up-project';

jest.setTimeout(120_000);

let installation: Installation;
let project: Project;
beforeAll(() => {
  installation = new Installation();
  project = new Project(installation);
  project.write('damaged.kubeconfig', 'clusters: [');
});
afterAll(async () => {
  await project.close();
  installation.remove();
});

test.each([
  ['unknown', "unknown command 'unknown'"],
  ['up --nope', "unknown option '--nope'"],
  ['up --latency slow', '--latency'],
  ['up --kubeconfig missing', 'there is no kubeconfig'],
  ['up --clusters missing --exit-when-ready', 'clusters: there is no such folder'],
  ['sandbox --parts dns', '--parts: "dns" is not one of kube, cloudstack'],
  ['sandbox --kube-port 70000', '--kube-port: "70000" is not a port'],
  ['sandbox --cloudstack-port x', '--cloudstack-port: "x" is not a port'],
  ['run', 'no management cluster'],
  ['run --kubeconfig missing', 'there is no kubeconfig'],
  ['run --kubeconfig damaged.kubeconfig', 'it is not a valid kubeconfig'],
  ['run --loops gitops,dns', '--loops: "dns" is not one of gitops, infrastructure'],
  ['run --diagnostics-port x --kubeconfig damaged.kubeconfig', '--diagnostics-port: "x" is not a port'],
  ['run --crds guess', '--crds'],
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

test('a sandbox whose port is taken leaves no folder behind', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const finished = await project.capstan('sandbox', '--kube-port', String(port));

  expect(finished).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(`127.0.0.1:${port}`) });
  expect(project.leftBehind()).toEqual([]);
  await new Promise((resolve) => server.close(resolve));
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function kubeconfigFor(port: number): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    clusters: [{ name: 'a', cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'a', user: { token: 'a' } }],
  });
}
