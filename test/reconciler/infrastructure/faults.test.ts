import {
  CloudStackCluster,
  CloudStackIsolatedNetwork,
  CloudStackMachine,
  Cluster,
  Machine,
  Secret,
} from '../../../api/kinds';
import type { TypedResource } from '../../../api/ports';
import type { Condition } from '../../../machinery/conditions';
import { World } from './world';

let world: World;
afterEach(() => world.stop());

async function standing(): Promise<void> {
  await world.createCluster();
  await world.untilReady(CloudStackCluster, 'c1');
}

describe('bad input is named, and put right it is used at once', () => {
  test('credentials that do not exist, are incomplete, or are refused', async () => {
    world = await World.start();
    await world.delete(Secret, 'credentials');
    await world.createCluster();
    expect(await world.untilReason(CloudStackCluster, 'c1', 'CredentialsMissing')).toContain(
      'Secret default/credentials',
    );

    await world.createCredentials({ 'api-key': '' });
    expect(await world.untilReason(CloudStackCluster, 'c1', 'CredentialsInvalid')).toContain('lacks the keys api-key');

    await world.delete(Secret, 'credentials');
    await world.createCredentials({ 'secret-key': 'wrong-secret' });
    const refused = await world.untilReason(CloudStackCluster, 'c1', 'CredentialsRefused');
    expect(refused).toContain('unable to verify user credentials');
    expect(JSON.stringify(await world.events())).not.toContain('wrong-secret');
    const said = (await world.events()).filter((event) => event.includes(' CredentialsRefused: '));
    expect(said.map((event) => event.split(' ')[0])).toEqual(said.map(() => 'Warning'));
    expect(said.length).toBeGreaterThan(1);

    await world.delete(Secret, 'credentials');
    await world.createCredentials();
    await world.untilReady(CloudStackCluster, 'c1', 15_000);
  });

  test('an unknown zone: a failure domain stays what it is, and the cluster that is made anew comes up', async () => {
    world = await World.start();
    await world.createCluster({ zone: 'no-zone' });

    expect(await world.untilReason(CloudStackCluster, 'c1', 'NotFoundInCloudStack')).toContain(
      'No match found for no-zone',
    );

    const cluster = await world.get(CloudStackCluster, 'c1');
    const failureDomains = structuredClone(cluster?.spec.failureDomains ?? []);
    for (const entry of failureDomains) entry.zone.name = 'zone-1';
    const patch = { spec: { failureDomains } };
    await expect(
      world.kube.patch(CloudStackCluster, { namespace: 'default', name: 'c1' }, { type: 'merge', patch }),
    ).rejects.toThrow('add another failure domain instead');

    await world.delete(CloudStackCluster, 'c1');
    await world.delete(Cluster, 'c1');
    await world.until('the cluster is gone', async () => (await world.get(CloudStackCluster, 'c1')) === undefined);
    await standing();
  });

  test('an address that is not one of the zone', async () => {
    world = await World.start();
    await world.createCluster({ host: '192.0.2.1' });

    expect(await world.untilReason(CloudStackCluster, 'c1', 'AddressUnavailable')).toContain(
      'no public addresses found in available networks',
    );
  });

  test('all names that lead nowhere are told at once', async () => {
    world = await World.start();
    await standing();
    const diskOffering = { name: 'no-disk' };
    await world.createMachine('md-0', {
      spec: { offering: { name: 'no-offering' }, template: { name: 'no-template' }, diskOffering },
    });

    const message = await world.untilReason(CloudStackMachine, 'md-0', 'NotFoundInCloudStack');
    expect(message).toContain('No match found for no-offering');
    expect(message).toContain('No match found for no-template');
    expect(message).toContain('could not get DiskOffering ID from no-disk');
    expect(world.count('deployVirtualMachine')).toBe(0);
  });

  test('a failure domain the cluster does not have', async () => {
    world = await World.start();
    await standing();
    await world.createMachine('md-0', { spec: { failureDomainName: 'fd-9' } });

    expect(await world.untilReason(CloudStackMachine, 'md-0', 'FailureDomainUnknown')).toContain('fd-9');
    expect(world.count('deployVirtualMachine')).toBe(0);
  });
});

describe('limits and capacity', () => {
  test('an exhausted limit is told; when it is raised the machine comes by itself', async () => {
    world = await World.start({ seed: { limits: { user_vm: 1 } } });
    await standing();
    await world.createMachine('md-0');
    await world.untilReady(CloudStackMachine, 'md-0');
    await world.createMachine('md-1');

    expect(await world.untilReason(CloudStackMachine, 'md-1', 'LimitReached')).toContain('Maximum amount of resources');
    await world.clock.advance(120_000);
    expect(world.count('deployVirtualMachine')).toBeLessThan(40);
    expect(world.instances()).toEqual(['md-0']);
    await world.delete(CloudStackMachine, 'md-0');

    await world.untilReady(CloudStackMachine, 'md-1', 30_000);
  });

  test('a failed deployment is explained, cleaned up and tried again with the same machine', async () => {
    world = await World.start();
    await standing();
    world.cloud.faults.failJob({ command: 'deployVirtualMachine', errorCode: 533, errorText: 'No destination found' });
    await world.createMachine('md-0');

    const message = await world.untilReason(CloudStackMachine, 'md-0', 'InsufficientCapacity');
    expect(message).toMatch(/CloudStack job \S+ failed with 533: No destination found/);
    await world.untilReady(CloudStackMachine, 'md-0', 15_000);

    expect(world.instances()).toEqual(['md-0']);
    expect(world.count('deployVirtualMachine')).toBe(2);
    expect((await world.events()).join('\n')).toContain('No destination found');
  });

  test('a machine whose deployments keep failing is handed back to its owner', async () => {
    world = await World.start();
    await standing();
    world.cloud.faults.failJob({
      command: 'deployVirtualMachine',
      times: 9,
      errorCode: 533,
      errorText: 'No destination found',
    });
    await world.createMachine('md-0');

    await world.until(
      'its Machine is deleted',
      async () => (await world.get(Machine, 'md-0'))?.metadata.deletionTimestamp !== undefined,
    );

    expect((await world.events()).join('\n')).toContain(
      'CloudStackMachine VM in error state. Deleting associated Machine',
    );
  });

  test('a machine that nobody would replace is never deleted', async () => {
    world = await World.start();
    await standing();
    world.cloud.faults.failJob({
      command: 'deployVirtualMachine',
      times: 4,
      errorCode: 533,
      errorText: 'No destination found',
    });
    await world.createMachine('md-0', { owner: false });

    await world.untilReady(CloudStackMachine, 'md-0');

    expect((await world.get(Machine, 'md-0'))?.metadata.deletionTimestamp).toBeUndefined();
  });
});

describe('silence and lost answers', () => {
  test.each(['createNetwork', 'associateIpAddress', 'createLoadBalancerRule', 'deployVirtualMachine', 'createTags'])(
    'the answer to %s is lost after its effect: nothing is doubled',
    async (command) => {
      world = await World.start();
      world.cloud.faults.loseAnswer({ command, effect: true });
      await world.createCluster();
      await world.createMachine('cp-0', { controlPlane: true });
      await world.untilReady(CloudStackMachine, 'cp-0');
      await world.clock.advance(120_000);

      const { Network, PublicIpAddress, LoadBalancerRule, VirtualMachine } = world.cloud.inventory();
      expect([Network, PublicIpAddress, LoadBalancerRule, VirtualMachine].map((items) => items.length)).toEqual([
        1, 1, 1, 1,
      ]);
      expect(await world.members()).toEqual(['cp-0']);
    },
  );

  test('CloudStack is down for a minute: said, not hammered, and over by itself', async () => {
    world = await World.start();
    await standing();
    world.cloud.faults.outage(60_000);
    await world.createMachine('md-0');

    expect(await world.untilReason(CloudStackMachine, 'md-0', 'CloudStackUnreachable')).toContain('gave no answer');
    const before = world.calls.length;
    await world.clock.advance(50_000);
    expect(world.calls.length - before).toBeLessThan(60);
    await world.untilReady(CloudStackMachine, 'md-0', 30_000);
    expect(world.instances()).toEqual(['md-0']);
  });

  test('an outage during deletion holds it up and no more', async () => {
    world = await World.start();
    await standing();
    await world.createMachine('md-0');
    await world.untilReady(CloudStackMachine, 'md-0');
    world.cloud.faults.outage(30_000);
    await world.delete(CloudStackMachine, 'md-0');

    await world.untilReason(CloudStackMachine, 'md-0', 'CloudStackUnreachable');
    await world.until('it is gone', async () => (await world.get(CloudStackMachine, 'md-0')) === undefined);
    expect(world.instances()).toEqual([]);
  });

  test('the management server restarts during a deployment', async () => {
    world = await World.start();
    await standing();
    await world.createMachine('md-0');
    await world.clock.advance(300);
    world.cloud.incidents.restartServer();

    await world.untilReady(CloudStackMachine, 'md-0');
    expect(world.instances()).toEqual(['md-0']);
  });
});

describe('what follows a deployment is made good', () => {
  beforeEach(async () => {
    world = await World.start();
    await standing();
    await world.clock.advance(5000);
  });
  const marks = () => Object.keys(world.cloud.inventory().VirtualMachine[0]?.tags ?? {}).length;

  test('the request that marks the instance is lost', async () => {
    world.cloud.faults.loseAnswer({ command: 'createTags', effect: false });
    await world.createMachine('md-0');
    await world.untilReady(CloudStackMachine, 'md-0');

    await world.until('marked', async () => marks() === 2, 10_000);
  });

  test('the job that marks the instance fails', async () => {
    world.cloud.faults.failJob({ command: 'createTags', errorCode: 530, errorText: 'out of luck' });
    await world.createMachine('md-0');
    await world.untilReady(CloudStackMachine, 'md-0');

    await world.until('marked', async () => marks() === 2, 180_000);
  });

  test('the management server restarts while the instance is assigned to the load balancer', async () => {
    world.cloud.faults.delayJob({ command: 'assignToLoadBalancerRule', ms: 20_000 });
    await world.createMachine('cp-0', { controlPlane: true });
    await world.until('it is being assigned', async () => world.count('assignToLoadBalancerRule') === 1);

    world.cloud.incidents.restartServer();

    await world.untilReady(CloudStackMachine, 'cp-0');
    expect(await world.members()).toEqual(['cp-0']);
  });
});

describe('a job that fails again and again is told, and tried ever more seldom', () => {
  beforeEach(async () => {
    world = await World.start();
    await standing();
  });
  const failAlways = (command: string) =>
    world.cloud.faults.failJob({ command, times: 10_000, errorCode: 530, errorText: 'out of luck' });

  /** What is said after two minutes. */
  async function told(resource: TypedResource, name: string, command: string): Promise<Condition | undefined> {
    await world.clock.advance(60_000);
    const before = world.count(command);
    await world.clock.advance(60_000);
    // 5 s apart, plus what the job and its end take.
    expect(world.count(command) - before).toBeLessThanOrEqual(12);
    await world.until('the failure is told', async () => (await world.ready(resource, name))?.reason === 'JobFailed');
    return world.ready(resource, name);
  }

  test('the destruction of an instance', async () => {
    await world.createMachine('md-0');
    await world.untilReady(CloudStackMachine, 'md-0');
    failAlways('destroyVirtualMachine');
    await world.delete(CloudStackMachine, 'md-0');

    const ready = await told(CloudStackMachine, 'md-0', 'destroyVirtualMachine');

    expect(ready?.message).toMatch(/^destroying the instance: CloudStack job .* failed with 530: out of luck$/);
    world.cloud.faults.clear();
    await world.until('it is gone', async () => (await world.get(CloudStackMachine, 'md-0')) === undefined);
    expect(world.instances()).toEqual([]);
  });

  test('the destruction of an instance that never ran', async () => {
    world.cloud.faults.failJob({ command: 'deployVirtualMachine', errorCode: 530, errorText: 'no image' });
    failAlways('destroyVirtualMachine');
    await world.createMachine('md-0');

    const ready = await told(CloudStackMachine, 'md-0', 'destroyVirtualMachine');

    expect(ready?.message).toContain('out of luck');
    world.cloud.faults.clear();
    await world.untilReady(CloudStackMachine, 'md-0');
  });

  test('the deletion of a network', async () => {
    failAlways('deleteNetwork');
    await world.delete(CloudStackCluster, 'c1');

    const ready = await told(CloudStackIsolatedNetwork, 'c1-net-1', 'deleteNetwork');

    expect(ready?.message).toContain('out of luck');
    world.cloud.faults.clear();
    await world.until('it is gone', async () => (await world.get(CloudStackCluster, 'c1')) === undefined);
    expect(world.leftovers()).toEqual([]);
  });
});

describe('machines that others touch', () => {
  beforeEach(async () => {
    world = await World.start();
    await standing();
    await world.createMachine('cp-0', { controlPlane: true });
    await world.untilReady(CloudStackMachine, 'cp-0');
  });
  const id = () => world.cloud.inventory().VirtualMachine[0]?.id ?? '';

  test('a stopped machine is started again', async () => {
    world.cloud.incidents.powerOffMachine(id());

    await world.untilReason(CloudStackMachine, 'cp-0', 'InstanceNotRunning');
    expect(await world.events()).toContain('Warning Stopped: Instance not ready, is Stopped');
    await world.untilReady(CloudStackMachine, 'cp-0');
    expect(world.count('startVirtualMachine')).toBe(1);
    expect((await world.get(CloudStackMachine, 'cp-0'))?.status?.ready).toBe(true);
  });

  test('a destroyed machine is reported and never deployed again', async () => {
    world.cloud.incidents.destroyMachine(id(), { expunge: true });

    expect(await world.untilReason(CloudStackMachine, 'cp-0', 'InstanceLost')).toContain('does not exist any more');
    expect((await world.get(CloudStackMachine, 'cp-0'))?.status).toMatchObject({
      instanceState: 'Destroyed',
      ready: true,
      initialization: { provisioned: true },
    });
    await world.clock.advance(600_000);
    expect(world.count('deployVirtualMachine')).toBe(1);
    expect((await world.get(Machine, 'cp-0'))?.metadata.deletionTimestamp).toBeUndefined();
    await world.delete(CloudStackMachine, 'cp-0');
    await world.until('it can be deleted', async () => (await world.get(CloudStackMachine, 'cp-0')) === undefined);
  });

  test('removed tags come back', async () => {
    await world.clock.advance(180_000);
    world.cloud.incidents.removeTags(id());

    await world.until(
      'tagged',
      async () => Object.keys(world.cloud.inventory().VirtualMachine[0]?.tags ?? {}).length === 2,
    );
  });

  test('a machine of another cluster with a longer name is nobody of ours', async () => {
    await world.createMachine('cp-0-twin');
    await world.untilReady(CloudStackMachine, 'cp-0-twin');
    await world.delete(CloudStackMachine, 'cp-0');
    await world.until('cp-0 is gone', async () => (await world.get(CloudStackMachine, 'cp-0')) === undefined);

    expect(world.instances()).toEqual(['cp-0-twin']);
  });
});

test('without the right to expunge deletion says what it waits for, and ends when CloudStack has expunged', async () => {
  world = await World.start({ seed: { mayExpunge: false } });
  await standing();
  await world.createMachine('md-0');
  await world.untilReady(CloudStackMachine, 'md-0');
  await world.delete(CloudStackMachine, 'md-0');
  await world.until('the machine is let go', async () => (await world.list(CloudStackMachine)).length === 0, 30_000);
  await world.delete(CloudStackCluster, 'c1');
  await world.delete(Cluster, 'c1').catch(() => undefined);

  const [network] = await world.list(CloudStackIsolatedNetwork);
  const message = await world.untilReason(
    CloudStackIsolatedNetwork,
    network?.metadata.name ?? '',
    'WaitingForExpunge',
    60_000,
  );
  expect(message).toContain('expunge');
  await world.until('all is gone', async () => (await world.list(CloudStackCluster)).length === 0, 300_000);
  expect(world.leftovers()).toEqual([]);
});

describe('an instance that CloudStack takes long to expunge is looked at ever more seldom', () => {
  /** A failed instance that somebody else has destroyed: CloudStack expunges it when it likes. */
  beforeEach(async () => {
    world = await World.start({ settings: { expungeDelayMs: 600_000, usersSeeDestroyed: true } });
    await standing();
    world.cloud.faults.failJob({ command: 'deployVirtualMachine', errorCode: 530, errorText: 'no image' });
    world.cloud.faults.failCommand({ command: 'destroyVirtualMachine', times: 100, errorCode: 530, errorText: 'busy' });
    await world.createMachine('md-0');
    await world.until('it is to be destroyed', async () => world.count('destroyVirtualMachine') > 0);
    const [instance] = world.cloud.inventory().VirtualMachine;
    world.cloud.incidents.destroyMachine(instance?.id ?? '', { expunge: false });
    world.cloud.faults.clear();
  });

  /** Looks at the one instance; snapshots of all are taken for the others as well. */
  const looks = () =>
    world.calls.filter(({ command, parameters }) => command === 'listVirtualMachines' && parameters['id'] !== undefined)
      .length;

  async function isLeftAlone(): Promise<void> {
    await world.clock.advance(60_000);
    const before = looks();
    await world.clock.advance(300_000);
    expect(looks() - before).toBeLessThanOrEqual(11);
  }

  test('before the machine is deployed again', async () => {
    await isLeftAlone();
    await world.untilReady(CloudStackMachine, 'md-0', 600_000);
  });

  test('before the machine goes', async () => {
    await world.delete(CloudStackMachine, 'md-0');
    await isLeftAlone();
    await world.until('it is gone', async () => (await world.get(CloudStackMachine, 'md-0')) === undefined, 600_000);
  });
});

test('credentials that may neither expunge nor delete a network say so', async () => {
  world = await World.start({ seed: { mayExpunge: false } });
  await standing();
  world.cloud.faults.failCommand({
    command: 'deleteNetwork',
    times: Number.POSITIVE_INFINITY,
    errorCode: 531,
    errorText: 'Acct does not have permission to operate within the network',
  });
  await world.delete(CloudStackCluster, 'c1');

  const [network] = await world.list(CloudStackIsolatedNetwork);
  await world.untilReason(CloudStackIsolatedNetwork, network?.metadata.name ?? '', 'PermissionDenied', 10_000);
});

test('deletion goes on with the credentials that were read last', async () => {
  world = await World.start();
  await standing();
  await world.delete(Secret, 'credentials');
  await world.delete(CloudStackCluster, 'c1');

  await world.until('all is gone', async () => (await world.list(CloudStackCluster)).length === 0, 30_000);
  expect(world.leftovers()).toEqual([]);
});

test('credentials are remembered until the last failure domain that uses them is gone', async () => {
  const lastRead = new Map();
  world = await World.start({}, { lastRead });
  await world.createCluster();
  await world.createCluster({ name: 'c2', network: 'Net-2' });
  for (const name of ['c1', 'c2']) await world.untilReady(CloudStackCluster, name);

  for (const [name, left] of [
    ['c1', ['default/credentials']],
    ['c2', []],
  ] as const) {
    await world.delete(CloudStackCluster, name);
    await world.until(`${name} is gone`, async () => (await world.get(CloudStackCluster, name)) === undefined);
    expect([...lastRead.keys()]).toEqual(left);
  }
});

test('deletion waits for credentials that nobody has read, and goes on when they are back', async () => {
  world = await World.start();
  await standing();
  await world.stop();
  await world.delete(Secret, 'credentials');
  await world.run();
  await world.delete(CloudStackCluster, 'c1');

  await world.untilReason(CloudStackCluster, 'c1', 'CredentialsMissing');
  await world.createCredentials();
  await world.until('all is gone', async () => (await world.list(CloudStackCluster)).length === 0, 30_000);
  expect(world.leftovers()).toEqual([]);
});
