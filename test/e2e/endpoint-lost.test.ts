import { CloudStackIsolatedNetwork, Cluster } from '../../api';
import { conditionOf } from '../../machinery/conditions';
import { valueAt } from '../../machinery/json';
import { clusterObjects } from './definitions';
import { FaultyWorld } from './faulty-world';

let world: FaultyWorld;

beforeEach(async () => {
  world = await FaultyWorld.begin();
  const controlPlane = { replicas: 3, offering: 'Medium Instance' };
  await world.apply(clusterObjects('dev', { controlPlane }));
  await world.untilReady();
  await world.clock.advance(120_000);
});
afterEach(() => world.close());

async function ask(command: string, parameters: { [name: string]: string }): Promise<object> {
  const answer = world.cloud.access.connect(world.cloud.credentials).call(command, parameters);
  await world.clock.settle();
  return answer;
}

async function idsOf(command: string, item: string, parameters: { [name: string]: string }): Promise<string[]> {
  const rows = valueAt(await ask(command, parameters), item);
  return Array.isArray(rows) ? rows.map((row) => String(valueAt(row, 'id'))) : [];
}

const rule = () => world.cloud.inventory().LoadBalancerRule[0]?.id ?? '';
const address = () => world.cloud.inventory().PublicIpAddress[0]?.id ?? '';
const members = () => idsOf('listLoadBalancerRuleInstances', 'loadbalancerruleinstance', { id: rule() });

const ACCIDENTS: { readonly [what: string]: () => Promise<unknown> } = {
  'the load balancer rule': () => ask('deleteLoadBalancerRule', { id: rule() }),
  'the firewall rule': async () => {
    for (const id of await idsOf('listFirewallRules', 'firewallrule', { ipaddressid: address() }))
      await ask('deleteFirewallRule', { id });
  },
  'all members': async () =>
    ask('removeFromLoadBalancerRule', { id: rule(), virtualmachineids: (await members()).join() }),
};

async function probe(): Promise<string | undefined> {
  const cluster = await world.api.get(Cluster, { namespace: 'default', name: 'dev' });
  return conditionOf(cluster, 'RemoteConnectionProbe')?.status;
}

async function untilProbe(status: string, limitMs: number): Promise<void> {
  const end = world.clock.now() + limitMs;
  while ((await probe()) !== status) {
    if (world.clock.now() > end) throw new Error(`the probe is still ${await probe()}`);
    await world.clock.advance(500);
  }
}

test.each(Object.keys(ACCIDENTS))(
  'somebody removes %s: the API is reachable again soon after that is noticed',
  async (what) => {
    await ACCIDENTS[what]?.();

    await untilProbe('False', 300_000);
    await untilProbe('True', 120_000);

    expect(await members()).toHaveLength(3);
    expect(world.cloud.inventory().LoadBalancerRule).toHaveLength(1);
    await world.expectWholeAndClean(4);
  },
  60_000,
);

test('while an API stays unreachable for another cause, CloudStack is asked once a minute', async () => {
  for (const { id } of world.cloud.inventory().VirtualMachine)
    world.cloud.incidents.destroyMachine(id, { expunge: true });
  await untilProbe('False', 300_000);
  await world.clock.advance(60_000);

  const { calls: before } = world.cloud.calls();
  await world.clock.advance(600_000);
  const { calls: after } = world.cloud.calls();

  expect(await probe()).toBe('False');
  const asked = (after['listLoadBalancerRules'] ?? 0) - (before['listLoadBalancerRules'] ?? 0);
  expect(asked).toBeGreaterThanOrEqual(9);
  expect(asked).toBeLessThanOrEqual(11);
}, 60_000);

test('an annotation by hand has the network looked at anew', async () => {
  await ask('deleteLoadBalancerRule', { id: rule() });
  await world.clock.advance(5000);
  expect(world.cloud.inventory().LoadBalancerRule).toEqual([]);
  const [network] = (await world.api.list(CloudStackIsolatedNetwork, { namespace: 'default' })).items;
  const patch = { metadata: { annotations: { 'example.org/look': 'now' } } };
  const key = { namespace: 'default', name: network?.metadata.name ?? '' };
  await world.api.patch(CloudStackIsolatedNetwork, key, { type: 'merge', patch });
  await world.clock.advance(5000);

  expect(world.cloud.inventory().LoadBalancerRule).toHaveLength(1);
  expect(await members()).toHaveLength(3);
  expect(await probe()).toBe('True');
}, 60_000);
