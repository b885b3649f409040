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

async function makeNetwork(name: string): Promise<string> {
  const filter = { name: 'DefaultIsolatedNetworkOfferingWithSourceNatService' };
  const networkofferingid = await idOf('listNetworkOfferings', 'networkoffering', filter);
  const made = await call('createNetwork', { name, displaytext: name, networkofferingid, zoneid: await zoneId() });
  return String(valueAt(made, 'network', 'id'));
}

async function deleteCluster(name = 'c1'): Promise<void> {
  await world.delete(CloudStackCluster, name);
  await world.delete(Cluster, name).catch(() => undefined);
  await world.until(`${name} is gone`, async () => (await world.get(CloudStackCluster, name)) === undefined);
}

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
