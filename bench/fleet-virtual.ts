import { performance } from 'node:perf_hooks';
import { Cluster } from '../api';
import { clusterViews } from '../cli/view/cluster-view';
import { isTrue } from '../machinery/conditions';
import { clusterObjects } from '../test/e2e/definitions';
import { VirtualWorld } from '../test/e2e/virtual-world';
import { countRequests } from './count-requests';
import { table } from './measure';

const CLUSTERS = 100;
const STEP_MS = 250;
const LIMIT_MS = 30 * 60_000;
/** Two public addresses for each cluster, and room. */
const PUBLIC_RANGE = '127.64.0.0/22';

/** Runs until all clusters are Ready. @returns milliseconds of virtual time */
async function untilAllReady(world: VirtualWorld): Promise<number> {
  const started = world.clock.now();
  for (;;) {
    await world.clock.advance(STEP_MS);
    // Views need every object; the condition of the Clusters says when it is worth to make them.
    const { items } = await world.api.list(Cluster);
    if (items.every((cluster) => isTrue(cluster, 'Available'))) {
      const views = clusterViews(await world.snapshot());
      if (views.every(({ ready }) => ready)) return world.clock.now() - started;
    }
    if (world.clock.now() - started > LIMIT_MS) throw new Error(`not all of ${items.length} clusters became Ready`);
  }
}

/** 100 clusters of 1 + 1 machines at once, in one process on the virtual clock. */
export async function benchFleetVirtual(): Promise<string> {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  const { api, counts } = countRequests();
  const world = await new VirtualWorld({
    loopsApi: api,
    publicRange: PUBLIC_RANGE,
    // No limits for the account: what counts here is the work, not the quota.
    cloudStackLimits: {},
  }).start();
  const before = world.cloud.calls().total;
  const names = Array.from({ length: CLUSTERS }, (_, index) => `fleet-${index + 1}`);
  await Promise.all(names.map((name) => world.apply(clusterObjects(name, { controlPlane, pools }))));
  const readyMs = await untilAllReady(world);
  const calls = world.cloud.calls().total - before;
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - wall) / 1000;
  await world.close();
  return table(
    `${CLUSTERS} clusters of 1 + 1 machines on the virtual clock, latency lab`,
    [
      'wall time',
      'CPU',
      'peak RSS',
      'all Ready after (virtual)',
      'Kubernetes reads a cluster',
      'Kubernetes writes a cluster',
      'CloudStack calls a cluster',
    ],
    [
      [
        `${seconds.toFixed(1)} s`,
        `${((user + system) / 1e6).toFixed(1)} s`,
        `${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
        `${(readyMs / 1000).toFixed(1)} s`,
        (counts.reads / CLUSTERS).toFixed(1),
        (counts.writes / CLUSTERS).toFixed(1),
        (calls / CLUSTERS).toFixed(1),
      ],
    ],
  );
}

const machines = { offering: 'Small Instance' };
const controlPlane = { replicas: 1 as const, ...machines };
const pools = { general: { replicas: 1, ...machines } };
