import {
  CloudStackCluster,
  CloudStackFailureDomain,
  CloudStackIsolatedNetwork,
  CloudStackMachine,
  Cluster,
  Machine,
} from '../../../api/kinds';
import { World } from './world';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.stop());

async function createReady(workers = 1): Promise<void> {
  await world.createCluster();
  await world.untilReady(CloudStackCluster, 'c1');
  await world.createMachine('cp-0', { controlPlane: true });
  for (let index = 0; index < workers; index++) await world.createMachine(`md-${index}`);
  await world.untilReady(CloudStackMachine, 'cp-0');
  for (let index = 0; index < workers; index++) await world.untilReady(CloudStackMachine, `md-${index}`);
}

test('a cluster of one control-plane machine and one worker stands, as the contract wants it', async () => {
  await createReady();

  const cluster = await world.get(CloudStackCluster, 'c1');
  expect(cluster?.spec.controlPlaneEndpoint).toEqual({ host: expect.stringMatching(/^10\.99\.0\./), port: 6443 });
  expect(cluster?.status).toMatchObject({ ready: true, initialization: { provisioned: true } });
  expect(cluster?.status?.failureDomains).toEqual([
    { name: 'fd-1', controlPlane: true, attributes: { MetaHashName: expect.stringMatching(/^[0-9a-f]{32}$/) } },
  ]);
  const machine = await world.get(CloudStackMachine, 'cp-0');
  expect(machine?.spec.providerID).toBe(`cloudstack:///${machine?.spec.instanceID}`);
  expect(machine?.status).toMatchObject({
    ready: true,
    initialization: { provisioned: true },
    instanceState: 'Running',
    addresses: [{ type: 'InternalIP', address: expect.stringMatching(/^10\./) }],
  });
  expect(world.cloud.inventory().LoadBalancerRule).toMatchObject([{ name: 'Kubernetes_API_Server' }]);
  expect(await world.members()).toEqual(['cp-0']);
});

test('progress is reported within a moment, short steps together, also while nothing new is seen', async () => {
  await createReady(0);
  await world.createMachine('md-0');
  const reasons: string[] = [];
  for (let step = 0; step < 200 && reasons.at(-1) !== 'Ready'; step++) {
    await world.clock.advance(50);
    const reason = (await world.ready(CloudStackMachine, 'md-0'))?.reason;
    if (reason !== undefined && reason !== reasons.at(-1)) reasons.push(reason);
  }

  expect(reasons).toEqual(['Deploying', 'Ready']);
});

test('everything made is marked with the two tags of the provider', async () => {
  await createReady();
  await world.clock.advance(60_000);

  const uid = (await world.get(CloudStackCluster, 'c1'))?.metadata.uid;
  const { Network, PublicIpAddress, LoadBalancerRule, VirtualMachine } = world.cloud.inventory();
  for (const { tags } of [...Network, ...PublicIpAddress, ...LoadBalancerRule, ...VirtualMachine]) {
    expect(tags).toEqual({ created_by_CAPC: '1', [`CAPC_cluster_${uid}`]: '1' });
  }
});

test('deletion leaves nothing, in CloudStack and in the namespace', async () => {
  await createReady();

  await world.delete(Cluster, 'c1').catch(() => undefined);
  for (const name of ['cp-0', 'md-0']) await world.delete(CloudStackMachine, name);
  await world.until('the machines are gone', async () => (await world.list(CloudStackMachine)).length === 0);
  await world.delete(CloudStackCluster, 'c1');
  await world.until('the cluster is gone', async () => (await world.list(CloudStackCluster)).length === 0);

  expect(world.leftovers()).toEqual([]);
  expect(await world.list(CloudStackFailureDomain)).toEqual([]);
  expect(await world.list(CloudStackIsolatedNetwork)).toEqual([]);
});

test('deleting everything at once, in any order, leaves nothing', async () => {
  await createReady();

  await world.delete(CloudStackCluster, 'c1');
  for (const network of await world.list(CloudStackIsolatedNetwork))
    await world.delete(CloudStackIsolatedNetwork, network.metadata.name);
  for (const domain of await world.list(CloudStackFailureDomain))
    await world.delete(CloudStackFailureDomain, domain.metadata.name);
  for (const name of ['md-0', 'cp-0']) await world.delete(CloudStackMachine, name);
  await world.delete(Cluster, 'c1').catch(() => undefined);
  await world.until('all is gone', async () => (await world.list(CloudStackCluster)).length === 0);

  expect(world.leftovers()).toEqual([]);
});

test('a cluster that is deleted while it is being made leaves nothing', async () => {
  for (const atMs of [1, 120, 300, 450, 700]) {
    await world.createCluster();
    await world.clock.advance(atMs);
    await world.delete(CloudStackCluster, 'c1');
    await world.delete(Cluster, 'c1');
    await world.until(
      `all is gone (deleted at ${atMs} ms)`,
      async () => (await world.list(CloudStackCluster)).length === 0,
    );

    expect(world.leftovers()).toEqual([]);
  }
});

test('a machine that is deleted while it is being deployed leaves nothing', async () => {
  await world.createCluster();
  await world.untilReady(CloudStackCluster, 'c1');
  for (const atMs of [1, 50, 400, 850]) {
    const name = `md-at-${atMs}`;
    await world.createMachine(name);
    await world.clock.advance(atMs);
    await world.delete(CloudStackMachine, name);
    await world.until(`${name} is gone`, async () => (await world.get(CloudStackMachine, name)) === undefined);
    expect(world.instances()).toEqual([]);
  }
});

test('a second look at a finished cluster writes nothing and asks nothing but snapshots', async () => {
  await createReady(3);
  await world.clock.advance(60_000);
  world.requests.length = 0;
  world.calls.length = 0;

  await world.clock.advance(600_000);

  expect(world.requests).toEqual([]);
  expect(new Set(world.calls.map(({ command }) => command))).toEqual(new Set(['listVirtualMachines']));
  expect(world.calls.length).toBeLessThanOrEqual(21);
});

test('a restart of the process changes nothing', async () => {
  await createReady(2);
  await world.clock.advance(60_000);
  const before = await world.list(CloudStackMachine);
  await world.stop();
  world.requests.length = 0;

  await world.run();
  await world.clock.advance(60_000);

  expect(world.requests).toEqual([]);
  expect(await world.list(CloudStackMachine)).toEqual(before);
  expect(world.count('deployVirtualMachine')).toBe(3);
});

test('a paused cluster is not polled, and goes on when it is resumed', async () => {
  await createReady();
  const pause = (paused: boolean) =>
    world.kube.patch(Cluster, { namespace: 'default', name: 'c1' }, { type: 'merge', patch: { spec: { paused } } });

  await pause(true);
  await world.clock.advance(10_000);
  world.calls.length = 0;
  await world.clock.advance(600_000);
  expect(world.calls).toEqual([]);
  await world.delete(CloudStackMachine, 'md-0');
  await world.clock.advance(10_000);
  expect(await world.get(CloudStackMachine, 'md-0')).toBeDefined();
  await pause(false);

  await world.until('md-0 is gone', async () => (await world.get(CloudStackMachine, 'md-0')) === undefined);
});

test('three control-plane machines and three workers cost at most 60 CloudStack calls', async () => {
  await world.createCluster();
  await world.untilReady(CloudStackCluster, 'c1');
  await world.createMachine('cp-0', { controlPlane: true, spec: { affinity: 'anti' } });
  await world.untilReady(CloudStackMachine, 'cp-0');
  for (const name of ['md-0', 'md-1', 'md-2']) await world.createMachine(name, { spec: { affinity: 'anti' } });
  await world.clock.advance(2000);
  for (const name of ['cp-1', 'cp-2']) {
    await world.createMachine(name, { controlPlane: true, spec: { affinity: 'anti' } });
    await world.untilReady(CloudStackMachine, name);
    await world.clock.advance(2000);
  }
  for (const name of ['md-0', 'md-1', 'md-2']) await world.untilReady(CloudStackMachine, name);

  const counts: { [command: string]: number } = {};
  for (const { command } of world.calls) counts[command] = (counts[command] ?? 0) + 1;
  console.info(`CloudStack calls for 3+3: ${world.calls.length} ${JSON.stringify(counts)}`);
  expect(world.calls.length).toBeLessThanOrEqual(60);
});

test('one control-plane machine and one worker cost at most 32 Kubernetes requests', async () => {
  await createReady();
  await world.clock.advance(30_000);

  console.info(`Kubernetes requests for 1+1: ${world.requests.length}`);
  expect(world.requests.length).toBeLessThanOrEqual(32);
});

test('the Machine of a running instance is left alone', async () => {
  await createReady();
  await world.clock.advance(600_000);

  expect((await world.list(Machine)).map(({ metadata }) => metadata.deletionTimestamp)).toEqual([undefined, undefined]);
});
