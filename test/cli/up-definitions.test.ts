import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { placeOfDefinition } from '../../cli/up/definition-files';
import { inFreshProject, type Project } from '../e2e/up-project';

jest.setTimeout(120_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
});

test('a named folder without definitions is refused, and nothing is committed', async () => {
  await project.capstan('publish');
  const head = project.git('rev-parse', 'HEAD');
  mkdirSync(join(project.directory, 'empty'));

  const finished = await project.capstan('up', '--exit-when-ready', '--clusters', 'empty');

  expect(finished).toMatchObject({ code: 2, stdout: '', stderr: 'no cluster definitions in empty\n' });
  expect(project.git('rev-parse', 'HEAD')).toBe(head);
  expect(project.git('status', '--porcelain')).toBe('');
  expect(project.leftBehind()).toEqual([]);
});

test('where the last cluster was taken out of the default folder, up says so and goes on', async () => {
  await project.capstan('publish');
  rmSync(join(project.directory, 'clusters/dev.ts'));
  const up = project.start('up', '--latency', 'instant');

  await up.says('No cluster is defined: write clusters/NAME.ts, then npx capstan publish --push\n');
  const { code, stdout } = await up.stop('SIGINT');

  expect(code).toBe(0);
  expect(stdout).toContain('Not committed: clusters/dev.ts. The manifests came from there; commit that, too.');
});

test('warnings of what is published are shown', async () => {
  project.write('clusters/more.mts', 'export {};\n');
  const up = project.start('up', '--latency', 'instant');

  await up.says('warning: not read: clusters/more.mts');

  await up.stop('SIGINT');
});

test('a cluster is edited in the file of its name only when that defines it', () => {
  project.define('other', {});
  const clusters = join(project.directory, 'clusters');

  expect(placeOfDefinition(clusters, 'dev')).toBe(join(clusters, 'dev.ts'));
  project.write('clusters/dev.ts', "export { default } from './other';\n");
  expect(placeOfDefinition(clusters, 'dev')).toBe(`${clusters}/`);
  expect(placeOfDefinition(clusters, 'nowhere')).toBe(`${clusters}/`);
});
