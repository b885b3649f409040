import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFreshProject, type Project } from '../e2e/up-project';

jest.setTimeout(120_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
  project.git('config', '--unset', 'user.name');
  project.git('config', '--unset', 'user.email');
});

/** A file of git's configuration outside of the project. */
function configuration(name: string, text: string): string {
  const file = join(project.folder, name);
  writeFileSync(file, text);
  return file;
}

/** Publishes as a user whose home is the project's folder. */
const publish = (variables: string, ...args: string[]) =>
  project.shell(`HOME='${project.folder}' GIT_CONFIG_NOSYSTEM=1 ${variables} capstan publish ${args.join(' ')}`);
const people = () => project.git('log', '-1', '--format=%an <%ae> %cn <%ce>');

const ADA = '[user]\n\tname = Ada\n\temail = ada@localhost\n';

test('the identity of a configuration that only the environment names is the author', async () => {
  const file = configuration('global', ADA);

  expect(await publish(`GIT_CONFIG_GLOBAL='${file}'`)).toMatchObject({ code: 0 });

  expect(people()).toBe('Ada <ada@localhost> Ada <ada@localhost>');
});

test('an identity in a configuration that the environment switches off is none', async () => {
  configuration('.gitconfig', ADA);

  expect(await publish('GIT_CONFIG_GLOBAL=/dev/null')).toMatchObject({ code: 0, stderr: '' });

  expect(people()).toBe('capstan <capstan@localhost> capstan <capstan@localhost>');
});

test('an author of the environment counts, and git guesses nobody where it must not', async () => {
  configuration('.gitconfig', '[user]\n\tuseConfigOnly = true\n');

  const finished = await publish('GIT_AUTHOR_NAME=Grace GIT_AUTHOR_EMAIL=grace@localhost');

  expect(finished).toMatchObject({ code: 0, stderr: '' });
  expect(people()).toBe('Grace <grace@localhost> capstan <capstan@localhost>');
});

test('hooks of a folder that the environment names are suspected when git makes no commit', async () => {
  project.write('hooks/pre-commit', '#!/bin/sh\nexit 1\n');
  const file = configuration('global', `${ADA}[core]\n\thooksPath = ${project.directory}/hooks\n`);

  const finished = await project.shell(`chmod +x hooks/pre-commit && GIT_CONFIG_GLOBAL='${file}' capstan publish`);

  expect(finished).toMatchObject({ code: 1, stderr: expect.stringContaining('that may refuse a commit: pre-commit.') });
});

test('a checkout that git refuses is told with its reason, and no new repository is advised', async () => {
  const broken = join(project.directory, '.git/config');
  rmSync(broken);
  writeFileSync(broken, '[core\n');

  const finished = await project.capstan('publish');

  expect(finished).toMatchObject({ code: 2, stderr: expect.stringContaining('bad config line 1') });
  expect(finished.stderr).not.toContain('git init');
});

test('a git that is killed is a failure, and not the answer that there is no commit and no branch', async () => {
  await project.capstan('publish');
  const [before, git] = [project.git('rev-parse', 'HEAD'), (await project.shell('command -v git')).stdout.trim()];
  project.define('two');
  for (const question of ['rev-parse --verify --quiet HEAD', 'symbolic-ref --quiet HEAD']) {
    project.write('bin/git', `#!/bin/sh\n[ "$*" = '${question}' ] && kill -INT $$\nexec '${git}' "$@"\n`);

    const finished = await project.shell(`chmod +x bin/git && PATH="$PWD/bin:$PATH" capstan publish`);

    expect(finished).toMatchObject({ code: 1, stderr: expect.stringContaining('git was ended by SIGINT') });
    expect(project.git('rev-parse', 'HEAD')).toBe(before);
  }
});
