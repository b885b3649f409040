import {
  CloudStackCluster,
  CloudStackFailureDomain,
  CloudStackIsolatedNetwork,
  CloudStackMachine,
  Cluster,
} from '../../../api/kinds';
import { valueAt } from '../../../machinery/json';
import { type Domain, World } from './world';

let world: World;
afterEach(() => world.stop());

const pinned = (name: string) => ({ spec: { failureDomainName: name } });

async function startCluster(...failureDomains: (string | Domain)[]): Promise<void> {
  world = await World.start();
  await world.createCluster({ failureDomains });
  await world.untilReady(CloudStackCluster, 'c1');
}

async function networks(): Promise<readonly string[]> {
  const objects = await world.list(CloudStackIsolatedNetwork);
  return objects.map(({ metadata, spec }) => `${metadata.name} of ${spec.failureDomainName}`).sort();
}

/** Which failure domains a control plane may be placed in. */
async function published(): Promise<object> {
  const { status } = (await world.get(CloudStackCluster, 'c1')) ?? {};
  return Object.fromEntries((status?.failureDomains ?? []).map(({ name, controlPlane }) => [name, controlPlane]));
}

async function domain(name: string): Promise<CloudStackFailureDomain> {
  const found = (await world.list(CloudStackFailureDomain)).find(({ spec }) => spec.name === name);
  if (found === undefined) throw new Error(`no failure domain ${name}`);
  return found;
}

/** Takes a failure domain out of the definition, as a user does. */
async function takeOut(gone: string): Promise<void> {
  const { spec } = (await world.get(CloudStackCluster, 'c1')) ?? {};
  const failureDomains = (spec?.failureDomains ?? []).filter(({ name }) => name !== gone);
  const key = { namespace: 'default', name: 'c1' };
  await world.kube.patch(CloudStackCluster, key, { type: 'merge', patch: { spec: { failureDomains } } });
}

async function untilOut(gone: string): Promise<void> {
  await takeOut(gone);
  await world.until(`${gone} is gone`, async () => (await world.list(CloudStackFailureDomain)).length === 1);
}

async function deleteCluster(): Promise<void> {
  await world.delete(CloudStackCluster, 'c1');
  await world.delete(Cluster, 'c1').catch(() => undefined);
  for (const { metadata } of await world.list(CloudStackMachine)) await world.delete(CloudStackMachine, metadata.name);
}

const isGone = async () => (await world.list(CloudStackCluster)).length === 0;

async function expectNothingLeft(): Promise<void> {
  await deleteCluster();
  await world.until('all is gone', isGone);
  expect(await networks()).toEqual([]);
  expect(world.leftovers()).toEqual([]);
}

describe('two failure domains that name one network', () => {
  test('share its object, and control-plane machines of both are behind its one rule', async () => {
    await startCluster('fd-1', 'fd-2');
    await world.createMachine('cp-2', { controlPlane: true, ...pinned('fd-2') });
    await world.untilReady(CloudStackMachine, 'cp-2');
    await world.createMachine('cp-1', { controlPlane: true, ...pinned('fd-1') });
    await world.untilReady(CloudStackMachine, 'cp-1');

    expect(await networks()).toEqual([expect.stringMatching(/^c1-net-1 of fd-[12]$/)]);
    expect(await published()).toEqual({ 'fd-1': true, 'fd-2': true });
    expect([...(await world.members())].sort()).toEqual(['cp-1', 'cp-2']);
    const { Network, LoadBalancerRule, PublicIpAddress } = world.cloud.inventory();
    expect([Network.length, LoadBalancerRule.length, PublicIpAddress.length]).toEqual([1, 1, 1]);
    await expectNothingLeft();
  });

  test.each(['fd-1', 'fd-2'])('when %s goes first, the other keeps network, address and rule', async (gone) => {
    await startCluster('fd-1', 'fd-2');
    const kept = gone === 'fd-1' ? 'fd-2' : 'fd-1';
    await world.createMachine('cp-0', { controlPlane: true, ...pinned(kept) });
    await world.untilReady(CloudStackMachine, 'cp-0');
    const before = world.leftovers();

    await untilOut(gone);
    await world.clock.advance(60_000);

    expect(await networks()).toEqual([`c1-net-1 of ${kept}`]);
    expect(world.leftovers()).toEqual(before);
    expect(await world.members()).toEqual(['cp-0']);
    await expectNothingLeft();
  });

  test.each([
    ['fd-1', 'fd-2'],
    ['fd-2', 'fd-1'],
  ])('deleted in the same moment, %s before %s, they leave nothing', async (...order) => {
    await startCluster('fd-1', 'fd-2');
    for (const name of order) await world.delete(CloudStackFailureDomain, (await domain(name)).metadata.name);

    await expectNothingLeft();
  });

  test('one that is added in the moment in which the other goes gets a network', async () => {
    await startCluster('fd-1', { name: 'fd-2', network: { name: 'Net-2' } });
    const { spec } = (await world.get(CloudStackCluster, 'c1')) ?? {};
    const [first, second] = spec?.failureDomains ?? [];
    const failureDomains = [second, { ...first, name: 'fd-3' }];
    const key = { namespace: 'default', name: 'c1' };
    await world.kube.patch(CloudStackCluster, key, { type: 'merge', patch: { spec: { failureDomains } } });
    await world.until('fd-3 is ready', async () => {
      const domains = await world.list(CloudStackFailureDomain);
      return domains.length === 2 && domains.every(({ status }) => status?.ready === true);
    });

    expect(await networks()).toEqual(['c1-net-1 of fd-3', 'c1-net-2 of fd-2']);
    expect(await published()).toEqual({ 'fd-2': false, 'fd-3': true });
    await expectNothingLeft();
  });

  /** What versions before this one made: an object for each failure domain. */
  async function startWithTwoObjects(): Promise<void> {
    await startCluster('fd-1', 'fd-2');
    const [shared] = await world.list(CloudStackIsolatedNetwork);
    if (shared === undefined) throw new Error('no network');
    const other = shared.spec.failureDomainName === 'fd-1' ? 'fd-2' : 'fd-1';
    const { metadata, ...rest } = await domain(other);
    await world.kube.create(CloudStackIsolatedNetwork, {
      ...shared,
      metadata: {
        name: `c1-net-1-${other}`,
        namespace: 'default',
        labels: shared.metadata.labels ?? {},
        annotations: {
          'capstan.dev/cloud-identity': shared.metadata.annotations?.['capstan.dev/cloud-identity'] ?? '',
        },
        ownerReferences: [
          {
            apiVersion: rest.apiVersion,
            kind: rest.kind,
            name: metadata.name,
            uid: metadata.uid ?? '',
            controller: true,
          },
        ],
      },
      spec: { ...shared.spec, failureDomainName: other },
    });
    await world.untilReady(CloudStackIsolatedNetwork, `c1-net-1-${other}`);
  }

  test('with an object each from before, they use one rule and leave nothing', async () => {
    await startWithTwoObjects();
    for (const name of ['fd-1', 'fd-2']) {
      await world.createMachine(`cp-${name}`, { controlPlane: true, ...pinned(name) });
      await world.untilReady(CloudStackMachine, `cp-${name}`);
    }

    expect([...(await world.members())].sort()).toEqual(['cp-fd-1', 'cp-fd-2']);
    await expectNothingLeft();
  });

  test.each(['fd-1', 'fd-2'])('with an object each from before, %s can go first', async (gone) => {
    await startWithTwoObjects();
    await world.clock.advance(60_000);
    const before = world.leftovers();

    await untilOut(gone);
    await world.clock.advance(60_000);

    expect(world.leftovers()).toEqual(before);
    await expectNothingLeft();
  });
});

test('networks of one name in two zones are two networks, each with its object', async () => {
  world = await World.start({ seed: { zones: ['zone-1', 'zone-2'] } });
  await world.createCluster({ failureDomains: ['fd-1', { name: 'fd-2', zone: 'zone-2' }] });
  await world.untilReady(CloudStackCluster, 'c1');

  expect((await networks()).length).toBe(2);
  expect(world.cloud.inventory().Network.length).toBe(2);
  expect(await published()).toEqual({ 'fd-1': true, 'fd-2': false });
  await expectNothingLeft();
});

describe('two failure domains with a network each', () => {
  const other: Domain = { name: 'fd-2', network: { name: 'Net-2' } };

  test('control-plane machines stand where the endpoint is, workers in both', async () => {
    await startCluster('fd-1', other);
    for (const name of ['cp-0', 'cp-1', 'cp-2']) await world.createMachine(name, { controlPlane: true });
    for (const name of ['md-0', 'md-1', 'md-2']) await world.createMachine(name);
    for (const name of ['cp-0', 'cp-1', 'cp-2', 'md-0', 'md-1', 'md-2'])
      await world.untilReady(CloudStackMachine, name);

    expect(await published()).toEqual({ 'fd-1': true, 'fd-2': false });
    expect([...(await world.members())].sort()).toEqual(['cp-0', 'cp-1', 'cp-2']);
    await expectNothingLeft();
  });

  test('a control-plane machine pinned out of reach of the endpoint says so, and is not deployed', async () => {
    await startCluster('fd-1', other);
    await world.createMachine('cp-0', { controlPlane: true, ...pinned('fd-2') });

    const message = await world.untilReason(CloudStackMachine, 'cp-0', 'EndpointOutOfReach');
    await world.clock.advance(60_000);

    expect(message).toMatch(
      /failure domain fd-2 .* endpoint 10\.99\.0\.\d+:6443.* network net-1.* delete this Machine/,
    );
    expect(world.instances()).toEqual([]);
    await expectNothingLeft();
  });

  test('where the endpoint is the user’s and no isolated network carries it, a control plane may stand anywhere', async () => {
    world = await World.start();
    await makeSharedNetwork('shared');
    await world.createCluster({ host: '10.7.0.9', network: 'shared', failureDomains: ['fd-1', 'fd-2'] });
    await world.untilReady(CloudStackCluster, 'c1');

    expect(await networks()).toEqual([]);
    expect(await published()).toEqual({ 'fd-1': true, 'fd-2': true });
  });

  test('tiers of one VPC: the first to go leaves the VPC to the other', async () => {
    const tier = (name: string, third: number) => ({
      name,
      gateway: `10.0.${third}.1`,
      netmask: '255.255.255.0',
      vpc: { name: 'vpc-1', cidr: '10.0.0.0/16' },
    });
    await startCluster({ name: 'fd-1', network: tier('tier-1', 1) });
    const { spec } = (await world.get(CloudStackCluster, 'c1')) ?? {};
    const added = { ...spec?.failureDomains[0], name: 'fd-2', zone: { name: 'zone-1', network: tier('tier-2', 2) } };
    const failureDomains = [...(spec?.failureDomains ?? []), added];
    const key = { namespace: 'default', name: 'c1' };
    await world.kube.patch(CloudStackCluster, key, { type: 'merge', patch: { spec: { failureDomains } } });
    await world.until(
      'fd-2 is ready',
      async () => (await domain('fd-2').catch(() => undefined))?.status?.ready === true,
    );
    expect(await published()).toEqual({ 'fd-1': true, 'fd-2': false });

    await untilOut('fd-2');

    expect(world.cloud.inventory().Vpc).toMatchObject([{ name: 'vpc-1' }]);
    await expectNothingLeft();
  });
});

/** What an administrator makes for the account. */
async function makeSharedNetwork(name: string): Promise<void> {
  const admin = world.cloud.access.connect(world.cloud.adminCredentials);
  const idOf = async (command: string, key: string, parameters: { [name: string]: string }) =>
    String(valueAt(await admin.call(command, parameters), key, 0, 'id'));
  await admin.call('createNetwork', {
    name,
    displaytext: name,
    networkofferingid: await idOf('listNetworkOfferings', 'networkoffering', { name: 'DefaultSharedNetworkOffering' }),
    zoneid: await idOf('listZones', 'zone', { name: 'zone-1' }),
    gateway: '10.7.0.1',
    netmask: '255.255.255.0',
    startip: '10.7.0.10',
    endip: '10.7.0.99',
    vlan: '77',
  });
}

/** All points take minutes on a busy machine; a third of them stands for all. */
const isThorough = process.env.CAPSTAN_KILL_EVERYWHERE === '1';
const points = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index).filter((n) => isThorough || n % 3 === 0);

describe.each([points(1, 10), points(11, 20), points(21, 30)])('killed after request %d, %d, …', (...requests) => {
  test('of a creation, two failure domains of one network have one of everything, and leave nothing', async () => {
    for (const request of requests) {
      world = await World.start();
      world.killAfter(request);
      await world.createCluster({ failureDomains: ['fd-1', 'fd-2'] });
      const isReady = async () => (await world.ready(CloudStackCluster, 'c1'))?.status === 'True';
      await world.until('killed or done', async () => world.isKilled || (await isReady()));
      await world.restart();
      await world.untilReady(CloudStackCluster, 'c1');

      const { Network, LoadBalancerRule, PublicIpAddress } = world.cloud.inventory();
      expect([request, Network.length, LoadBalancerRule.length, PublicIpAddress.length]).toEqual([request, 1, 1, 1]);
      await expectNothingLeft();
      await world.stop();
    }
  });

  test('of a deletion, two failure domains of one network leave nothing', async () => {
    for (const request of requests) {
      await startCluster('fd-1', 'fd-2');
      await world.createMachine('cp-0', { controlPlane: true, ...pinned('fd-2') });
      await world.untilReady(CloudStackMachine, 'cp-0');
      world.killAfter(request);
      await deleteCluster();
      await world.until('killed or done', async () => world.isKilled || (await isGone()));
      await world.restart();
      await world.until('all is gone', isGone);

      expect([request, ...world.leftovers()]).toEqual([request]);
      await world.stop();
    }
  });

  test('of taking one failure domain out, the other keeps the network, and nothing is left', async () => {
    for (const request of requests.filter((n) => n <= 20)) {
      await startCluster('fd-1', 'fd-2');
      const { Network, LoadBalancerRule } = world.cloud.inventory();
      const gone = (await world.list(CloudStackIsolatedNetwork))[0]?.spec.failureDomainName;
      world.killAfter(request);
      await takeOut(gone ?? '');
      const isOut = async () => (await world.list(CloudStackFailureDomain)).length === 1;
      await world.until('killed or done', async () => world.isKilled || (await isOut()));
      await world.restart();
      await world.until('one failure domain is left', isOut);

      expect(world.cloud.inventory()).toMatchObject({ Network, LoadBalancerRule });
      await expectNothingLeft();
      await world.stop();
    }
  });
});
