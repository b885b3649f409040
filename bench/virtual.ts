import { performance } from 'node:perf_hooks';
import { Cluster } from '../api';
import { clusterObjects } from '../test/e2e/definitions';
import { VirtualWorld } from '../test/e2e/virtual-world';
import { countRequests } from './count-requests';
import { median, table } from './measure';

/** The first one also pays for the compilation of the code; of the others the middle one counts. */
const LIVES = 4;

interface Life {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly writes: number;
  readonly calls: number;
}

function definition(workers: number, kubernetesVersion: string) {
  return clusterObjects('dev', {
    kubernetesVersion,
    controlPlane: { replicas: 3, offering: 'Medium Instance' },
    pools: { general: { replicas: workers, offering: 'Medium Instance' } },
  });
}

/** Create 3 + 2, scale to 3 + 4, upgrade, delete. */
async function live(): Promise<Life> {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const { api, counts } = countRequests();
  const world = await new VirtualWorld({ loopsApi: api }).start();
  await world.apply(definition(2, 'v1.34.1'));
  await world.untilReady();
  await world.apply(definition(4, 'v1.34.1'));
  await world.untilReady();
  await world.apply(definition(4, 'v1.34.2'));
  await world.untilReady();
  await world.api.delete(Cluster, { namespace: 'default', name: 'dev' });
  await world.until('the cluster is gone', ({ clusters }) => clusters.length === 0);
  const calls = world.cloud.calls().total;
  await world.close();
  const { user, system } = process.cpuUsage(cpu);
  return {
    wallSeconds: (performance.now() - started) / 1000,
    cpuSeconds: (user + system) / 1e6,
    writes: counts.writes,
    calls,
  };
}

/** The whole life of a cluster in one process on a virtual clock. */
export async function benchVirtual(): Promise<string> {
  const lives: Life[] = [];
  for (let round = 0; round < LIVES; round++) lives.push(await live());
  const row = (name: string, some: readonly Life[]) => {
    const middle = (value: (life: Life) => number) => median(some.map(value));
    return [
      name,
      `${middle((life) => life.wallSeconds).toFixed(1)} s`,
      `${middle((life) => life.cpuSeconds).toFixed(1)} s`,
      middle((life) => life.writes),
      middle((life) => life.calls),
    ];
  };
  return table(
    'A life on the virtual clock: create 3 + 2, scale to 3 + 4, upgrade, delete',
    ['life', 'wall time', 'CPU', 'Kubernetes writes of the loops', 'CloudStack calls'],
    [row('first', lives.slice(0, 1)), row(`median of the next ${LIVES - 1}`, lives.slice(1))],
  );
}
