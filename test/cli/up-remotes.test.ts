import { type Finished, inFreshProject, type Project } from '../e2e/up-project';

jest.setTimeout(240_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
});

const READY = 'Ctrl-C stops everything';
const urlOf = (remote: string) => project.git('config', '--get', `remote.${remote}.url`);
const pushFrom = (folder: string): Promise<Finished> => project.startIn(folder, 'publish', '--push').finished;

test('two ups in two work trees of one repository each have a remote, and each removes its own alone', async () => {
  project.git('worktree', 'add', '--quiet', '-b', 'side', '../side');
  project.install('../side');
  const first = project.start('up', '--latency', 'instant');
  await first.says(READY);
  const own = urlOf('capstan');
  const second = project.startIn('../side', 'up', '--latency', 'instant');
  await second.says(READY);

  expect(urlOf('capstan')).toBe(own);
  expect(urlOf('capstan-2')).not.toBe(own);
  await first.stop();

  expect(project.git('remote')).toBe('capstan-2');
  expect(await pushFrom('../side')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('capstan-2 has it already'),
  });
  await second.stop();

  expect(project.git('remote')).toBe('');
  expect(project.leftBehind()).toEqual([]);
});

test('the remote of an up that was killed is replaced, also by another work tree', async () => {
  project.git('worktree', 'add', '--quiet', '-b', 'side', '../side');
  project.install('../side');
  const killed = project.start('up', '--latency', 'instant');
  await killed.says(READY);
  const abandoned = urlOf('capstan');
  await killed.stop('SIGKILL');

  const next = project.startIn('../side', 'up', '--latency', 'instant');
  await next.says(READY);

  expect(project.git('remote')).toBe('capstan');
  expect(urlOf('capstan')).not.toBe(abandoned);
  await next.stop();
  expect(project.git('remote')).toBe('');
});

test('a remote that was removed while up runs is added again by publish --push', async () => {
  const up = project.start('up', '--latency', 'instant');
  await up.says(READY);
  const own = urlOf('capstan');
  project.git('remote', 'remove', 'capstan');
  project.define('two');

  const pushed = await project.capstan('publish', '--push');

  expect(pushed).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Pushed to capstan.'),
    stderr: `warning: the remote of the running up was gone; added it again: capstan (${own})\n`,
  });
  await up.says(/was published/);
  await up.stop();
  expect(project.git('remote')).toBe('');
});

test('a remote that was pointed elsewhere while up runs stays so, and the running up is reached and stopped', async () => {
  const up = project.start('up', '--latency', 'instant');
  await up.says(READY);
  project.git('remote', 'set-url', 'capstan', 'https://git.example.invalid/fleet.git');

  const pushed = await project.capstan('publish', '--push');

  expect(pushed).toMatchObject({ code: 0, stdout: expect.stringContaining('capstan-2 has it already') });
  await up.stop();
  expect(project.git('remote')).toBe('capstan');
});

test('a shallow checkout comes up, stays so after a restart, and publishes on', async () => {
  project.commit('One more');
  const identity = ['--config', 'user.name=test', '--config', 'user.email=test@localhost'];
  project.git('clone', '--quiet', '--depth=1', ...identity, `file://${project.directory}`, '../shallow');
  project.install('../shallow');
  const start = () => project.startIn('../shallow', 'up', '--latency', 'instant', '--data-dir', '../state');
  const first = start();
  await first.says(READY);
  await first.stop();

  const again = start();
  await again.says(READY);
  project.define('two');
  await project.shell('cp clusters/two.ts ../shallow/clusters/');
  expect(await pushFrom('../shallow')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Pushed to capstan.'),
  });
  await again.says(/was published[\s\S]*Ready at revision/);
  await again.stop();

  expect(project.git('-C', '../shallow', 'rev-parse', '--is-shallow-repository')).toBe('true');
});
