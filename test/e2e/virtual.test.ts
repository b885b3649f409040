import { setMaxListeners } from 'node:events';
import { allKinds, Cluster } from '../../api';
import type { TypedResource } from '../../api/ports';
import { keyOf, keyText } from '../../machinery/kube-object';
import { clusterObjects } from './definitions';
import { VirtualWorld } from './virtual-world';

const definition = (controlPlane: number, workers: number, kubernetesVersion = 'v1.34.1') =>
  clusterObjects('dev', {
    kubernetesVersion,
    controlPlane: { replicas: controlPlane, offering: 'Medium Instance' },
    pools: { general: { replicas: workers, offering: 'Medium Instance' } },
  });

const events: TypedResource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

/** Every write to objects of ours, in order, with its virtual time. */
function record(world: VirtualWorld): { readonly lines: string[]; stop(): void } {
  const lines: string[] = [];
  const stop = new AbortController();
  // One signal ends the watches of all kinds.
  setMaxListeners(0, stop.signal);
  const start = world.clock.now();
  for (const kind of allKinds) {
    void (async () => {
      for await (const event of world.api.watch(kind, {}, stop.signal)) {
        if (event.type === 'BOOKMARK' || event.type === 'ERROR') continue;
        const { metadata } = event.object;
        lines.push(
          `${world.clock.now() - start} ${metadata.resourceVersion} ${event.type} ${kind.kind} ${keyText(keyOf(event.object))}`,
        );
      }
    })();
  }
  return { lines, stop: () => stop.abort() };
}

/** Objects in the cluster's namespace that a cluster could have left. */
async function leftInNamespace(world: VirtualWorld): Promise<string[]> {
  const left: string[] = [];
  for (const kind of allKinds) {
    const { items } = await world.api.list(kind, { namespace: 'default' });
    left.push(...items.map((object) => `${object.kind} ${object.metadata.name}`));
  }
  const core = (kind: string, plural: string) => ({ group: '', version: 'v1', kind, plural, namespaced: true });
  for (const resource of [core('Secret', 'secrets'), core('ConfigMap', 'configmaps')]) {
    const { items } = await world.api.list(resource, { namespace: 'default' });
    left.push(...items.map((object) => `${resource.kind} ${object.metadata.name}`));
  }
  return left;
}

async function live(seed: number): Promise<{ lines: readonly string[] }> {
  const world = await new VirtualWorld({ seed }).start();
  try {
    const empty = JSON.stringify(world.cloud.inventory());
    const trace = record(world);
    await world.apply(definition(3, 2));
    await world.untilReady();
    await world.apply(definition(3, 4));
    await world.untilReady();
    await world.apply(definition(3, 4, 'v1.34.2'));
    await world.untilReady();
    const machines = (await world.snapshot()).machines;
    expect(machines.map((machine) => machine.status?.nodeInfo?.kubeletVersion)).toEqual(Array(7).fill('v1.34.2'));
    // Templates that are not used any more are the business of whoever applied them; here that is nobody.
    await world.api.delete(Cluster, { namespace: 'default', name: 'dev' });
    await world.until('cluster gone', (snapshot) => snapshot.clusters.length === 0);
    await world.clock.advance(120_000);
    trace.stop();

    expect(JSON.stringify(world.cloud.inventory())).toBe(empty);
    expect(await leftInNamespace(world)).toEqual(['Secret cloudstack-credentials']);
    return { lines: trace.lines };
  } finally {
    await world.close();
  }
}

test('a cluster is created, scaled, upgraded and deleted to nothing, twice alike for the same seed', async () => {
  const first = await live(7);
  const second = await live(7);

  expect(first.lines.length).toBeGreaterThan(100);
  expect(second.lines).toEqual(first.lines);
}, 180_000);

test('every event about a Cluster is said once while it comes up', async () => {
  const world = await new VirtualWorld().start();
  await world.apply(definition(3, 2));
  await world.untilReady();
  await world.clock.advance(5000);

  const { items } = await world.api.list(events, {
    namespace: 'default',
    fieldSelector: 'involvedObject.kind=Cluster',
  });
  await world.close();

  const told = items.map(({ reason, count = 1 }) => `${String(reason)} ${String(count)}`);
  expect(told.sort()).toEqual(['ControlPlaneInitialized 1', 'InfrastructureReady 1', 'Provisioned 1']);
}, 60_000);

test('another seed gives other names', async () => {
  const names = async (seed: number) => {
    const world = await new VirtualWorld({ seed, latency: 'instant' }).start();
    await world.apply(definition(1, 1));
    await world.untilReady();
    const { machines } = await world.snapshot();
    await world.close();
    return machines.map(({ metadata }) => metadata.name).sort();
  };

  expect(await names(1)).not.toEqual(await names(2));
}, 60_000);

test('at rest nothing is written, and CloudStack is asked per account and not per machine', async () => {
  const atRest = async (workers: number) => {
    const world = await new VirtualWorld().start();
    await world.apply(definition(1, workers));
    await world.untilReady();
    await world.clock.advance(600_000);
    const { lines, stop } = record(world);
    await world.clock.settle();
    const before = { lines: lines.length, ...world.cloud.calls() };
    await world.clock.advance(600_000);
    stop();
    const { calls } = world.cloud.calls();
    await world.close();
    const asked = Object.entries(calls).map(
      ([command, count]) => [command, count - (before.calls[command] ?? 0)] as const,
    );
    return { writes: lines.length - before.lines, asked: new Map(asked.filter(([, count]) => count > 0)) };
  };

  const small = await atRest(1);
  const large = await atRest(6);

  expect([small.writes, large.writes]).toEqual([0, 0]);
  expect(large.asked.get('listVirtualMachines')).toBe(small.asked.get('listVirtualMachines'));
  // The network is looked at about every ten minutes: once, twice or not at all in ten of them.
  for (const { asked } of [small, large])
    for (const [command, count] of asked) if (command !== 'listVirtualMachines') expect(count).toBeLessThanOrEqual(2);
}, 120_000);
