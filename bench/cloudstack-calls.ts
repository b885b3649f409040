import { clusterObjects } from '../test/e2e/definitions';
import { VirtualWorld } from '../test/e2e/virtual-world';
import { table } from './measure';

async function measure(controlPlane: number, workers: number): Promise<{ create: number; perMinute: number }> {
  const world = await new VirtualWorld().start();
  const machines = { offering: 'Small Instance' };
  const spec = {
    controlPlane: { replicas: controlPlane, ...machines, affinity: 'none' as const },
    pools: { general: { replicas: workers, ...machines } },
  };
  const before = world.cloud.calls().total;
  await world.apply(clusterObjects('dev', spec));
  await world.untilReady();
  const create = world.cloud.calls().total - before;
  // Polling slows down when nothing moves; an hour later it is at its pace.
  await world.clock.advance(3_600_000);
  const idle = world.cloud.calls().total;
  await world.clock.advance(600_000);
  const perMinute = (world.cloud.calls().total - idle) / 10;
  await world.close();
  return { create, perMinute };
}

/** CloudStack calls on the virtual clock: to create, and per minute at rest. */
export async function benchCloudStackCalls(): Promise<string> {
  const rows: (string | number)[][] = [];
  for (const [controlPlane, workers] of [
    [3, 3],
    [3, 17],
    [3, 197],
  ] as const) {
    const { create, perMinute } = await measure(controlPlane, workers);
    rows.push([`${controlPlane} + ${workers}`, create, perMinute.toFixed(1)]);
  }
  return table('CloudStack calls', ['machines', 'to create', 'per minute at rest'], rows);
}
