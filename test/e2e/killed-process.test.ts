import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, crds, Namespace, Secret } from '../../api';
import type { CloudStackTransport } from '../../api/ports';
import { type Sandbox, startSandbox } from '../../cli/sandbox/start-sandbox';
import { clusterViews } from '../../cli/view/cluster-view';
import { listFrom, takeSnapshot } from '../../cli/view/snapshot';
import { SystemClock } from '../../machinery/clock';
import { valueAt } from '../../machinery/json';
import { keyOf } from '../../machinery/kube-object';
import { SeededRandom } from '../../machinery/random';
import { HttpCloudStackAccess } from '../../reconciler/cloudstack';
import { connectKube, type KubeConnection } from '../../reconciler/kube';
import { silentLog } from '../../reconciler/runtime';
import { latencyProfiles } from '../../sandbox/latency';
import { clusterObjects } from './definitions';
import { Installation } from './up-project';

/** Another seed gives other moments: `CAPSTAN_KILL_SEED=17 npx jest test/e2e/killed-process`. */
const seed = Number(process.env.CAPSTAN_KILL_SEED ?? Math.floor(Math.random() * 1e6));
const KILLS = Number(process.env.CAPSTAN_KILL_ROUNDS ?? 20);
/** So many clusters are made before all of them must be ready: a kill hits one at its beginning and others further on. */
const WAVE = 4;
/** Start and creation of a cluster take about this long: kills fall into all of it. */
const LIFETIME_MS = 3500;

const clock = new SystemClock();
let installation: Installation;
let folder: string;
let sandbox: Sandbox;
let connection: KubeConnection;
let cloudStack: CloudStackTransport;
let reconciler: ChildProcess | undefined;

beforeAll(async () => {
  installation = new Installation();
  folder = mkdtempSync(join(tmpdir(), 'capstan-test-killed-'));
  sandbox = await startSandbox({
    parts: new Set(['kube', 'cloudstack']),
    dataDirectory: folder,
    latency: latencyProfiles.instant,
    log: silentLog,
  });
  connection = await connectKube({ kind: 'kubeconfig', file: kubeconfig() }, { clock });
  const { endpoint = '', apiKey = '', secretKey } = sandbox.cloudstack ?? {};
  const credentials = { apiUrl: endpoint, apiKey, secretKey: secretKey?.reveal() ?? '', verifySsl: false };
  cloudStack = new HttpCloudStackAccess({ clock }).connect(credentials);
  const { apiUrl } = credentials;
  const values = { 'api-url': apiUrl, 'api-key': apiKey, 'secret-key': credentials.secretKey, 'verify-ssl': 'false' };
  await connection.api.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'capstan-system' } });
  await connection.api.create(Secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'cloudstack-credentials', namespace: 'default' },
    data: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  });
  start();
  await until('the CRDs are served', async () => (await servedKinds()) === crds({ conversion: 'external' }).length);
}, 120_000);

afterAll(async () => {
  await kill();
  connection.close();
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
  installation.remove();
}, 60_000);

function kubeconfig(): string {
  return join(folder, 'kubeconfig');
}

async function servedKinds(): Promise<number> {
  const resources = await Promise.all(
    crds({ conversion: 'external' }).map(({ spec }) =>
      connection.api.resourceFor(`${spec.group}/${spec.versions.at(-1)?.name}`, spec.names.kind),
    ),
  );
  return resources.filter((resource) => resource !== undefined).length;
}

function start(): void {
  const program = join(installation.modules, 'capstan/bin/capstan.js');
  const flags = ['--diagnostics-port', '0', '--log-level', 'silent'];
  // What a killed process leaves in its temporary folder goes with the folder of the test.
  const env = { ...process.env, TMPDIR: folder };
  reconciler = spawn(process.execPath, [program, 'run', '--kubeconfig', kubeconfig(), ...flags], {
    env,
    stdio: 'ignore',
  });
}

/** `kill -9`. */
async function kill(): Promise<void> {
  const child = reconciler;
  if (child === undefined || child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function until(what: string, ask: () => Promise<boolean>, limitMs = 90_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await ask())) {
    if (performance.now() > end) {
      const reasons = clusterViews(await takeSnapshot(listFrom(connection.api))).flatMap((view) => view.reasons);
      throw new Error(`not reached with seed ${seed}: ${what}\n${reasons.join('\n')}`);
    }
    await sleep(100);
  }
}

async function apply(name: string): Promise<void> {
  for (const object of clusterObjects(name)) {
    const resource = await connection.api.resourceFor(object.apiVersion, object.kind);
    if (resource === undefined) throw new Error(`${object.kind} is not served`);
    await connection.api.patch(
      resource,
      keyOf(object),
      { type: 'apply', patch: object, force: true },
      { fieldManager: 'test' },
    );
  }
}

async function listed(command: string, rows: string): Promise<readonly string[]> {
  const answer = valueAt(await cloudStack.call(command, {}), rows);
  return (Array.isArray(answer) ? answer : [])
    .map((row) => String(valueAt(row, 'name') ?? valueAt(row, 'ipaddress')))
    .sort();
}

async function isReady(name: string): Promise<boolean> {
  const views = clusterViews(await takeSnapshot(listFrom(connection.api)));
  return views.some((view) => view.name === name && view.ready);
}

test(`killed with kill -9 at ${KILLS} random moments while ${KILLS} clusters are made: one of everything, and nothing left`, async () => {
  const random = new SeededRandom(seed);
  const began = performance.now();
  const moments: number[] = [];
  for (let wave = 0; wave < KILLS / WAVE; wave++) {
    const names = Array.from({ length: WAVE }, (_, index) => `round-${wave * WAVE + index + 1}`);
    for (const name of names) {
      await apply(name);
      const moment = random.below(LIFETIME_MS);
      moments.push(moment);
      await sleep(moment);
      await kill();
      start();
    }
    for (const name of names) await until(`${name} is ready`, () => isReady(name));
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stderr.write(`killed: seed ${seed}, ${KILLS} rounds in ${seconds} s, after ${moments.join(', ')} ms\n`);

  const { infrastructureMachines } = await takeSnapshot(listFrom(connection.api));
  expect(await listed('listVirtualMachines', 'virtualmachine')).toEqual(
    infrastructureMachines.map(({ metadata }) => metadata.name).sort(),
  );
  expect(infrastructureMachines).toHaveLength(2 * KILLS);
  expect(await listed('listNetworks', 'network')).toHaveLength(KILLS);
  expect(await listed('listPublicIpAddresses', 'publicipaddress')).toHaveLength(KILLS);
  expect(await listed('listLoadBalancerRules', 'loadbalancerrule')).toHaveLength(KILLS);
  expect(await listed('listAffinityGroups', 'affinitygroup')).toHaveLength(KILLS);

  for (let round = 1; round <= KILLS; round++)
    await connection.api.delete(Cluster, { namespace: 'default', name: `round-${round}` });
  await until('all is deleted', async () => (await connection.api.list(Cluster)).items.length === 0);
  for (const [command, rows] of [
    ['listVirtualMachines', 'virtualmachine'],
    ['listVolumes', 'volume'],
    ['listNetworks', 'network'],
    ['listPublicIpAddresses', 'publicipaddress'],
    ['listLoadBalancerRules', 'loadbalancerrule'],
    ['listAffinityGroups', 'affinitygroup'],
  ] as const)
    expect([command, await listed(command, rows)]).toEqual([command, []]);
}, 900_000);
