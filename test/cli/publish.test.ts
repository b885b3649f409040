import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { inFreshProject, type Project } from '../e2e/up-project';

jest.setTimeout(120_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
});

const provenance = (cluster = 'dev'): unknown => JSON.parse(project.read(`manifests/${cluster}/.provenance`));
const bareRemote = (name: string): string => {
  const remote = join(project.folder, `${name}.git`);
  project.git('init', '--quiet', '--bare', '--initial-branch=main', remote);
  project.git('remote', 'add', name, remote);
  return remote;
};

test('publish commits the manifests alone, with the commit, the tool and the digest they come from', async () => {
  const source = project.git('rev-parse', 'HEAD');
  project.write('notes.txt', 'not part of it');

  const finished = await project.capstan('publish', '--output', 'json');

  expect(finished.code).toBe(0);
  const result: { commit: string; treeDigest: string } = JSON.parse(finished.stdout);
  expect(result).toMatchObject({ committed: true, pushed: false, clusters: ['dev'], uncommittedSources: [] });
  expect(result.commit).toBe(project.git('rev-parse', 'HEAD'));
  const message = project.git('log', '-1', '--format=%B');
  expect(message).toMatch(
    new RegExp(
      `^Render manifests\n\nSource-Commit: ${source}\nRendered-By: capstan .*\nTree-Digest: ${result.treeDigest}$`,
    ),
  );
  expect(provenance()).toEqual({
    sourceCommit: source,
    toolVersion: expect.stringMatching(/^capstan \d/),
    treeDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
  });
  expect(project.git('show', '--name-only', '--format=', 'HEAD')).not.toMatch(/^(?!manifests\/)/m);
  expect(await project.capstan('publish')).toMatchObject({ code: 0, stdout: expect.stringContaining('is up to date') });
});

test('the last cluster is taken out by removing its file, as every other one', async () => {
  await project.capstan('publish');
  project.git('rm', '--quiet', 'clusters/dev.ts');
  project.git('commit', '--quiet', '-m', 'Remove dev');

  expect(await project.capstan('publish')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('there is no clusters/: no cluster is rendered'),
  });
  expect(project.git('ls-files', 'manifests')).toBe('');
});

test('sources that are not committed are named, because the commit alone does not render the manifests', async () => {
  project.define('dev', { pools: { general: { replicas: 4, offering: 'Medium Instance' } } });
  project.define('two');

  const finished = await project.capstan('publish');

  expect(finished).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Not committed: clusters/dev.ts and 1 more.'),
  });
  expect(project.git('log', '-1', '--format=%B')).toContain('Uncommitted-Sources: clusters/dev.ts, clusters/two.ts');
  expect(provenance()).toMatchObject({ uncommittedSources: ['clusters/dev.ts', 'clusters/two.ts'] });
});

test('before the first commit all sources are named', async () => {
  rmSync(join(project.directory, '.git'), { recursive: true });
  project.git('init', '--quiet', '--initial-branch=main');
  project.git('config', 'user.name', 'test');
  project.git('config', 'user.email', 'test@localhost');
  project.git('add', 'package.json');

  const finished = await project.capstan('publish', '--output', 'json');

  expect(finished.code).toBe(0);
  expect(JSON.parse(finished.stdout)).toMatchObject({ uncommittedSources: ['package.json', 'clusters/dev.ts'] });
  expect(provenance()).toMatchObject({
    sourceCommit: null,
    uncommittedSources: ['package.json', 'clusters/dev.ts'],
  });
  expect(project.git('log', '-1', '--format=%B')).toContain(
    'Source-Commit: none\nUncommitted-Sources: package.json, clusters/dev.ts\n',
  );
  expect(project.git('show', '--name-only', '--format=', 'HEAD')).not.toMatch(/^(?!manifests\/)/m);
});

test.each([
  ['an edit', 'manifests/dev/cluster.dev.yaml', 'edited: true\n'],
  ['a new file', 'manifests/dev/extra.yaml', 'new: true\n'],
  ['a hidden file', 'manifests/dev/.extra.yaml', 'new: true\n'],
])('%s in the manifests that synth did not write is refused and kept', async (_name, file, content) => {
  await project.capstan('publish');
  const head = project.git('rev-parse', 'HEAD');
  project.write(file, content);

  const finished = await project.capstan('publish');

  expect(finished).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(file) });
  expect(project.read(file)).toBe(content);
  expect(project.git('rev-parse', 'HEAD')).toBe(head);
});

test('a mistake exits with 2 and leaves manifests and history as they are', async () => {
  await project.capstan('publish');
  const head = project.git('rev-parse', 'HEAD');
  project.define('dev', { kubernetesVersion: '1.34' });

  const finished = await project.capstan('publish');

  expect(finished).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('clusters/dev.ts: dev/dev: kubernetesVersion'),
  });
  expect(project.git('rev-parse', 'HEAD')).toBe(head);
  expect(project.git('status', '--porcelain', '--', 'manifests')).toBe('');
});

test('--push goes to the branch of the same name, and asks where to when nothing tells', async () => {
  const remote = bareRemote('origin');

  const unclear = await project.capstan('publish', '--push');
  const pushed = await project.capstan('publish', '--push', '--remote', 'origin');

  expect(unclear).toMatchObject({ code: 2, stderr: expect.stringContaining('origin; choose one with --remote') });
  expect(pushed).toMatchObject({ code: 0, stdout: expect.stringContaining('Pushed to origin.') });
  expect(project.git('ls-remote', remote, 'refs/heads/main')).toContain(project.git('rev-parse', 'HEAD'));

  const again = await project.capstan('publish', '--push', '--remote', 'origin', '--output', 'json');

  expect(JSON.parse(again.stdout)).toMatchObject({ committed: false, pushed: false, remote: 'origin' });
  expect(await project.capstan('publish', '--push', '--remote', 'origin')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('origin has it already: nothing was pushed.'),
  });
});

test('a project in a folder of a larger repository publishes there', async () => {
  rmSync(join(project.directory, '.git'), { recursive: true });
  const git = (...args: string[]) => execFileSync('git', args, { cwd: project.folder, encoding: 'utf8' }).trim();
  git('init', '--quiet', '--initial-branch=main');
  git('add', 'project');
  git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '-m', 'Add a fleet');

  const published = await project.capstan('publish', '--output', 'json');
  const up = await project.capstan('up', '--exit-when-ready', '--output', 'json', '--latency', 'instant');

  expect(published.code).toBe(0);
  expect(JSON.parse(published.stdout)).toMatchObject({ manifests: 'project/manifests', clusters: ['dev'] });
  expect(git('log', '-1', '--format=%s')).toBe('Render project/manifests');
  expect(git('status', '--porcelain', '--', 'project')).toBe('');
  expect(JSON.parse(up.stdout)).toMatchObject({ ready: true, clusters: [{ name: 'dev' }] });
});

test('definitions that were not read are told in one line, and their folder is published all the same', async () => {
  project.write('clusters/other.mts', 'export default undefined;\n');
  project.write('clusters/team/three.ts', 'export default undefined;\n');

  const finished = await project.capstan('publish');

  expect(finished).toMatchObject({
    code: 0,
    stderr: 'warning: not read: clusters/other.mts, clusters/team/; only *.ts and *.js directly in clusters are\n',
  });
});
