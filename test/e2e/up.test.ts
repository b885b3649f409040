import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { childrenOf, type Finished, inFreshProject, type Project } from './up-project';

jest.setTimeout(240_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
});

interface Outcome {
  readonly ready: boolean;
  readonly seconds: number;
  readonly revision: string;
  readonly clusters: readonly { readonly name: string; readonly ready: boolean; readonly reasons: readonly string[] }[];
}

/** Standard output must be one JSON object and nothing else. */
function outcomeOf({ stdout }: Finished): Outcome {
  const outcome: Outcome = JSON.parse(stdout);
  expect(stdout).toBe(`${JSON.stringify(outcome)}\n`);
  return outcome;
}

const exitWhenReady = ['up', '--exit-when-ready', '--output', 'json', '--latency', 'instant'];

test('up publishes, brings the cluster up, prints one JSON object and leaves nothing behind', async () => {
  const finished = await project.capstan(...exitWhenReady);

  expect(finished).toMatchObject({ code: 0 });
  const outcome = outcomeOf(finished);
  expect(outcome).toEqual({
    ready: true,
    seconds: expect.any(Number),
    revision: project.git('rev-parse', 'HEAD'),
    clusters: [
      {
        namespace: 'default',
        name: 'dev',
        ready: true,
        seconds: expect.any(Number),
        version: 'v1.33.5',
        controlPlane: { desired: 1, ready: 1 },
        workers: { desired: 1, ready: 1 },
        reasons: [],
      },
    ],
    cloudstack: { total: expect.any(Number), calls: expect.objectContaining({ deployVirtualMachine: 2 }) },
    kubernetes: { reads: expect.any(Number), writes: expect.any(Number) },
  });
  expect(project.git('log', '-1', '--format=%B')).toContain('Tree-Digest: sha256:');
  expect(project.git('remote')).toBe('');
  expect(project.git('status', '--porcelain')).toBe('');
  expect(project.leftBehind()).toEqual([]);
});

test('up that is not ready in time exits with 1 and says why in its JSON object', async () => {
  project.define('dev', { zone: 'nowhere' });

  const finished = await project.capstan(...exitWhenReady, '--timeout', '12');

  expect(finished.code).toBe(1);
  const outcome = outcomeOf(finished);
  expect(outcome).toMatchObject({ ready: false, clusters: [{ name: 'dev', ready: false }] });
  expect(outcome.clusters[0]?.reasons.join('\n')).toMatch(/NotFoundInCloudStack.*nowhere/);
  expect(project.leftBehind()).toEqual([]);
});

test('wrong definitions and wrong options exit with 2, say what is wrong, and change nothing', async () => {
  const head = project.git('rev-parse', 'HEAD');
  project.define('dev', { kubernetesVersion: '1.33.5' });

  const definition = await project.capstan(...exitWhenReady);
  const format = await project.capstan('up', '--output', 'yaml');
  const time = await project.capstan('up', '--exit-when-ready', '--timeout', 'soon');

  expect(definition).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('kubernetesVersion') });
  expect(format).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--output') });
  expect(time).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--timeout') });
  expect(project.git('rev-parse', 'HEAD')).toBe(head);
  expect(project.git('remote')).toBe('');
  expect(project.leftBehind()).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s stops a ready up cleanly: no child, listener, folder or remote stays',
  async (signal) => {
    const up = project.start('up', '--latency', 'instant');
    await up.says('Ctrl-C stops everything');
    const kubeconfig = await project.capstan('kubeconfig', 'dev');
    const address = /server: https:\/\/([\d.]+):(\d+)/.exec(kubeconfig.stdout);
    const [, host = '', port = '0'] = address ?? [];
    expect(await answers(host, Number(port))).toBe(true);

    const stopped = await up.stop(signal);

    expect(stopped.code).toBe(0);
    expect(childrenOf(up.pid)).toEqual([]);
    expect(await answers(host, Number(port))).toBe(false);
    expect(project.git('remote')).toBe('');
    expect(project.leftBehind()).toEqual([]);
    expect(existsSync(join(project.directory, '.cdk8s/sandbox.json'))).toBe(false);
  },
);

test('a signal while things start stops cleanly, too', async () => {
  const up = project.start('up', '--latency', 'instant');
  await up.says('are up');

  await up.stop('SIGINT');

  expect(project.git('remote')).toBe('');
  expect(project.leftBehind()).toEqual([]);
});

test('two at once in one checkout both get there, each with a remote of its own', async () => {
  const other = project.capstan(...exitWhenReady);
  const [first, second] = await Promise.all([project.capstan(...exitWhenReady), other]);

  expect(outcomeOf(first)).toMatchObject({ ready: true });
  expect(outcomeOf(second)).toMatchObject({ ready: true, revision: outcomeOf(first).revision });
  expect(project.git('rev-list', '--count', 'HEAD')).toBe('2');
  expect(project.git('remote')).toBe('');
  expect(project.leftBehind()).toEqual([]);
});

test("nothing is committed but the manifests, and a remote named capstan that is the user's own is left alone", async () => {
  project.git('remote', 'add', 'capstan', 'https://git.example.invalid/capstan.git');
  project.write('notes.txt', 'not yet committed');
  project.write('staged.txt', 'staged');
  project.git('add', 'staged.txt');

  await project.capstan(...exitWhenReady);

  const files = project.git('show', '--name-only', '--format=', 'HEAD').split('\n');
  expect(files.filter((file) => !file.startsWith('manifests/'))).toEqual([]);
  expect(project.git('status', '--porcelain')).toBe('A  staged.txt\n?? notes.txt');
  expect(readFileSync(join(project.directory, 'manifests/dev/.provenance'), 'utf8')).toContain('sourceCommit');
  expect(project.git('remote', '--verbose')).toMatch(/^capstan\thttps:\/\/git.example.invalid.*\ncapstan\thttps.*$/);
});

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
  });
}
