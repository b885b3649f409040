import {
  type Capabilities,
  CloudStackNoMatch,
  type DiskOffering,
  type NameOrId,
  type NetworkingOffering,
  type ServiceOffering,
  type Template,
  type Zone,
} from '../../api/ports';
import type { Connection } from './connection';
import { Remembered } from './remembered';
import { flag, number, object, present, type Row, text } from './wire';

/** What operators change rarely is asked for once in this time; a failed look-up is never remembered. */
const KEEP_MS = 10 * 60_000;

export function readZone(row: Row): Zone | undefined {
  const id = text(row, 'id');
  const name = text(row, 'name');
  if (id === undefined || name === undefined) return undefined;
  return { id, name, allocationState: text(row, 'allocationstate') ?? 'Enabled' };
}

export function readServiceOffering(row: Row): ServiceOffering | undefined {
  const id = text(row, 'id');
  const name = text(row, 'name');
  if (id === undefined || name === undefined) return undefined;
  return {
    id,
    name,
    cpuNumber: number(row, 'cpunumber'),
    memoryMiB: number(row, 'memory'),
    customized: flag(row, 'iscustomized'),
  };
}

export function readDiskOffering(row: Row): DiskOffering | undefined {
  const id = text(row, 'id');
  const name = text(row, 'name');
  return id === undefined || name === undefined ? undefined : { id, name, customized: flag(row, 'iscustomized') };
}

export function readTemplate(row: Row): Template | undefined {
  const id = text(row, 'id');
  const name = text(row, 'name');
  if (id === undefined || name === undefined) return undefined;
  return { id, name, ready: flag(row, 'isready'), architecture: text(row, 'arch') };
}

export function readNetworkingOffering(row: Row): NetworkingOffering | undefined {
  const id = text(row, 'id');
  const name = text(row, 'name');
  return id === undefined || name === undefined ? undefined : { id, name };
}

export function readCapabilities(row: Row): Capabilities {
  return {
    version: text(row, 'cloudstackversion') ?? '',
    mayExpunge: flag(row, 'allowuserexpungerecovervm'),
    seesDestroyed: flag(row, 'allowuserviewdestroyedvm'),
    kubernetesService: flag(row, 'kubernetesserviceenabled'),
  };
}

interface Named {
  readonly id: string;
  readonly name: string;
}

interface Shelf<T extends Named> {
  /** In messages, as the existing provider writes it. */
  readonly what: string;
  readonly command: string;
  readonly item: string;
  readonly read: (row: Row) => T | undefined;
  readonly extra?: { readonly [name: string]: string };
}

/** Zones, offerings and templates: found once by exact name or id, then remembered. */
export class Catalog {
  readonly #connection: Connection;
  readonly #found: Remembered<Named>;
  readonly #capabilities: Remembered<Capabilities>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#found = new Remembered(connection.clock, KEEP_MS);
    this.#capabilities = new Remembered(connection.clock, KEEP_MS);
  }

  capabilities(): Promise<Capabilities> {
    return this.#capabilities.get('', async () => {
      const answer = await this.#connection.call('listCapabilities', {});
      return readCapabilities(object(answer, 'capability') ?? {});
    });
  }

  zone(ref: NameOrId): Promise<Zone> {
    return this.#take({ what: 'Zone', command: 'listZones', item: 'zone', read: readZone }, ref, undefined);
  }

  serviceOffering(ref: NameOrId, zoneId: string): Promise<ServiceOffering> {
    const shelf = {
      what: 'ServiceOffering',
      command: 'listServiceOfferings',
      item: 'serviceoffering',
      read: readServiceOffering,
    };
    return this.#take(shelf, ref, zoneId);
  }

  diskOffering(ref: NameOrId, zoneId: string): Promise<DiskOffering> {
    const shelf = { what: 'DiskOffering', command: 'listDiskOfferings', item: 'diskoffering', read: readDiskOffering };
    return this.#take(shelf, ref, zoneId);
  }

  template(ref: NameOrId, zoneId: string): Promise<Template> {
    const extra = { templatefilter: 'executable' };
    const shelf = { what: 'Template', command: 'listTemplates', item: 'template', read: readTemplate, extra };
    return this.#take(shelf, ref, zoneId);
  }

  networkOffering(name: string, zoneId: string): Promise<NetworkingOffering> {
    const shelf = {
      what: 'NetworkOffering',
      command: 'listNetworkOfferings',
      item: 'networkoffering',
      read: readNetworkingOffering,
    };
    return this.#take(shelf, { name }, zoneId);
  }

  vpcOffering(name: string, zoneId: string): Promise<NetworkingOffering> {
    const shelf = {
      what: 'VPCOffering',
      command: 'listVPCOfferings',
      item: 'vpcoffering',
      read: readNetworkingOffering,
    };
    return this.#take(shelf, { name }, zoneId);
  }

  #take<T extends Named>(shelf: Shelf<T>, ref: NameOrId, zoneId: string | undefined): Promise<T> {
    const key = [shelf.command, ref.id ?? '', ref.name ?? '', zoneId ?? ''].join('\n');
    // A key begins with the command, and one command gives one type.
    return this.#found.get(key, () => this.#look(shelf, ref, zoneId)) as Promise<T>;
  }

  async #look<T extends Named>(shelf: Shelf<T>, ref: NameOrId, zoneId: string | undefined): Promise<T> {
    const { id, name } = ref;
    if (id !== undefined && id !== '') {
      const row = await this.#connection.byId(shelf.command, shelf.item, id, shelf.extra);
      const found = row === undefined ? undefined : shelf.read(row);
      if (found === undefined) throw new CloudStackNoMatch(`No match found for ${id}: no ${shelf.what} has this id`);
      if (name !== undefined && name !== '' && found.name !== name) {
        throw new CloudStackNoMatch(`${shelf.what} ${id} is named ${found.name}, not ${name} as the spec says`);
      }
      return found;
    }
    if (name === undefined || name === '') throw new CloudStackNoMatch(`${shelf.what} has neither a name nor an id`);
    const listed = await this.#connection.list(shelf.command, shelf.item, { ...shelf.extra, name, zoneid: zoneId });
    return exactlyOne(shelf.what, name, present(listed.map(shelf.read)));
  }
}

/** @throws CloudStackNoMatch unless exactly one item bears the name. Servers also answer with partial matches. */
export function exactlyOne<T extends Named>(what: string, name: string, items: readonly T[]): T {
  const exact = items.filter((item) => item.name === name);
  const [only] = exact;
  if (only === undefined) throw new CloudStackNoMatch(`No match found for ${name}: no ${what} has exactly this name`);
  if (exact.length > 1) {
    throw new CloudStackNoMatch(`expected 1 ${what} with name ${name}, but got ${exact.length}; name one by its id`);
  }
  return only;
}
