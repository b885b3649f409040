import { CloudStackFailureDomain, CloudStackMachine, Machine } from '../../api';
import type { Log, TypedResource } from '../../api/ports';
import { conditionOf } from '../../machinery/conditions';
import { valueAt } from '../../machinery/json';
import { clusterObjects } from './definitions';
import { FaultyWorld } from './faulty-world';

let world: FaultyWorld;
let errors: string[];

beforeEach(async () => {
  errors = [];
  const ignore = () => undefined;
  const log: Log = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fields) => errors.push(JSON.stringify(fields)),
  };
  world = await FaultyWorld.begin({ log });
  await world.apply(clusterObjects('dev'));
  await world.untilReady();
  await world.clock.advance(120_000);
  errors.length = 0;
});
afterEach(() => world.close());

/** New keys for the user of the clusters; the old ones are good for nothing from now on. */
async function rotateKeys(): Promise<{ 'api-key': string; 'secret-key': string }> {
  const admin = world.cloud.access.connect(world.cloud.adminCredentials);
  const ask = async (command: string, parameters: { [name: string]: string }) => {
    const answer = admin.call(command, parameters);
    await world.clock.settle();
    return answer;
  };
  const users = (await ask('listUsers', { account: 'capstan', listall: 'true' }))['user'];
  const id = String(valueAt(Array.isArray(users) ? users[0] : undefined, 'id'));
  const keys = (await ask('registerUserKeys', { id }))['userkeys'];
  return { 'api-key': String(valueAt(keys, 'apikey')), 'secret-key': String(valueAt(keys, 'secretkey')) };
}

/** What machines are said to be, without the times at which it was written. */
async function machinesAsTold(): Promise<unknown> {
  const told = [];
  for (const kind of [CloudStackMachine, Machine] as readonly TypedResource[]) {
    const { items } = await world.api.list(kind, { namespace: 'default' });
    told.push(...items.map((item) => [item.metadata.name, item.metadata.uid, item['status']]));
  }
  return told;
}

async function failureDomain(): Promise<CloudStackFailureDomain> {
  const [only] = (await world.api.list(CloudStackFailureDomain, { namespace: 'default' })).items;
  if (only === undefined) throw new Error('there is no failure domain');
  return only;
}

async function untilGood(limitMs: number): Promise<void> {
  const end = world.clock.now() + limitMs;
  while (conditionOf(await failureDomain(), 'Ready')?.status !== 'True') {
    if (world.clock.now() > end) throw new Error(`still ${JSON.stringify((await failureDomain()).status)}`);
    await world.clock.advance(500);
  }
}

const about = (lines: readonly string[], word: string) => lines.filter((line) => line.includes(word));

test('keys revoked at rest: told once, machines stay, asked seldom; the corrected Secret is used at once', async () => {
  const before = await machinesAsTold();
  const keys = await rotateKeys();

  const told = await world.told('CredentialsRefused', 40_000);

  expect(told.blocking).toMatch(/^CloudStackFailureDomain default\//);
  expect(told.message).toContain('unable to verify user credentials');
  const calls = world.cloud.calls().total;
  await world.clock.advance(600_000);
  expect(world.cloud.calls().total - calls).toBeLessThanOrEqual(25);
  expect((await failureDomain()).status?.ready).toBe(true);
  expect(await machinesAsTold()).toEqual(before);
  expect(about(await world.warnings(), 'CredentialsRefused')).toHaveLength(1);
  expect(about(errors, 'CredentialsRefused')).toHaveLength(1);

  await world.changeCredentials(keys);
  await untilGood(2000);
  expect(await machinesAsTold()).toEqual(before);
  const settled = world.cloud.calls().calls;
  await world.clock.advance(600_000);
  const { calls: after } = world.cloud.calls();
  // One inventory again: the revoked keys are not asked with any more.
  expect((after['listVirtualMachines'] ?? 0) - (settled['listVirtualMachines'] ?? 0)).toBeLessThanOrEqual(21);
  await world.expectWholeAndClean();
}, 60_000);

test('CloudStack down at rest: told after a while, and over by itself', async () => {
  const before = await machinesAsTold();
  world.cloud.faults.outage();

  await world.told('CloudStackUnreachable', 60_000);
  const calls = world.cloud.calls().total;
  await world.clock.advance(600_000);

  expect(world.cloud.calls().total - calls).toBeLessThanOrEqual(125);
  expect(about(await world.warnings(), 'CloudStackUnreachable')).toHaveLength(1);
  expect(about(errors, 'CloudStackUnreachable')).toHaveLength(1);
  world.cloud.faults.endOutage();
  await untilGood(10_000);
  expect(await machinesAsTold()).toEqual(before);
  await world.expectWholeAndClean();
}, 60_000);

test('a short silence is not worth a word', async () => {
  await world.clock.advance(5000);
  world.cloud.faults.loseAnswer({ command: 'listVirtualMachines', effect: false, times: 3 });

  await world.clock.advance(60_000);

  expect(world.cloud.faults.waiting).toBe(0);
  expect(about(await world.warnings(), 'CloudStackUnreachable')).toEqual([]);
}, 60_000);

test('a process that starts while the keys are revoked does not take back what is told', async () => {
  const keys = await rotateKeys();
  await world.told('CredentialsRefused', 40_000);
  const since = conditionOf(await failureDomain(), 'Ready')?.lastTransitionTime;

  await world.stopLoops();
  await world.startLoops();
  await world.clock.advance(120_000);

  expect(conditionOf(await failureDomain(), 'Ready')).toMatchObject({
    reason: 'CredentialsRefused',
    lastTransitionTime: since,
  });
  await world.changeCredentials(keys);
  await untilGood(2000);
}, 60_000);

test('a Secret that is deleted at rest is missed at once, and enough when it is back', async () => {
  const before = await machinesAsTold();
  const restore = await world.loseCredentials();

  await world.told('CredentialsMissing', 5000);
  await world.clock.advance(60_000);
  expect(await machinesAsTold()).toEqual(before);
  await restore();

  await untilGood(10_000);
  expect(await machinesAsTold()).toEqual(before);
}, 60_000);
