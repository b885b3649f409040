import { PassThrough } from 'node:stream';
import { Progress, type Shown } from '../../cli/up/progress';
import { clusterViews } from '../../cli/view/cluster-view';
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

/** What is written where there is no terminal. */
function lines(...states: readonly Shown[]): readonly string[] {
  const stream = Object.assign(new PassThrough(), { isTTY: false });
  const progress = new Progress(stream as unknown as NodeJS.WriteStream, () => 1);
  for (const state of states) progress.show(state);
  const text: string = stream.read()?.toString() ?? '';
  return text.split('\n').filter((line) => line !== '');
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
