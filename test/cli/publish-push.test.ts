import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFreshProject, type Project } from '../e2e/up-project';

jest.setTimeout(120_000);

let project: Project;
let remote: string;
inFreshProject((fresh) => {
  project = fresh;
  remote = join(project.folder, 'origin.git');
  project.git('init', '--quiet', '--bare', '--initial-branch=main', remote);
  project.git('remote', 'add', 'origin', remote);
});

const push = () => project.capstan('publish', '--push', '--remote', 'origin');

test('a remote that is ahead is the reason, with the command that catches up', async () => {
  await push();
  project.git('clone', '--quiet', remote, join(project.folder, 'other'));
  const other = ['-C', join(project.folder, 'other'), '-c', 'user.name=o', '-c', 'user.email=o@localhost'];
  project.git(...other, 'commit', '--quiet', '--allow-empty', '-m', 'Elsewhere');
  project.git(...other, 'push', '--quiet');
  project.define('two');

  const committed = await push();
  const head = project.git('rev-parse', '--short=12', 'HEAD');
  const again = await push();

  expect(committed).toMatchObject({ code: 1, stdout: '' });
  expect(committed.stderr).toBe(
    `push to origin failed: [rejected] (fetch first)\nThe commit ${head} is made and stays.\nIt has commits that HEAD lacks: \`git pull --rebase origin main\`, then publish again.\n`,
  );
  expect(again.stderr).toBe(
    'push to origin failed: [rejected] (fetch first)\nIt has commits that HEAD lacks: `git pull --rebase origin main`, then publish again.\n',
  );
});

test("a server's hook that refuses is quoted", async () => {
  const hook = join(remote, 'hooks/pre-receive');
  writeFileSync(hook, '#!/bin/sh\necho "main is protected" >&2\nexit 1\n');
  chmodSync(hook, 0o755);

  const finished = await push();

  expect(finished.code).toBe(1);
  expect(finished.stderr).toContain('push to origin failed: [remote rejected] (pre-receive hook declined)\n');
  expect(finished.stderr).toMatch(/remote: main is protected/);
  expect(finished.stderr).toContain('or publish from another branch than main and have it merged');
});

test('a repository that is not there is told with the command that corrects it', async () => {
  project.git('remote', 'set-url', 'origin', join(project.folder, 'nowhere.git'));

  const finished = await push();

  expect(finished.code).toBe(1);
  expect(finished.stderr).toContain("nowhere.git' does not appear to be a git repository");
  expect(finished.stderr).toContain('correct it with `git remote set-url origin URL`');
  expect(finished.stderr).not.toContain('Please make sure');
});

test('a remote that cannot be reached is told, and secrets of its URL are not', async () => {
  project.git('remote', 'set-url', 'origin', 'http://robot:s3cret@127.0.0.1:9/fleet.git?access_token=t0ken');

  const finished = await push();

  expect(finished.code).toBe(1);
  expect(finished.stderr).toContain('127.0.0.1');
  expect(finished.stderr).toContain('can it be reached from here?');
  expect(finished.stderr).not.toMatch(/s3cret|t0ken/);
});

test('a server that does not take commits of a shallow checkout is the reason, with the command that completes it', async () => {
  project.commit('One more');
  project.git('clone', '--quiet', '--depth=1', `file://${project.directory}`, '../shallow');
  project.install('../shallow');
  const inShallow = (line: string) => project.shell(`cd ../shallow && ${line}`);
  await inShallow(`git remote add other '${remote}'`);
  const publish = 'capstan publish --push --remote other';

  const refused = await inShallow(publish);
  const completed = await inShallow(`git fetch --quiet --unshallow && ${publish}`);

  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('push to other failed: [remote rejected] (shallow update not allowed)\n');
  expect(refused.stderr).toContain('`git fetch --unshallow`, then publish again.');
  expect(completed).toMatchObject({ code: 0, stdout: expect.stringContaining('Pushed to other.') });
});

describe('where no remote is named', () => {
  const pushedTo = async () => {
    const { stdout } = await project.capstan('publish', '--push', '--output', 'json');
    return stdout === '' ? undefined : JSON.parse(stdout).remote;
  };

  test('a branch that follows one of this repository is not pushed to this repository', async () => {
    project.git('switch', '--quiet', '--track', '-c', 'side');

    const finished = await project.capstan('publish', '--push');

    expect(finished).toMatchObject({ code: 2, stderr: expect.stringContaining('branch side has no upstream') });
  });

  test('no remote is guessed, unless one has our name', async () => {
    const unclear = await project.capstan('publish', '--push');
    project.git('remote', 'rename', 'origin', 'capstan');

    expect(unclear).toMatchObject({ code: 2, stderr: expect.stringContaining('branch main has no upstream') });
    expect(await pushedTo()).toBe('capstan');
  });

  test('the remote of an up whose repository is gone with it (after a restart of the machine) is none', async () => {
    project.git('push', '--quiet', '--set-upstream', 'origin', 'main');
    project.git('remote', 'add', 'capstan', join(project.folder, 'capstan-gone/repository.git'));

    expect(await pushedTo()).toBe('origin');
  });

  test("a remote capstan of the user's own is like any other: a branch goes there as git pushes it", async () => {
    project.git('remote', 'rename', 'origin', 'capstan');
    project.git('switch', '--quiet', '-c', 'side');

    expect(await pushedTo()).toBe('capstan');
    expect(project.git('ls-remote', 'capstan')).toBe(`${project.git('rev-parse', 'HEAD')}\trefs/heads/side`);
  });

  test('the repository of an up that was killed takes the commit, and what says so tells that nobody reads it', async () => {
    const url = join(project.folder, 'capstan-killed/repository.git');
    project.git('init', '--quiet', '--bare', url);
    project.git('remote', 'add', 'capstan', url);
    project.git('switch', '--quiet', '-c', 'side');

    const { stdout } = await project.capstan('publish', '--push');

    expect(stdout).toMatch(/\nPushed to capstan\.\nNext: start npx capstan up; none runs that reads capstan\n$/);
    expect(project.git('ls-remote', 'capstan')).toBe(`${project.git('rev-parse', 'HEAD')}\trefs/heads/main`);
  });

  test('a branch goes where git pushes it, which need not be where it comes from', async () => {
    project.git('push', '--quiet', '--set-upstream', 'origin', 'main');
    project.git('init', '--quiet', '--bare', '../fork.git');
    project.git('remote', 'add', 'fork', '../fork.git');

    expect(await pushedTo()).toBe('origin');
    project.git('config', 'remote.pushDefault', 'fork');
    expect(await pushedTo()).toBe('fork');
    project.git('config', 'branch.main.pushRemote', 'origin');
    expect(await pushedTo()).toBe('origin');
  });
});
