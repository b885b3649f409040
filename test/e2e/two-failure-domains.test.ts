import { CloudStackCluster, Cluster } from '../../api';
import { IsolatedNetwork } from '../../constructs';
import { valueAt } from '../../machinery/json';
import { clusterObjects } from './definitions';
import { VirtualWorld } from './virtual-world';

const definition = (network: string) =>
  clusterObjects('dev', {
    controlPlane: { replicas: 3, offering: 'Medium Instance' },
    pools: { general: { replicas: 2, offering: 'Medium Instance' } },
    failureDomains: { other: { zone: 'zone-1', network: IsolatedNetwork.named(network) } },
  });

/** Names of the instances behind the endpoint. */
async function members(world: VirtualWorld): Promise<readonly string[]> {
  const rules = world.cloud.inventory().LoadBalancerRule;
  expect(rules).toHaveLength(1);
  const transport = world.cloud.access.connect(world.cloud.credentials);
  const answer = await transport.call('listLoadBalancerRuleInstances', { id: rules[0]?.id ?? '' });
  const rows = answer['loadbalancerruleinstance'];
  return Array.isArray(rows) ? rows.map((row) => String(valueAt(row, 'name'))).sort() : [];
}

/** Control-plane instances, and where the first of them and all of them stand. */
async function controlPlane(world: VirtualWorld) {
  const { infrastructureMachines } = await world.snapshot();
  const machines = infrastructureMachines
    .filter(({ metadata }) => metadata.labels?.['cluster.x-k8s.io/control-plane'] !== undefined)
    .sort((left, right) =>
      String(left.metadata.creationTimestamp) < String(right.metadata.creationTimestamp) ? -1 : 1,
    );
  return {
    names: machines.map(({ metadata }) => metadata.name).sort(),
    first: machines[0]?.spec.failureDomainName,
    places: new Set(machines.map(({ spec }) => spec.failureDomainName)),
  };
}

async function deleteAll(world: VirtualWorld): Promise<void> {
  await world.api.delete(Cluster, { namespace: 'default', name: 'dev' });
  await world.until('cluster gone', (snapshot) => snapshot.clusters.length === 0);
  await world.clock.advance(120_000);
}

const seeds = [1, 2, 3, 4];

test('over two failure domains with one network, the first machine may stand in either, and nothing is left', async () => {
  const firsts = new Set<string | undefined>();
  for (const seed of seeds) {
    const world = await new VirtualWorld({ seed }).start();
    try {
      const empty = JSON.stringify(world.cloud.inventory());
      await world.apply(definition('dev-net'));
      await world.untilReady();
      const { names, first, places } = await controlPlane(world);
      firsts.add(first);

      expect([seed, names.length, places.size]).toEqual([seed, 3, 2]);
      expect(await members(world)).toEqual(names);
      expect(world.cloud.inventory().Network).toHaveLength(1);
      await deleteAll(world);
      expect(JSON.stringify(world.cloud.inventory())).toBe(empty);
    } finally {
      await world.close();
    }
  }
  expect(firsts.size).toBe(2);
}, 180_000);

test.each(['zone-1', 'other'])(
  'failure domain %s can be taken out of a living cluster, whose network stays',
  async (gone) => {
    const world = await new VirtualWorld({ seed: 5 }).start();
    try {
      const empty = JSON.stringify(world.cloud.inventory());
      await world.apply(definition('dev-net'));
      await world.untilReady();
      const { Network, LoadBalancerRule } = world.cloud.inventory();
      const cluster = await world.api.get(CloudStackCluster, { namespace: 'default', name: 'dev' });
      const failureDomains = cluster.spec.failureDomains.filter(({ name }) => name !== gone);
      expect(failureDomains).toHaveLength(1);
      const patch = { spec: { failureDomains } };
      await world.api.patch(CloudStackCluster, { namespace: 'default', name: 'dev' }, { type: 'merge', patch });
      await world.until('one failure domain left', (snapshot) => snapshot.failureDomains.length === 1);
      await world.untilReady();
      await world.clock.advance(60_000);
      const { names, places } = await controlPlane(world);

      expect([...places]).toEqual([failureDomains[0]?.name]);
      expect(await members(world)).toEqual(names);
      expect(world.cloud.inventory()).toMatchObject({ Network, LoadBalancerRule });
      await deleteAll(world);
      expect(JSON.stringify(world.cloud.inventory())).toBe(empty);
    } finally {
      await world.close();
    }
  },
  180_000,
);

test('over two failure domains with a network each, the control plane stands where the endpoint is', async () => {
  for (const seed of seeds) {
    const world = await new VirtualWorld({ seed }).start();
    try {
      const empty = JSON.stringify(world.cloud.inventory());
      await world.apply(definition('dev-net-2'));
      await world.untilReady();
      const { names, places } = await controlPlane(world);

      expect([seed, names.length, ...places]).toEqual([seed, 3, 'zone-1']);
      expect(await members(world)).toEqual(names);
      await deleteAll(world);
      expect(JSON.stringify(world.cloud.inventory())).toBe(empty);
    } finally {
      await world.close();
    }
  }
}, 180_000);
