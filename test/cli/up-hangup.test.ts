import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { eventually, inOneProject, type Project } from '../e2e/up-project';

jest.setTimeout(120_000);

/** `script` of util-linux gives a command a terminal of its own. */
const hasTerminals = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux') ?? false;
if (!hasTerminals) console.info('skipped in part: there is no `script` of util-linux to make a terminal with');

let project: Project;
inOneProject((made) => {
  project = made;
});

(hasTerminals ? test : test.skip)('closing the terminal of up leaves no folder, note or remote behind', async () => {
  const program = join(project.directory, 'node_modules/capstan/bin/capstan.js');
  const { KUBECONFIG: _, ...environment } = process.env;
  const command = `exec '${process.execPath}' '${program}' up --latency instant`;
  const terminal = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'], {
    cwd: project.directory,
    env: { ...environment, TMPDIR: project.temporary },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let shown = '';
  terminal.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  await eventually(
    () => shown.includes('Ctrl-C stops everything'),
    () => `it does not get ready:\n${shown}`,
  );
  const [{ pid }] = JSON.parse(project.read('.cdk8s/sandbox.json'));

  terminal.kill('SIGKILL');
  await eventually(
    () => !isAlive(pid),
    () => 'it still runs',
    30,
  );

  expect(project.git('remote')).toBe('');
  expect(project.leftBehind()).toEqual([]);
});

test('a second hang-up does not interrupt the stop that the first one asked for', async () => {
  const up = project.start('up', '--latency', 'instant');
  await up.says('Ctrl-C stops everything');

  up.kill('SIGTERM');
  await up.says('Stopping');
  // Once everything is stopped a hang-up may end the process; what counts is that nothing is left.
  await up.stop('SIGHUP');

  expect(project.git('remote')).toBe('');
  expect(project.leftBehind()).toEqual([]);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
