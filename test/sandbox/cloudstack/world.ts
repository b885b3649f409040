import type { CloudStackTransport } from '../../../api/ports';
import type { JsonObject } from '../../../machinery/json';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { type CloudStackOptions, createCloudStack, type SandboxCloudStack } from '../../../sandbox/cloudstack';
import { latencyProfiles } from '../../../sandbox/latency';
import type { GuestHost, GuestMachine, Journal, Route } from '../../../sandbox/ports';

/** Remembers what the cloud told the guests. */
export class RecordingGuests implements GuestHost {
  readonly on = new Map<string, { readonly machine: GuestMachine; readonly firstBoot: boolean }>();
  readonly destroyed: string[] = [];
  routes: readonly Route[] = [];

  powerOn(machine: GuestMachine, firstBoot: boolean): void {
    this.on.set(machine.id, { machine, firstBoot });
  }

  powerOff(machineId: string): void {
    this.on.delete(machineId);
  }

  destroy(machineId: string): void {
    this.on.delete(machineId);
    this.destroyed.push(machineId);
  }

  setRoutes(routes: readonly Route[]): void {
    this.routes = routes;
  }

  console(): readonly string[] {
    return [];
  }
}

/** A journal in memory, as a crash leaves it. */
export class MemoryJournal implements Journal {
  snapshot: unknown;
  entries: string[] = [];

  load() {
    return { snapshot: this.snapshot, entries: this.entries.map((entry) => JSON.parse(entry) as unknown) };
  }

  append(entry: unknown): void {
    this.entries.push(JSON.stringify(entry));
  }

  compact(snapshot: () => unknown): void {
    if (this.entries.length < 50) return;
    this.snapshot = JSON.parse(JSON.stringify(snapshot()));
    this.entries = [];
  }

  close(): void {}
}

export interface World {
  readonly clock: VirtualClock;
  readonly guests: RecordingGuests;
  readonly cloud: SandboxCloudStack;
  readonly user: CloudStackTransport;
  readonly admin: CloudStackTransport;
}

export type Parameters = { readonly [name: string]: string | number | boolean };

export function startWorld(options: Partial<CloudStackOptions> = {}): World {
  const clock = options.clock instanceof VirtualClock ? options.clock : new VirtualClock();
  const guests = new RecordingGuests();
  const cloud = createCloudStack({
    random: new SeededRandom(1),
    latency: latencyProfiles.lab,
    publicRange: '127.64.7.0/24',
    ...options,
    clock,
    guests,
  });
  const user = cloud.access.connect(cloud.credentials);
  const admin = cloud.access.connect(cloud.adminCredentials);
  return { clock, guests, cloud, user, admin };
}

export function call(
  transport: CloudStackTransport,
  command: string,
  parameters: Parameters = {},
): Promise<JsonObject> {
  const wire = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
  return transport.call(command, wire);
}

/** Sends an asynchronous command and lets its job end. @returns the answer of queryAsyncJobResult */
export async function finish(
  world: World,
  command: string,
  parameters: Parameters = {},
  transport: CloudStackTransport = world.user,
): Promise<JsonObject & { readonly id: string }> {
  const accepted = await call(transport, command, parameters);
  let job: JsonObject = {};
  for (let round = 0; round < 200; round++) {
    job = await call(transport, 'queryAsyncJobResult', { jobid: String(accepted['jobid']) });
    if (job['jobstatus'] !== 0) break;
    await world.clock.advance(1000);
  }
  return { ...job, id: String(accepted['id'] ?? '') };
}

/** The first row of a list answer. */
export async function one(transport: CloudStackTransport, command: string, parameters: Parameters = {}) {
  return (await list(transport, command, parameters))[0] ?? {};
}

export async function list(
  transport: CloudStackTransport,
  command: string,
  parameters: Parameters = {},
): Promise<JsonObject[]> {
  const answer = await call(transport, command, parameters);
  const rows = Object.values(answer).find((value) => Array.isArray(value));
  return (Array.isArray(rows) ? rows : []) as JsonObject[];
}

export async function idOf(transport: CloudStackTransport, command: string, parameters: Parameters): Promise<string> {
  const id = (await one(transport, command, parameters))['id'];
  if (typeof id !== 'string') throw new Error(`${command} ${JSON.stringify(parameters)} found nothing`);
  return id;
}

/** Ids a deployment needs, and an implemented network with its address. */
export interface Lab {
  readonly zoneId: string;
  readonly offeringId: string;
  readonly templateId: string;
  readonly networkId: string;
  readonly addressId: string;
}

export async function makeLab(world: World): Promise<Lab> {
  const { user } = world;
  const zoneId = await idOf(user, 'listZones', { name: 'zone-1' });
  const networkofferingid = await idOf(user, 'listNetworkOfferings', {
    name: 'DefaultIsolatedNetworkOfferingWithSourceNatService',
  });
  const created = await call(user, 'createNetwork', { name: 'net-1', zoneid: zoneId, networkofferingid });
  const networkId = String((created['network'] as JsonObject)['id']);
  const address = await finish(world, 'associateIpAddress', { networkid: networkId });
  return {
    zoneId,
    offeringId: await idOf(user, 'listServiceOfferings', { name: 'Medium Instance' }),
    templateId: await idOf(user, 'listTemplates', { templatefilter: 'executable', name: 'kube-v1.34.2' }),
    networkId,
    addressId: address.id,
  };
}

export function deployParameters(lab: Lab, name: string): Parameters {
  return {
    zoneid: lab.zoneId,
    serviceofferingid: lab.offeringId,
    templateid: lab.templateId,
    networkids: lab.networkId,
    name,
    userdata: Buffer.from('#cloud-config\n').toString('base64'),
  };
}
