import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterDigests, readFolder } from '../../apps/fleet/tree-digest';
import { inFreshProject, type Project } from '../e2e/up-project';

jest.setTimeout(120_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
});

const LARGER = { controlPlane: { replicas: 3, offering: 'Medium Instance' } };

const file = (cluster: string) => `manifests/${cluster}/.provenance`;
const exists = (path: string) => existsSync(join(project.directory, path));
const provenance = (cluster: string): { sourceCommit: string; treeDigest: string } =>
  JSON.parse(project.read(file(cluster)));
const digest = (cluster: string) => clusterDigests(readFolder(join(project.directory, 'manifests'))).get(cluster);
const changedBy = (revision: string) =>
  project
    .git('show', '--name-only', '--format=', revision)
    .split('\n')
    .filter((path) => path !== '');

/** What `npx cdk8s synth` runs. */
const synth = () =>
  execFileSync(process.execPath, [join(project.directory, 'node_modules/capstan/dist/apps/fleet/main.js')], {
    cwd: project.directory,
    stdio: 'pipe',
  });

async function publishAndGet(): Promise<{ committed: boolean; commit: string }> {
  const finished = await project.capstan('publish', '--output', 'json');
  expect(finished).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(finished.stdout);
}

test('two branches that publish different clusters merge without a conflict, and the result is up to date', async () => {
  project.define('two');
  project.commit('Define two');
  await publishAndGet();
  project.git('switch', '--quiet', '-c', 'left');
  project.define('dev', LARGER);
  const left = project.commit('Enlarge dev');
  await publishAndGet();
  project.git('switch', '--quiet', '-c', 'right', 'main');
  project.define('two', LARGER);
  const right = project.commit('Enlarge two');
  await publishAndGet();

  project.git('merge', '--quiet', '--no-edit', 'left');

  expect(project.git('status', '--porcelain')).toBe('');
  expect(await publishAndGet()).toMatchObject({ committed: false });
  expect(provenance('dev')).toMatchObject({ sourceCommit: left, treeDigest: digest('dev') });
  expect(provenance('two')).toMatchObject({ sourceCommit: right, treeDigest: digest('two') });
});

test('the provenance of a cluster stays when only another one changes, and goes with the cluster', async () => {
  project.define('two');
  project.commit('Define two');
  await publishAndGet();
  const before = project.read(file('two'));
  project.define('dev', LARGER);
  project.commit('Enlarge dev');

  await publishAndGet();

  expect(project.read(file('two'))).toBe(before);
  expect(changedBy('HEAD').filter((path) => path.startsWith('manifests/two'))).toEqual([]);
  rmSync(join(project.directory, 'clusters/two.ts'));
  project.commit('Remove two');
  await publishAndGet();
  expect(exists('manifests/two')).toBe(false);
  expect(project.git('status', '--porcelain')).toBe('');
});

test('synth removes the provenance of what it renders anew and of nothing else; publish writes it again', async () => {
  project.define('two');
  project.commit('Define two');
  await publishAndGet();
  project.define('dev', LARGER);

  synth();

  expect(exists(file('dev'))).toBe(false);
  expect(exists(file('two'))).toBe(true);
  const byHand = project.commit('Enlarge dev, rendered by hand');
  expect(await publishAndGet()).toMatchObject({ committed: true });
  expect(changedBy('HEAD')).toEqual([file('dev')]);
  expect(project.git('log', '-1', '--format=%s')).toBe('Record the provenance of manifests');
  expect(provenance('dev')).toMatchObject({ sourceCommit: byHand, treeDigest: digest('dev') });
  expect(await publishAndGet()).toMatchObject({ committed: false });
});

test.each([
  ['missing', () => rmSync(join(project.directory, file('dev')))],
  ['of another tree', () => project.write(file('dev'), '{"sourceCommit": null, "treeDigest": "sha256:0"}\n')],
  ['in conflict', () => project.write(file('dev'), `<<<<<<< HEAD\n${project.read(file('dev'))}=======\n>>>>>>> x\n`)],
])('a committed provenance that is %s is written anew, even when a cluster changes with it', async (_name, spoil) => {
  await publishAndGet();
  spoil();
  const spoiled = project.commit('Spoil the provenance');

  await publishAndGet();

  expect(changedBy('HEAD')).toEqual([file('dev')]);
  expect(provenance('dev')).toMatchObject({ sourceCommit: spoiled, treeDigest: digest('dev') });
  spoil();
  project.define('dev', LARGER);
  rmSync(join(project.directory, '.cdk8s'), { recursive: true });
  expect(await publishAndGet()).toMatchObject({ committed: true });
  expect(provenance('dev')).toMatchObject({ treeDigest: digest('dev') });
});

test('whatever kubectl and Argo CD read in the folder of a cluster is an object', async () => {
  await publishAndGet();

  const files = readdirSync(join(project.directory, 'manifests/dev'));
  const read = files.filter((name) => /\.(ya?ml|json)$/.test(name));

  expect(files.filter((name) => !read.includes(name))).toEqual(['.provenance']);
  for (const name of read) expect(project.read(`manifests/dev/${name}`)).toMatch(/^apiVersion: .+\nkind: .+\n/);
});

test('a folder in which only a provenance is left goes, and so does the one file for all of earlier versions', async () => {
  await publishAndGet();
  project.write(file('gone'), project.read(file('dev')));
  project.write('manifests/.provenance.json', '{}\n');
  project.commit('Merge what is gone');

  await publishAndGet();

  expect(exists('manifests/gone')).toBe(false);
  expect(exists('manifests/.provenance.json')).toBe(false);
  expect(project.git('status', '--porcelain')).toBe('');
});

test('a publish that failed leaves no provenance that a later one would believe', async () => {
  await publishAndGet();
  const hook = join(project.directory, '.git/hooks/pre-commit');
  writeFileSync(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  project.define('dev', LARGER);
  const refused = await project.capstan('publish');
  rmSync(hook);
  project.git('add', 'clusters');
  project.git('commit', '--quiet', '-m', 'Enlarge dev', '--', 'clusters');

  await publishAndGet();

  expect(refused.code).toBe(1);
  expect(provenance('dev')).toEqual({
    sourceCommit: project.git('rev-parse', 'HEAD~1'),
    toolVersion: expect.any(String),
    treeDigest: digest('dev'),
  });
  expect(readFileSync(join(project.directory, file('dev')), 'utf8')).toMatch(/\n$/);
});
