import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, inFreshProject, type Project, type RunningCommand } from '../e2e/up-project';

jest.setTimeout(120_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
});

/** `script` of util-linux gives a command a terminal of its own. */
const hasTerminals = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux') ?? false;
if (!hasTerminals) console.info('skipped in part: there is no `script` of util-linux to make a terminal with');

const READY = 'Ctrl-C stops everything';
/** Longer than what counts as a repetition of one key press. */
const LATER_MS = 1_000;
const hasNote = () => existsSync(join(project.directory, '.cdk8s/sandbox.json'));

async function startUp(...args: string[]): Promise<RunningCommand> {
  const up = project.start('up', '--latency', 'instant', ...args);
  await up.says(READY);
  return up;
}

/** Another command that works in this checkout for long: a stop waits for it. */
function keepStopWaiting(): void {
  project.write('.git/capstan.lock', String(process.pid));
}

test('the first Ctrl-C says that a second one ends up at once; that one leaves no keys, note or remote', async () => {
  const up = await startUp();
  keepStopWaiting();

  up.kill('SIGINT');
  await up.says('Stopping … (Ctrl-C again ends it at once)');
  await sleep(LATER_MS);
  expect(project.git('remote')).toBe('capstan');
  const { code, stderr } = await up.stop('SIGINT');

  expect({ code, stderr }).toEqual({ code: 130, stderr: 'Ended at once.\n' });
  expect(project.leftBehind()).toEqual([]);
  expect(hasNote()).toBe(false);
  expect(project.git('remote')).toBe('');
});

test('a second SIGTERM ends up at once; what --data-dir keeps stays, and the next up goes on with it', async () => {
  const up = await startUp('--data-dir', '../state');
  keepStopWaiting();

  up.kill('SIGTERM');
  await sleep(LATER_MS);
  const { code } = await up.stop('SIGTERM');

  expect(code).toBe(143);
  expect(hasNote()).toBe(false);
  expect(project.git('remote')).toBe('capstan');
  await project.shell('rm .git/capstan.lock');
  const again = await startUp('--data-dir', '../state');
  expect(await again.stop('SIGINT')).toMatchObject({ code: 0 });
});

test('a SIGTERM ends at once what a Ctrl-C has begun to stop', async () => {
  const up = await startUp();
  keepStopWaiting();

  up.kill('SIGINT');
  await up.says('Stopping …');
  await sleep(LATER_MS);
  up.kill('SIGTERM');
  await sleep(LATER_MS);
  const isOver = project.leftBehind().length === 0;
  up.kill('SIGKILL');

  expect(isOver).toBe(true);
  expect(await up.finished).toMatchObject({ code: 143, stderr: 'Ended at once.\n' });
});

test('a signal that arrives twice for one key press stops in the ordinary way', async () => {
  const up = await startUp();
  keepStopWaiting();

  up.kill('SIGINT');
  await up.says('Stopping');
  up.kill('SIGINT');
  await sleep(LATER_MS);
  await project.shell('rm .git/capstan.lock');

  expect(await up.finished).toMatchObject({ code: 0, stderr: '' });
  expect(project.leftBehind()).toEqual([]);
  expect(project.git('remote')).toBe('');
});

test('a sandbox says that it stops on Ctrl-C, and leaves no keys and no note', async () => {
  const sandbox = project.start('sandbox', '--latency', 'instant');
  await sandbox.says('Ctrl-C stops it');
  expect(hasNote()).toBe(true);

  sandbox.kill('SIGINT');
  await sandbox.says('Stopping …');
  await sandbox.finished;

  expect(project.leftBehind()).toEqual([]);
  expect(hasNote()).toBe(false);
});

(hasTerminals ? test : test.skip)('one Ctrl-C in the terminal of npm start stops in the ordinary way', async () => {
  const command = 'node node_modules/capstan/bin/capstan.js up --latency instant';
  project.write('package.json', JSON.stringify({ name: 'fleet', private: true, scripts: { start: command } }));
  const { KUBECONFIG: _, ...environment } = process.env;
  const terminal = spawn('script', ['--quiet', '--flush', '--command', 'npm start', '/dev/null'], {
    cwd: project.directory,
    env: { ...environment, TMPDIR: project.temporary },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let shown = '';
  terminal.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  const shows = (text: string) =>
    eventually(
      () => shown.includes(text),
      () => `it does not show ${text}:\n${shown}`,
    );
  await shows(READY);
  keepStopWaiting();

  terminal.stdin.write('\u0003');
  await shows('Stopping …');
  await sleep(LATER_MS);
  expect(hasNote()).toBe(true);
  await project.shell('rm .git/capstan.lock');

  await eventually(
    () => !hasNote() && project.leftBehind().length === 0,
    () => `it leaves ${project.leftBehind().join()}`,
    30,
  );
  expect(shown).not.toContain('Ended at once');
  expect(project.git('remote')).toBe('');
});
