import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Finished, inFreshProject, type Project } from '../e2e/up-project';

jest.setTimeout(120_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
});

/** Runs a git command that stops for the user. */
function stops(...args: string[]): void {
  expect(() => project.git(...args)).toThrow();
}

/** Branches `main` and `side`, each of which publishes the cluster in its own way; `main` is checked out. */
async function diverge(): Promise<void> {
  await project.capstan('publish');
  project.git('switch', '--quiet', '-c', 'side');
  project.define('dev', { kubernetesVersion: 'v1.33.6' });
  project.commit('Upgrade');
  await project.capstan('publish');
  project.git('switch', '--quiet', 'main');
  project.define('dev', { kubernetesVersion: 'v1.33.7' });
  project.commit('Upgrade further');
  await project.capstan('publish');
}

function expectRefusal(finished: Finished, ...texts: string[]): void {
  expect(finished).toMatchObject({ code: 2, stdout: '' });
  for (const text of [...texts, 'Nothing was rendered.']) expect(finished.stderr).toContain(text);
  expect(finished.stderr).not.toMatch(/\n\s+at /);
}

test('a merge that waits for the user is named, with its conflicts, and nothing is rendered', async () => {
  await diverge();
  stops('merge', 'side');
  const before = project.git('status', '--porcelain');

  const finished = await project.capstan('publish');

  expectRefusal(
    finished,
    'a merge is under way in this checkout; finish it with `git merge --continue` or drop it with `git merge --abort`',
    'Conflicts: clusters/dev.ts, manifests/dev/.provenance, ',
    'Those in manifests/ need no editing: when the definitions are merged, `npx cdk8s synth` renders them anew',
  );
  expect(project.git('status', '--porcelain')).toBe(before);
});

test('the command that adds merged manifests works where it is pasted', async () => {
  await diverge();
  stops('merge', 'side');

  const finished = await project.startIn('clusters', 'publish').finished;

  expectRefusal(finished, 'Those in manifests/ need no editing', 'then `git add ../manifests`.');
});

test('a merge that was resolved as advised is published', async () => {
  await diverge();
  stops('merge', 'side');
  project.define('dev', { kubernetesVersion: 'v1.33.7' });
  project.git('add', 'clusters');

  execFileSync(process.execPath, [join(project.directory, 'node_modules/capstan/dist/apps/fleet/main.js')], {
    cwd: project.directory,
    stdio: 'pipe',
  });
  project.git('add', 'manifests');
  project.git('-c', 'core.editor=true', 'merge', '--continue');

  const finished = await project.capstan('publish', '--output', 'json');

  // The tree is that of one side; what it came from is said anew.
  expect(finished).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(finished.stdout)).toMatchObject({ committed: true, uncommittedSources: [] });
  expect(JSON.parse(project.read('manifests/dev/.provenance')).sourceCommit).toBe(project.git('rev-parse', 'HEAD~1'));
  expect(project.git('status', '--porcelain')).toBe('');
});

test.each([
  ['a rebase', 'rebase', ['rebase', 'side']],
  ['a cherry-pick', 'cherry-pick', ['cherry-pick', 'side~1']],
  ['a revert', 'revert', ['revert', '--no-edit', 'side~1']],
])('%s that waits for the user is named', async (what, command, args) => {
  await diverge();
  if (command === 'revert') project.git('merge', '--quiet', '--no-edit', '--strategy=ours', 'side');
  stops(...args);

  const finished = await project.capstan('publish', '--push');

  expectRefusal(finished, `${what} is under way`, `\`git ${command} --continue\``, `\`git ${command} --abort\``);
});

test('unmerged files without a merge are refused, too', async () => {
  await diverge();
  project.define('dev', { zone: 'zone-2' });
  project.git('stash', '--quiet');
  project.define('dev', { zone: 'zone-3' });
  project.commit('Move');
  stops('stash', 'pop');

  const finished = await project.capstan('publish');

  expectRefusal(finished, 'there are unmerged files in this checkout', 'Conflicts: clusters/dev.ts');
});

test.each([[[]], [['--push']]])('a detached HEAD is refused, with %j, and the way out is said', async (options) => {
  project.git('checkout', '--quiet', '--detach');
  project.define('dev', { zone: 'zone-2' });

  const finished = await project.capstan('publish', ...options);

  expectRefusal(finished, 'HEAD is on no branch', '`git switch -c NAME`');
});

test.each([
  ['with words', 'echo "dev.yaml is not formatted"; exit 1', 'dev.yaml is not formatted'],
  ['without a word', 'exit 1', 'git does not say why'],
])('a hook that refuses %s ends publish with 1, and is named', async (_name, script, reason) => {
  const hooks = join(project.directory, '.githooks');
  mkdirSync(hooks);
  project.write('.githooks/pre-commit', `#!/bin/sh\n${script}\n`);
  chmodSync(join(hooks, 'pre-commit'), 0o755);
  project.git('config', 'core.hooksPath', '.githooks');
  const head = project.git('rev-parse', 'HEAD');

  const finished = await project.capstan('publish');

  expect(finished).toMatchObject({ code: 1, stdout: '' });
  expect(finished.stderr).toContain(`git did not commit manifests/: ${reason}\n`);
  expect(finished.stderr).toContain('hooks that may refuse a commit: pre-commit.');
  expect(project.git('rev-parse', 'HEAD')).toBe(head);
});

test('manifests that were edited are told from inside of them, with a command that works there', async () => {
  await project.capstan('publish');
  project.write('manifests/dev/more.yaml', 'a: 1\n');

  const finished = await project.startIn('manifests', 'publish').finished;

  expect(finished).toMatchObject({ code: 2, stderr: expect.stringContaining('\n  dev/more.yaml\n') });
  expect(finished.stderr).toContain('`git restore --staged --worktree . && git clean -fd .`');
});

test('a folder without definitions that is named is refused: it would take all clusters out of git', async () => {
  await project.capstan('publish');
  mkdirSync(join(project.directory, 'clutsers'));

  const finished = await project.capstan('publish', '--clusters', 'clutsers');

  expect(finished).toMatchObject({ code: 2, stdout: '', stderr: 'no cluster definitions in clutsers\n' });
});

test('a synth that the system ends (for want of memory) is told with the signal', async () => {
  project.write('clusters/end.ts', "process.kill(process.pid, 'SIGKILL');\n");

  const finished = await project.capstan('publish');

  expect(finished).toMatchObject({ code: 1, stdout: '', stderr: 'synth was ended by SIGKILL; nothing was rendered\n' });
});

test('a Ctrl-C while synth runs leaves no folder behind, and the next publish works', async () => {
  // It reaches all that run in the terminal.
  project.write('clusters/end.ts', "for (const pid of [process.ppid, process.pid]) process.kill(pid, 'SIGINT');\n");

  const finished = await project.capstan('publish');

  expect(finished).toMatchObject({ code: null, stdout: '' });
  expect(project.leftBehind()).toEqual([]);
  project.git('clean', '--quiet', '--force', 'clusters');
  expect(await project.capstan('publish')).toMatchObject({ code: 0, stderr: '' });
});
