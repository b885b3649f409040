import type { Clock } from '../../machinery/clock';
import type { Random } from '../../machinery/random';
import type { LatencyProfile } from '../latency';
import type { GuestHost, GuestMachine, Journal } from '../ports';
import { InProcessAccess } from './access/in-process';
import { LoopbackServers } from './access/loopback';
import { runCloudInit } from './cloud-init/run';
import { GuestStore } from './guest-store';
import { Machine } from './machine';
import type { Consoles, ListenFor, WorkloadKubeFactory } from './ports';
import type { DiskRecord } from './records';
import { runKubelet } from './workload/kubelet';
import { World } from './world';

export interface GuestHostOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly latency: LatencyProfile;
  readonly kube: WorkloadKubeFactory;
  /** Absent: nothing survives this process. */
  readonly journal?: Journal | undefined;
  /** `loopback`: API servers listen at public addresses; `in-process`: they are reached through `access` alone. */
  readonly network: 'loopback' | 'in-process';
  /** With `loopback`: where they listen for a public address. @default - at the address itself */
  readonly listenFor?: ListenFor | undefined;
  /** Keeps what machines write to their consoles. @default - each machine's last lines, in memory */
  readonly consoles?: Consoles | undefined;
  /** Faults of the simulation itself. @default - ignored */
  readonly onFault?: ((where: string, error: unknown) => void) | undefined;
}

/** Runs what boots in VMs, and gives access to the workload clusters without sockets. */
export interface Guests extends GuestHost {
  readonly access: InProcessAccess;
  /** Resolves when the listeners match the routes and machines of now. */
  settled(): Promise<void>;
  /** Closes listeners and stores. Machines stand still; their disks stay in the journal. */
  close(): Promise<void>;
}

export function createGuestHost(options: GuestHostOptions): Guests {
  const onFault = options.onFault ?? (() => undefined);
  const store = new GuestStore(options.journal);
  const world = new World({
    clock: options.clock,
    random: options.random,
    latency: options.latency,
    kube: options.kube,
    record: (change) => store.record(change),
    onFault,
  });
  const machines: Machines = { world, consoles: options.consoles };
  const servers = options.network === 'loopback' ? new LoopbackServers(world, options.listenFor) : undefined;
  restore(machines, store);
  const access = new InProcessAccess(world);
  return {
    access,
    powerOn: (machine, firstBoot) => powerOn(machines, machine, firstBoot),
    powerOff: (machineId) => {
      const machine = world.machines.get(machineId);
      if (machine === undefined) return;
      machine.halt();
      world.changed(machine.kubelet?.clusterId);
    },
    destroy: (machineId) => destroy(machines, machineId),
    setRoutes: (routes) => world.setRoutes(routes),
    console: (machineId) => world.machines.get(machineId)?.console ?? [],
    settled: async () => servers?.settled(),
    close: async () => {
      for (const machine of world.machines.values()) machine.boot?.abort();
      access.close();
      await servers?.close();
      for (const cluster of world.clusters.values()) cluster.close();
    },
  };
}

interface Machines {
  readonly world: World;
  readonly consoles: Consoles | undefined;
}

function newMachine({ world, consoles }: Machines, spec: GuestMachine, disk?: DiskRecord): Machine {
  const machine: Machine = new Machine(spec, world.clock, {
    ...(disk === undefined ? {} : { disk }),
    written: (lines) => keep(world, machine, () => consoles?.append(machine.spec, lines)),
  });
  return machine;
}

/** A console that cannot be kept is a fault to tell of, not one of the machine. */
function keep(world: World, machine: Machine, work: () => void): void {
  try {
    work();
  } catch (error) {
    world.options.onFault(machine.id, error);
  }
}

/** Clusters and disks of an earlier process; their machines stay off until the cloud powers them on. */
function restore(machines: Machines, store: GuestStore): void {
  const { world } = machines;
  const { disks, clusters } = store.load();
  for (const record of clusters) world.openCluster(record).isStarting = false;
  for (const disk of disks) {
    const spec: GuestMachine = {
      id: disk.machineId,
      name: disk.hostName ?? disk.kubelet?.nodeName ?? disk.machineId,
      userData: '',
      metadata: {},
      addresses: [],
      templateName: '',
      cpuNumber: 1,
      memoryMiB: 1024,
    };
    const machine = newMachine(machines, spec, disk);
    machine.silentSince = world.clock.now();
    world.addMachine(machine);
  }
  world.dropOrphans();
}

function powerOn(machines: Machines, spec: GuestMachine, firstBoot: boolean): void {
  const { world } = machines;
  const known = world.machines.get(spec.id);
  if (known !== undefined && firstBoot) world.removeMachine(known);
  const machine = (firstBoot ? undefined : known) ?? newMachine(machines, spec);
  machine.spec = spec;
  machine.disk = { ...machine.disk, hostName: spec.name };
  world.addMachine(machine);
  if (!firstBoot && !machine.disk.cloudInitDone) startOver(world, machine);
  boot(world, machine, machine.startBoot()).catch((error: unknown) => world.options.onFault(spec.id, error));
}

/** What an interrupted first boot left behind is taken away, so that the next one begins with a clean disk. */
function startOver(world: World, machine: Machine): void {
  machine.disk = { ...machine.disk, files: {} };
  world.setKubelet(machine, undefined);
  // The process may have ended between the change of the membership and that of the disk.
  for (const cluster of world.clusters.values()) cluster.forget(machine);
  world.dropOrphans();
}

async function boot(world: World, machine: Machine, signal: AbortSignal): Promise<void> {
  machine.print('kernel', 'Linux version 6.8.0-87-generic (Ubuntu 24.04.3 LTS)');
  await world.clock.sleep(world.options.latency.boot, signal);
  if (signal.aborted) return;
  if (machine.disk.cloudInitDone) {
    await runKubelet(world, machine, signal);
    return;
  }
  await runCloudInit(world, machine, signal);
  if (signal.aborted) return;
  machine.disk = { ...machine.disk, cloudInitDone: true };
  world.saveDisk(machine);
}

function destroy({ world, consoles }: Machines, machineId: string): void {
  const machine = world.machines.get(machineId);
  if (machine === undefined) return;
  const clusterId = machine.kubelet?.clusterId;
  machine.halt();
  world.removeMachine(machine);
  world.changed(clusterId);
  world.dropOrphans();
  keep(world, machine, () => consoles?.remove(machine.spec));
}
