import { clusterObjects } from './definitions';
import { FaultyWorld } from './faulty-world';

let world: FaultyWorld;
beforeEach(async () => {
  world = await FaultyWorld.begin();
});
afterEach(() => world.close());

test.each([
  ['machines', 0, 1, 'user_vm', 'CloudStackMachine'],
  ['addresses', 1, 0, 'public_ip', 'CloudStackIsolatedNetwork'],
])('an exhausted limit of %s is named; when it is raised, the cluster comes', async (_, resource, max, name, kind) => {
  await world.setLimit(resource, max);
  const start = world.clock.now();
  await world.apply(clusterObjects('dev'));

  const told = await world.told('LimitReached');

  expect(told.blocking).toMatch(new RegExp(`^${kind} default/`));
  expect(told.message).toContain(`Maximum amount of resources of Type = '${name}'`);
  expect(told.next).toContain('raise the limit that the message names (updateResourceLimit)');
  expect(told.since).toBeGreaterThanOrEqual(start - 1000);
  expect(await world.warnings()).toContainEqual(expect.stringMatching(new RegExp(`^${kind} LimitReached: .*${name}`)));

  const before = world.cloud.calls().total;
  await world.clock.advance(60_000);
  expect(world.cloud.calls().total - before).toBeLessThan(60);

  await world.setLimit(resource, 20);
  await world.expectWholeAndClean();
});

test('CloudStack is down for a minute: said, not hammered, and over by itself', async () => {
  const start = world.clock.now();
  world.cloud.faults.outage(60_000);
  await world.apply(clusterObjects('dev'));

  const told = await world.told('CloudStackUnreachable');

  expect(told.blocking).toMatch(/^CloudStackFailureDomain default\//);
  expect(told.message).toContain('gave no answer to listZones');
  expect(told.next).toContain('check that the CloudStack management server answers');
  expect(told.since).toBeGreaterThanOrEqual(start - 1000);
  expect(await world.warnings()).toContainEqual(
    expect.stringMatching(/^CloudStackFailureDomain CloudStackUnreachable: /),
  );
  const before = world.cloud.calls().total;
  await world.clock.advance(50_000);
  expect(world.cloud.calls().total - before).toBeLessThan(60);

  await world.expectWholeAndClean(2, 30_000);
});

test('CloudStack is down for a minute while machines are added', async () => {
  await world.apply(clusterObjects('dev'));
  await world.untilReady();
  world.cloud.faults.outage(60_000);
  await world.apply(clusterObjects('dev', { pools: { general: { replicas: 3, offering: 'Medium Instance' } } }));

  const told = await world.told('CloudStackUnreachable');

  expect(told.blocking).toMatch(/^CloudStackMachine default\/dev-general-/);
  expect(told.next).toContain('work resumes by itself');

  await world.expectWholeAndClean(4, 120_000);
});

test.each([
  [533, 'InsufficientCapacity', 'Unable to create a deployment for VM', 'free or add capacity in the zone'],
  [530, 'DeployFailed', 'Unable to start a VM due to an exception', 'read the message of the CloudStack job'],
])(
  'a deploy job that fails with %d is told with job and message, and made good',
  async (errorCode, reason, errorText, next) => {
    world.cloud.faults.failJob({ command: 'deployVirtualMachine', times: 100, errorCode, errorText });
    const start = world.clock.now();
    await world.apply(clusterObjects('dev'));

    const told = await world.told(reason);

    expect(told.blocking).toMatch(/^CloudStackMachine default\/dev-control-plane-/);
    expect(told.job).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(told.message).toBe(`CloudStack job ${told.job} failed with ${errorCode}: ${errorText}`);
    expect(told.next).toContain(next);
    expect(told.since).toBeGreaterThanOrEqual(start - 1000);
    expect(await world.warnings()).toContainEqual(
      expect.stringMatching(new RegExp(`^CloudStackMachine ${reason}: .*${errorText}`)),
    );

    world.cloud.faults.clear();
    await world.expectWholeAndClean();
  },
);

test('the answer to deployVirtualMachine is lost after its effect: told, and the instance is found again', async () => {
  world.cloud.faults.loseAnswer({ command: 'deployVirtualMachine', effect: true });
  // Nor can it be looked up whether it took effect; else this is over before anybody can ask.
  world.cloud.faults.loseAnswer({ command: 'listVirtualMachines', effect: false, times: 1000 });
  await world.apply(clusterObjects('dev'));

  const told = await world.told('CloudStackUnreachable');

  expect(told.blocking).toMatch(/^CloudStackMachine default\/dev-control-plane-/);
  expect(told.message).toMatch(/gave no answer to (deployVirtualMachine|listVirtualMachines)/);
  expect(told.next).toContain('check that the CloudStack management server answers');
  expect(await world.warnings()).toContainEqual(
    expect.stringMatching(/^CloudStackMachine CloudStackUnreachable: .*deployVirtualMachine/),
  );
  expect(world.cloud.inventory().VirtualMachine).toHaveLength(1);
  world.cloud.faults.clear();

  await world.untilReady();
  expect(world.cloud.calls().calls['deployVirtualMachine']).toBe(2);
  await world.expectWholeAndClean();
});

test('while a job runs, why names the step and its job', async () => {
  world.cloud.faults.delayJob({ command: 'deployVirtualMachine', ms: 30_000 });
  await world.apply(clusterObjects('dev'));

  const told = await world.told('Deploying');

  expect(told.blocking).toMatch(/^CloudStackMachine default\/dev-control-plane-/);
  expect(told.message).toBe(`deploying the instance (CloudStack job ${told.job})`);
  expect(told.next).toBe('nothing: this is work in progress, wait for it');
  expect(await world.warnings()).toEqual([]);
});
