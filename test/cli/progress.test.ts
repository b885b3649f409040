import { PassThrough, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { Progress, type Shown } from '../../cli/up/progress';
import { clusterViews } from '../../cli/view/cluster-view';
import { fitLine } from '../../cli/view/fit-line';
import type { Condition } from '../../machinery/conditions';
import { condition, object, snapshotOf } from './plain-objects';

const REVISION = '0123456789abcdef';
const cluster = object('Cluster', 'dev', undefined, condition('Available', 'False', 'NotAvailable', '* Workers: …'));
const pool = object('MachineDeployment', 'dev-a', 'Cluster/dev', condition('RollingOut', 'True', 'RollingOut'));
const machineSet = object('MachineSet', 'dev-a-1', 'MachineDeployment/dev-a');
const machine = object('Machine', 'dev-a-1-x', 'MachineSet/dev-a-1', condition('Ready', 'False', 'NotReady'));

async function waiting(reason: string, message: string): Promise<Shown> {
  const state: Condition = condition('Ready', 'False', reason, message);
  const vm = object('CloudStackMachine', 'dev-a-1-x', 'Machine/dev-a-1-x', state);
  return { clusters: clusterViews(await snapshotOf(cluster, pool, machineSet, machine, vm)), fleetReasons: [] };
}

async function ready(): Promise<Shown> {
  const { clusters } = await waiting('Deploying', '');
  return { clusters: clusters.map((view) => ({ ...view, ready: true, reason: '', reasons: [] })), fleetReasons: [] };
}

/** What is written, where there is no terminal or on one of 80 columns. */
function lines(...states: readonly Shown[]): readonly string[] {
  return written({ isTTY: false }, states)
    .split('\n')
    .filter((line) => line !== '');
}

function written(
  kind: Pick<NodeJS.WriteStream, 'isTTY'> & Partial<Pick<NodeJS.WriteStream, 'columns' | 'rows'>>,
  states: readonly Shown[],
): string {
  const stream = Object.assign(new PassThrough(), kind);
  const progress = new Progress(stream as unknown as NodeJS.WriteStream, () => 1);
  for (const state of states) progress.show(state);
  return stream.read()?.toString() ?? '';
}

test('a line names the object that blocks, not the rollout that waits for it', async () => {
  const told = lines(await waiting('NotFoundInCloudStack', 'no Template has exactly this name'));

  expect(told).toEqual([
    '  1.0s  dev: control plane 0/0, workers 0/0; CloudStackMachine dev-a-1-x: NotFoundInCloudStack: no Template has exactly this name',
  ]);
});

test('a line is written only when it changes, and an attempt that differs in its job alone is no change', async () => {
  const job = (digit: string) =>
    `CloudStack job ${digit.repeat(8)}-d9cb-469f-a165-70867728950e failed after 1${digit} s`;

  const told = lines(
    await waiting('DeployFailed', job('1')),
    await waiting('DeployFailed', job('2')),
    await waiting('Starting', 'starting the instance'),
    { ...(await waiting('Starting', 'starting the instance')), pending: ['Cluster two left git.'] },
  );

  expect(told.map((line) => line.replace(/^.*?; /, ''))).toEqual([
    expect.stringContaining('DeployFailed'),
    expect.stringContaining('Starting: starting the instance'),
    '  1.0s  Cluster two left git.',
  ]);
});

test('a cluster that stands as an earlier revision asks is not called ready', async () => {
  const state = await ready();

  const told = lines({ ...state, applying: REVISION }, state);

  expect(told).toEqual(['  1.0s  Revision 0123456789ab is being applied.', '  1.0s  dev: ready']);
});

test('a refused revision is told by its reason, and nothing is called ready', async () => {
  const state = { ...(await ready()), applying: REVISION, fleetReasons: ['Fleet fleet: RevisionRefused: a.yaml: no'] };

  expect(lines(state)).toEqual(['  1.0s  Fleet fleet: RevisionRefused: a.yaml: no']);
});

test('on a terminal the command of a pending deletion is said once and whole, and all that is redrawn fits', async () => {
  const state = await waiting(
    'NotFoundInCloudStack',
    'no Template has exactly this name, nor one that differs in case',
  );
  const deletion = `Cluster two left git. To delete it: kubectl annotate ${'x'.repeat(100)}`;
  const shown = {
    ...state,
    pending: [deletion],
    fleetReasons: [`Fleet fleet: RevisionRefused: ${'a.yaml: no '.repeat(20)}`],
  };

  const text = stripVTControlCharacters(written({ isTTY: true, columns: 80 }, [shown, shown]));

  expect(text.split(deletion)).toHaveLength(2);
  const widths = text
    .replace(deletion, '')
    .split('\n')
    .map((line) => line.length);
  expect(Math.max(...widths)).toBeLessThan(80);
});

test('a terminal that does not know its size gets whole lines', async () => {
  const text = written({ isTTY: true, columns: 0, rows: 0 }, [await waiting('DeployFailed', 'out of capacity')]);

  expect(text).toContain('DeployFailed: out of capacity');
});

test('what is cut has the width it is cut to, colours aside', () => {
  expect(fitLine('abcdef', 6)).toBe('abcdef');
  expect(fitLine('abcdef', 4)).toBe('abc…');
  expect(fitLine('\u001b[2mabcdef\u001b[22m', 4)).toBe('\u001b[2mabc…\u001b[22m');
});

test('that no cluster is left is said, on a terminal in place of the tree, once nothing more can come', async () => {
  const gone = { clusters: [], fleetReasons: [] };

  expect(lines({ ...gone, applying: REVISION }, gone)).toEqual([
    '  1.0s  Revision 0123456789ab is being applied.',
    '  1.0s  No clusters.',
  ]);
  const redrawn = written({ isTTY: true, columns: 80 }, [await ready(), gone]);
  expect(redrawn.endsWith('\u001b[0JNo clusters.\n')).toBe(true);
});

test('what is redrawn begins in the first column, wherever keys that were typed have moved the cursor', async () => {
  const redrawn = written({ isTTY: true, columns: 80 }, [await ready(), await waiting('Deploying', '')]);

  expect(redrawn).toContain('\n\r\u001b[');
});

test.each(['EIO', 'EPIPE'])('a terminal that is gone (%s) does not end the command that writes to it', async (code) => {
  const gone = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) });
  const progress = new Progress(Object.assign(gone, { isTTY: true }) as unknown as NodeJS.WriteStream, () => 1);

  progress.say('Stopping …');
  await new Promise(setImmediate);
  progress.conclude('Still stopping …');
  progress.show(await ready());
  await new Promise(setImmediate);

  expect(gone.errored).toMatchObject({ code });
});
