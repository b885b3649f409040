import { SeededRandom } from '../../../machinery/random';
import type { VirtualClock } from '../../../machinery/virtual-clock';
import { createGuestHost, workloadKube } from '../../../sandbox/guest';
import { resources } from '../../../sandbox/guest/workload/resources';
import { latencyProfiles } from '../../../sandbox/latency';
import type { Journal } from '../../../sandbox/ports';
import { ENDPOINT, GuestWorld } from './guest-world';

/** What would be on a disk: text, so that nothing is shared with the process that wrote it. */
class MemoryJournal implements Journal {
  readonly lines: string[] = [];
  snapshot = 'null';

  load() {
    return {
      snapshot: JSON.parse(this.snapshot) as unknown,
      entries: this.lines.map((line) => JSON.parse(line) as unknown),
    };
  }

  append(entry: unknown): void {
    this.lines.push(JSON.stringify(entry));
  }

  compact(snapshot: () => unknown): void {
    this.snapshot = JSON.stringify(snapshot());
    this.lines.length = 0;
  }

  close(): void {}
}

class Disk {
  readonly guests = new MemoryJournal();
  readonly consoles = new Map<string, string[]>();
  readonly clusters = new Map<string, MemoryJournal>();

  host(clock: VirtualClock, random = new SeededRandom(9)) {
    const journals = {
      open: (id: string) => {
        const journal = this.clusters.get(id) ?? new MemoryJournal();
        this.clusters.set(id, journal);
        return journal;
      },
      remove: (id: string) => void this.clusters.delete(id),
    };
    return createGuestHost({
      clock,
      random,
      latency: latencyProfiles.production,
      kube: workloadKube({ clock, random, journals }),
      journal: this.guests,
      consoles: {
        append: ({ name }, lines) => this.consoles.set(name, [...(this.consoles.get(name) ?? []), ...lines]),
        remove: ({ name }) => this.consoles.delete(name),
      },
      network: 'in-process',
    });
  }
}

const vm = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;

async function started() {
  const disk = new Disk();
  const world = await GuestWorld.create('production', (clock) => disk.host(clock));
  return { disk, world };
}

function restart(disk: Disk, world: GuestWorld, ...running: number[]): void {
  // The first host is simply abandoned, as after kill -9; its machines must not go on.
  for (const n of [1, 2, 3, 4]) world.guests.powerOff(vm(n));
  const lines = [...disk.guests.lines];
  disk.guests.lines.splice(0, disk.guests.lines.length, ...lines);
  world.guests = disk.host(world.clock);
  for (const n of running) world.guests.powerOn(world.machine(n, world.userDataOf(n)), false);
  const targets = world.members.map((machineId) => ({ machineId, port: 6443 }));
  world.guests.setRoutes([{ publicIp: ENDPOINT.host, publicPort: ENDPOINT.port, targets }]);
}

test('a cluster survives the end of the process: same nodes, members, kubeconfig', async () => {
  const { disk, world } = await started();
  await world.controlPlane(3);
  world.joinWorker(4);
  await world.clock.advance(600_000);
  const kubeconfig = world.kubeconfig();
  const before = await world.api.list(resources.nodes);
  const members = await world.guests.access.etcd(kubeconfig).members('node-1');

  restart(disk, world, 1, 2, 3, 4);
  await expect(world.api.list(resources.nodes)).rejects.toThrow('connection refused');
  await world.clock.advance(600_000);

  const { api } = world.guests.access.connect(kubeconfig);
  const after = await api.list(resources.nodes);
  expect(after.items.map((node) => node.metadata.uid)).toEqual(before.items.map((node) => node.metadata.uid));
  expect(await world.guests.access.etcd(kubeconfig).members('node-3')).toEqual(members);
  expect(await world.readyNodes()).toEqual(['node-1', 'node-2', 'node-3', 'node-4']);
});

test.each([10, 30, 66, 75])(
  'a first boot that ends with the process after %d s starts over and succeeds',
  async (seconds) => {
    const { disk, world } = await started();
    world.init(1);
    await world.clock.advance(seconds * 1000);

    restart(disk, world, 1);
    await world.clock.advance(600_000);

    expect(await world.readyNodes()).toEqual(['node-1']);
    expect(disk.clusters.size).toBe(1);
  },
);

test.each([10, 30, 46, 50])(
  'a join that ends with the process after %d s starts over and succeeds',
  async (seconds) => {
    const { disk, world } = await started();
    await world.controlPlane(2);
    world.joinControlPlane(3);
    await world.clock.advance(seconds * 1000);

    restart(disk, world, 1, 2, 3);
    await world.clock.advance(600_000);

    expect(await world.readyNodes()).toEqual(['node-1', 'node-2', 'node-3']);
    const members = await world.guests.access.etcd(world.kubeconfig()).members('node-1');
    expect(members.map((member) => [member.name, member.isLearner])).toEqual([
      ['node-1', false],
      ['node-2', false],
      ['node-3', false],
    ]);
  },
);

test('with its last control-plane machine a cluster is gone from the disk', async () => {
  const { disk, world } = await started();
  await world.controlPlane(1);
  world.joinWorker(4);
  await world.clock.advance(600_000);

  world.guests.destroy(vm(4));
  expect(disk.clusters.size).toBe(1);
  world.guests.destroy(vm(1));

  expect(disk.clusters.size).toBe(0);
  expect(new Disk().clusters.size).toBe(0);
  const { clusters, disks } = disk.guests.lines.reduce(
    (sum, line) => {
      const entry = JSON.parse(line) as {
        type: string;
        cluster?: { id: string };
        clusterId?: string;
        machineId?: string;
        disk?: { machineId: string };
      };
      if (entry.type === 'cluster') sum.clusters.add(entry.cluster?.id);
      if (entry.type === 'cluster-gone') sum.clusters.delete(entry.clusterId);
      if (entry.type === 'disk') sum.disks.add(entry.disk?.machineId);
      if (entry.type === 'disk-gone') sum.disks.delete(entry.machineId);
      return sum;
    },
    { clusters: new Set<unknown>(), disks: new Set<unknown>() },
  );
  expect([clusters.size, disks.size]).toEqual([0, 0]);
});

test('consoles go on after the end of the process, and end with their VMs', async () => {
  const { disk, world } = await started();
  await world.controlPlane(1);
  const before = disk.consoles.get('node-1')?.length ?? 0;

  restart(disk, world, 1);
  await world.clock.advance(600_000);
  const lines = disk.consoles.get('node-1') ?? [];
  world.guests.destroy(vm(1));

  expect(lines[before - 1]).toContain('Cloud-init v. 25.2 finished');
  expect(lines[before]).toContain('kernel: Linux version');
  expect([...disk.consoles.keys()]).toEqual([]);
});

test('the console of a VM that was off all the time ends with it, too', async () => {
  const { disk, world } = await started();
  await world.controlPlane(1);

  restart(disk, world);
  world.guests.destroy(vm(1));

  expect([...disk.consoles.keys()]).toEqual([]);
});
