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
