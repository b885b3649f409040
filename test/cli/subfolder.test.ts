import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Finished, inFreshProject, type Project } from '../e2e/up-project';

jest.setTimeout(240_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
  project.write('docs/deep/notes.md', 'notes\n');
  project.write('cdk8s.yaml', 'language: typescript\napp: node node_modules/capstan/dist/apps/fleet/main.js\n');
  project.commit('Add notes');
});

const inDocs = (...args: string[]): Promise<Finished> => project.startIn('docs/deep', ...args).finished;
const exists = (path: string) => existsSync(join(project.directory, path));

test('commands find the sandbox of the checkout from any folder in it', async () => {
  const up = project.start('up', '--latency', 'instant');
  await up.says('Ctrl-C stops everything');
  project.define('two');

  expect(await inDocs('status')).toMatchObject({ code: 0, stdout: expect.stringContaining('Fleet fleet') });
  expect(await inDocs('why', 'dev')).toMatchObject({ code: 0 });
  expect((await inDocs('kubeconfig', 'dev')).stdout).toBe((await project.capstan('kubeconfig', 'dev')).stdout);
  expect(await inDocs('publish', '--push')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Committed manifests\/ as [\s\S]*Pushed to capstan\./),
    stderr: `Publishing from ${project.directory}\n`,
  });

  expect(exists('docs/deep/manifests')).toBe(false);
  expect(exists('manifests/two')).toBe(true);
  await up.stop();
});

test('an up that starts in a folder of the project is that of the project', async () => {
  const up = project.startIn('docs', 'up', '--latency', 'instant');
  await up.says('Ctrl-C stops everything');

  expect(up.output).toContain(`Publishing from ${project.directory}\n`);
  expect(up.output).toContain('change replicas in ../clusters/dev.ts, then');
  expect(await project.capstan('status')).toMatchObject({ code: 0 });
  await up.stop();

  expect(exists('docs/manifests')).toBe(false);
  expect(exists('docs/.cdk8s')).toBe(false);
  expect(project.git('remote')).toBe('');
});

test('a folder of definitions on the command line is relative to the current folder', async () => {
  project.git('mv', 'clusters', 'docs/fleet');
  project.commit('Move');

  const missing = await inDocs('publish', '--clusters', 'fleet');
  const published = await inDocs('publish', '--clusters', '../fleet', '--output', 'json');

  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('docs/deep/fleet') });
  expect(JSON.parse(published.stdout)).toMatchObject({ manifests: 'manifests', clusters: ['dev'] });
});

test('what is to be done about edited manifests is told as seen from the current folder', async () => {
  await project.capstan('publish');
  project.write('manifests/dev/extra.yaml', 'new: true\n');

  const refused = await inDocs('publish');
  const [, command = ''] = /drop them with `(.*)`/.exec(refused.stderr) ?? [];
  const dropped = await project.shell(`cd docs/deep && ${command}`);

  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('  ../../manifests/dev/extra.yaml\n') });
  expect(dropped).toMatchObject({ code: 0 });
  expect(await inDocs('publish')).toMatchObject({ code: 0 });
});

test('a repository in a folder of another one is looked at alone', async () => {
  mkdirSync(join(project.directory, 'vendor'));
  project.git('init', '--quiet', '--initial-branch=main', 'vendor');

  const up = project.start('up', '--latency', 'instant');
  await up.says('are up');
  const status = await project.startIn('vendor', 'status').finished;
  await up.stop('SIGINT');

  expect(status).toMatchObject({ code: 2, stderr: expect.stringContaining('no management cluster') });
});
