import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFreshProject, type Project } from '../e2e/up-project';

jest.setTimeout(240_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
});

/** What a user's own git is configured to do counts for the repository of `up`, too. */
function configured(text: string): string {
  const file = join(project.folder, 'global.gitconfig');
  writeFileSync(file, text);
  return `GIT_CONFIG_GLOBAL='${file}'`;
}

test.each([
  ['numbers the lines it finds', '[grep]\n\tlineNumber = true\n\tcolumn = true\n'],
  ['finds words instead of patterns', '[grep]\n\tpatternType = fixed\n'],
  ['colours what it prints', '[color]\n\tui = always\n'],
])('up waits for its clusters also where git %s', async (_name, text) => {
  project.define('dev', { namespace: 'team-a' });

  const up = await project.shell(
    `${configured(text)} capstan up --latency instant --exit-when-ready --timeout 20 --output json`,
  );

  const [cluster] = JSON.parse(up.stdout).clusters;
  expect(cluster).toMatchObject({ namespace: 'team-a', name: 'dev', ready: true });
  expect(up.code).toBe(0);
});

test('up starts again with a repository whose references git has packed', async () => {
  const up = () =>
    project.capstan(...'up --latency instant --data-dir ../state --exit-when-ready --timeout 20'.split(' '));
  expect(await up()).toMatchObject({ code: 0 });
  project.git('--git-dir=../state/repository.git', 'pack-refs', '--all');

  expect(await up()).toMatchObject({ code: 0 });
});

test('up makes its repository in the format of the checkout, not in the one for new repositories', async () => {
  const up = await project.shell('GIT_DEFAULT_HASH=sha256 capstan up --latency instant --exit-when-ready --timeout 20');

  expect(up).toMatchObject({ code: 0 });
});
