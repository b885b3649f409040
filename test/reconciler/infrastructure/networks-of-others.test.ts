import { CloudStackCluster, CloudStackIsolatedNetwork, Cluster } from '../../../api/kinds';
import { valueAt } from '../../../machinery/json';
import { World } from './world';

let world: World;
afterEach(() => world.stop());

/** What a user does in CloudStack by hand. */
async function call(command: string, parameters: { [name: string]: string }) {
  const answer = await world.cloud.access.connect(world.cloud.credentials).call(command, parameters);
  await world.clock.advance(10_000);
  return answer;
}

async function idOf(command: string, kind: string, parameters: { [name: string]: string } = {}): Promise<string> {
  return String(valueAt(await call(command, parameters), kind, 0, 'id'));
}

const zoneId = () => idOf('listZones', 'zone', { name: 'zone-1' });

async function makeVpc(name: string): Promise<void> {
  const vpcofferingid = await idOf('listVPCOfferings', 'vpcoffering', { name: 'Default VPC offering' });
  await call('createVPC', { name, displaytext: name, vpcofferingid, zoneid: await zoneId(), cidr: '10.0.0.0/16' });
}

const EGRESS = 'createEgressFirewallRule';
const NATTED = 'DefaultIsolatedNetworkOfferingWithSourceNatService';
const ROUTED = 'DefaultRoutedIsolatedNetworkOffering';

async function makeNetwork(name: string, offering = NATTED): Promise<string> {
  const filter = { name: offering };
  const networkofferingid = await idOf('listNetworkOfferings', 'networkoffering', filter);
  const made = await call('createNetwork', { name, displaytext: name, networkofferingid, zoneid: await zoneId() });
  return String(valueAt(made, 'network', 'id'));
}

async function deleteCluster(name = 'c1'): Promise<void> {
  await world.delete(CloudStackCluster, name);
  await world.delete(Cluster, name).catch(() => undefined);
  await world.until(`${name} is gone`, async () => (await world.get(CloudStackCluster, name)) === undefined);
}

const tier = (name: string, third: number) => ({
  name,
  gateway: `10.0.${third}.1`,
  netmask: '255.255.255.0',
  vpc: { name: 'vpc-1', cidr: '10.0.0.0/16' },
});

test('a tier in a VPC of others goes with its address; the VPC stays as it was', async () => {
  world = await World.start();
  await makeVpc('vpc-1');
  const before = world.leftovers();
  await world.createCluster({ failureDomains: [{ name: 'fd-1', network: tier('tier-1', 1) }] });
  await world.untilReady(CloudStackCluster, 'c1');

  await deleteCluster();

  expect(world.leftovers()).toEqual(before);
});

test('the answer to an association is lost: the source NAT address of the VPC is not taken for it', async () => {
  world = await World.start();
  await makeVpc('vpc-1');
  const before = world.leftovers();
  world.cloud.faults.loseAnswer({ command: 'associateIpAddress', effect: true });
  await world.createCluster({ failureDomains: [{ name: 'fd-1', network: tier('tier-1', 1) }] });
  await world.untilReady(CloudStackCluster, 'c1');

  const { host } = (await world.get(CloudStackCluster, 'c1'))?.spec.controlPlaneEndpoint ?? {};
  expect(before).not.toContain(`PublicIpAddress ${host} Allocated`);
  await deleteCluster();
  expect(world.leftovers()).toEqual(before);
});

test('the answer to the creation of a VPC is lost, and the cluster goes: so does the VPC', async () => {
  world = await World.start();
  world.cloud.faults.loseAnswer({ command: 'createVPC', effect: true });
  await world.createCluster({ failureDomains: [{ name: 'fd-1', network: tier('tier-1', 1) }] });
  await world.until('it was asked for', async () => world.count('createVPC') > 0);

  await deleteCluster();

  expect(world.leftovers()).toEqual([]);
});

test('the management server restarts while it makes a VPC: the tier comes, and all of it goes', async () => {
  world = await World.start();
  world.cloud.faults.delayJob({ command: 'createVPC', ms: 30_000 });
  await world.createCluster({ failureDomains: [{ name: 'fd-1', network: tier('tier-1', 1) }] });
  await world.until('it is being made', async () => world.count('createVPC') > 0);
  await world.clock.advance(1000);

  world.cloud.incidents.restartServer();

  await world.untilReady(CloudStackCluster, 'c1');
  expect(world.cloud.inventory().Vpc).toMatchObject([{ name: 'vpc-1', state: 'Enabled' }]);
  await deleteCluster();
  expect(world.leftovers()).toEqual([]);
});

test.each([
  ['never arrives', false],
  ['is not answered', true],
])('an association that %s: an address that others took just before is not taken for it', async (_, effect) => {
  world = await World.start();
  const networkid = await makeNetwork('net-1');
  // The first address of a network is its source NAT.
  await call('associateIpAddress', { networkid });
  await call('associateIpAddress', { networkid });
  const before = world.leftovers();
  world.cloud.faults.loseAnswer({ command: 'associateIpAddress', effect });

  await world.createCluster({ network: 'net-1' });
  await world.untilReady(CloudStackCluster, 'c1');

  const { host } = (await world.get(CloudStackCluster, 'c1'))?.spec.controlPlaneEndpoint ?? {};
  expect(before).not.toContain(`PublicIpAddress ${host} Allocated`);
  expect(world.cloud.inventory().PublicIpAddress).toHaveLength(3);
  await deleteCluster();
  expect(world.leftovers()).toEqual(before);
});

test('an address that was given to another network meanwhile is not released', async () => {
  world = await World.start();
  const networkid = await makeNetwork('net-1');
  const other = await makeNetwork('other');
  // The first address of a network is its source NAT and stays with it.
  for (const id of [networkid, other]) await call('associateIpAddress', { networkid: id });
  await world.createCluster({ network: 'net-1' });
  await world.untilReady(CloudStackCluster, 'c1');
  const [object] = await world.list(CloudStackIsolatedNetwork);
  const id = object?.status?.publicIPID ?? '';
  const ipaddress = object?.spec.controlPlaneEndpoint?.host ?? '';
  await call('disassociateIpAddress', { id });
  await call('associateIpAddress', { networkid: other, ipaddress });

  await deleteCluster();

  expect(await call('listPublicIpAddresses', { associatednetworkid: other, ipaddress })).toMatchObject({ count: 1 });
});

test('a VPC that another cluster uses stays until that one goes', async () => {
  world = await World.start();
  await world.createCluster({ failureDomains: [{ name: 'fd-1', network: tier('tier-1', 1) }] });
  await world.untilReady(CloudStackCluster, 'c1');
  await world.createCluster({ name: 'c2', failureDomains: [{ name: 'fd-1', network: tier('tier-2', 2) }] });
  await world.untilReady(CloudStackCluster, 'c2');

  await deleteCluster('c1');

  expect(world.cloud.inventory().Vpc).toMatchObject([{ name: 'vpc-1' }]);
  await deleteCluster('c2');
  expect(world.leftovers()).toEqual([]);
});

test.each([
  ['the answer to its creation is lost', () => world.cloud.faults.loseAnswer({ command: EGRESS, effect: true })],
  [
    'it cannot be marked at first',
    () => world.cloud.faults.failCommand({ command: 'createTags', times: 3, errorCode: 431, errorText: 'not now' }),
  ],
  [
    'marking it fails',
    () => world.cloud.faults.failJob({ command: 'createTags', times: 3, errorCode: 530, errorText: 'busy' }),
  ],
])('the way out of a network of others is closed with the cluster, also when %s', async (_, goWrong) => {
  world = await World.start();
  const networkid = await makeNetwork('net-1');
  // The first address of a network is its source NAT.
  await call('associateIpAddress', { networkid });
  const before = world.leftovers();
  goWrong();
  await world.createCluster({ network: 'net-1' });
  await world.untilReady(CloudStackCluster, 'c1');
  // A mark that was refused by the job is set when the network is looked at again.
  await world.clock.advance(25 * 60_000);
  expect(world.cloud.inventory().FirewallRule.map(({ name, tags }) => [name, Object.keys(tags).length])).toContainEqual(
    ['egress all', 2],
  );

  await deleteCluster();

  expect(world.leftovers()).toEqual(before);
});

test('the way out of a network that another cluster uses stays open', async () => {
  world = await World.start();
  const networkid = await makeNetwork('net-1');
  await call('associateIpAddress', { networkid });
  const before = world.leftovers();
  await world.createCluster({ network: 'net-1' });
  await world.untilReady(CloudStackCluster, 'c1');
  await world.createCluster({ name: 'c2', network: 'net-1' });
  await world.untilReady(CloudStackCluster, 'c2');

  await deleteCluster('c1');

  const left = await call('listEgressFirewallRules', { networkid });
  expect(left).toMatchObject({ firewallrule: [{ protocol: 'all' }] });
  await deleteCluster('c2');
  expect(world.leftovers()).toEqual(before);
});

test('two clusters that leave a network of others at once leave nothing in it', async () => {
  world = await World.start();
  const networkid = await makeNetwork('net-1');
  await call('associateIpAddress', { networkid });
  const before = world.leftovers();
  for (const name of ['c1', 'c2']) {
    await world.createCluster({ name, network: 'net-1' });
    await world.untilReady(CloudStackCluster, name);
  }

  await Promise.all(['c1', 'c2'].map((name) => deleteCluster(name)));

  expect(await call('listEgressFirewallRules', { networkid })).toEqual({});
  expect(world.leftovers()).toEqual(before);
});

test('what was opened in a network of others is closed, also when its cluster goes at once', async () => {
  world = await World.start();
  const networkid = await makeNetwork('net-1');
  await call('associateIpAddress', { networkid });
  const before = world.leftovers();
  await world.createCluster({ network: 'net-1' });
  await world.until('a rule is being made', async () => world.count('createEgressFirewallRule') > 0);

  await deleteCluster();

  expect(await call('listEgressFirewallRules', { networkid })).toEqual({});
  expect(world.leftovers()).toEqual(before);
});

test.each([
  ['network', 'createNetwork', {}],
  ['VPC', 'createVPC', { failureDomains: [{ name: 'fd-1', network: tier('tier-1', 1) }] }],
])(
  'a %s that comes into being after its sender was killed and its cluster was deleted goes too',
  async (_, command, options) => {
    world = await World.start();
    world.cloud.faults.delayCommand({ command, ms: 1500 });
    await world.createCluster(options);
    await world.until('it is asked for', async () => world.count(command) > 0);
    await world.delete(CloudStackCluster, 'c1');
    await world.delete(Cluster, 'c1');
    await world.restart();

    await world.until('c1 is gone', async () => (await world.get(CloudStackCluster, 'c1')) === undefined);
    await world.clock.advance(10_000);

    expect(world.leftovers()).toEqual([]);
  },
);

test('what was opened in a routed network of others is closed when the last cluster goes', async () => {
  world = await World.start();
  const networkid = await makeNetwork('net-1', ROUTED);
  await call('createRoutingFirewallRule', { networkid, protocol: 'tcp', startport: '22', endport: '22' });
  const rules = await call('listRoutingFirewallRules', { networkid });
  for (const name of ['c1', 'c2']) {
    await world.createCluster({ name, network: 'net-1', host: '192.0.2.10' });
    await world.untilReady(CloudStackCluster, name);
    // Its machines need no endpoint of ours, so it is ready before its rules are.
    await world.clock.advance(10_000);
  }
  expect(await call('listRoutingFirewallRules', { networkid })).toMatchObject({ count: 2 });

  await deleteCluster('c1');

  expect(await call('listRoutingFirewallRules', { networkid })).toMatchObject({ count: 2 });
  await deleteCluster('c2');
  expect(await call('listRoutingFirewallRules', { networkid })).toEqual(rules);
});

test.each([
  ['to some addresses only', { destcidrlist: '192.0.2.0/24' }],
  ['from some machines only', { cidrlist: '10.1.1.16/28' }],
])('a way out of a network of others that leads %s is not the way out', async (_, restriction) => {
  world = await World.start();
  const networkid = await makeNetwork('net-1');
  await call('associateIpAddress', { networkid });
  await call('createEgressFirewallRule', { networkid, protocol: 'all', ...restriction });
  await world.createCluster({ network: 'net-1' });
  await world.untilReady(CloudStackCluster, 'c1');

  const { firewallrule } = await call('listEgressFirewallRules', { networkid });
  expect(firewallrule).toMatchObject([restriction, { cidrlist: '10.1.1.0/24', destcidrlist: '0.0.0.0/0' }]);
});

test('a way out of a network of others that is open is used', async () => {
  world = await World.start();
  const networkid = await makeNetwork('net-1');
  await call('associateIpAddress', { networkid });
  await call('createEgressFirewallRule', { networkid, protocol: 'all' });
  await world.createCluster({ network: 'net-1' });
  await world.untilReady(CloudStackCluster, 'c1');

  expect(await call('listEgressFirewallRules', { networkid })).toMatchObject({ count: 1 });
});

test('failure domains that name one VPC make one', async () => {
  world = await World.start();
  const domain = (number: number) => ({ name: `fd-${number}`, network: tier(`tier-${number}`, number) });
  await world.createCluster({ failureDomains: [domain(1), domain(2), domain(3)] });

  await world.untilReady(CloudStackCluster, 'c1');

  expect(world.count('createVPC')).toBe(1);
  await deleteCluster();
  expect(world.leftovers()).toEqual([]);
});

/** The other domain follows when the VPC is there. */
async function createTwoTiers(): Promise<void> {
  await world.createCluster({ failureDomains: [{ name: 'fd-1', network: tier('tier-1', 1) }] });
  await world.untilReady(CloudStackCluster, 'c1');
  const [first] = (await world.get(CloudStackCluster, 'c1'))?.spec.failureDomains ?? [];
  const second = { ...first, name: 'fd-2', zone: { name: 'zone-1', network: tier('tier-2', 2) } };
  const patch = { spec: { failureDomains: [first, second] } };
  await world.kube.patch(CloudStackCluster, { namespace: 'default', name: 'c1' }, { type: 'merge', patch });
  await world.until('both are ready', async () => {
    const networks = await world.list(CloudStackIsolatedNetwork);
    return networks.filter(({ status }) => status?.ready === true).length === 2;
  });
}

test.each(['deleteVPC', 'deleteNetwork'])(
  'two tiers of a VPC go at once without a warning, however late a %s is',
  async (command) => {
    world = await World.start();
    await createTwoTiers();
    expect(world.cloud.inventory().Vpc).toHaveLength(1);
    world.cloud.faults.delayCommand({ command, ms: 10_000 });

    await deleteCluster();

    expect(world.leftovers()).toEqual([]);
    expect((await world.events()).filter((event) => event.startsWith('Warning'))).toEqual([]);
  },
);

test('a rule that somebody else has deleted meanwhile is what was wanted', async () => {
  world = await World.start();
  const networkid = await makeNetwork('net-1');
  await call('associateIpAddress', { networkid });
  await world.createCluster({ network: 'net-1' });
  await world.untilReady(CloudStackCluster, 'c1');
  const id = await idOf('listEgressFirewallRules', 'firewallrule', { networkid });
  world.cloud.faults.delayCommand({ command: 'deleteEgressFirewallRule', ms: 1000 });

  const deletion = deleteCluster();
  await world.until('it is being closed', async () => world.count('deleteEgressFirewallRule') > 0);
  await call('deleteEgressFirewallRule', { id });
  await deletion;

  expect((await world.events()).filter((event) => event.startsWith('Warning'))).toEqual([]);
});
