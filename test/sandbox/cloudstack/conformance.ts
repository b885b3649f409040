import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../../machinery/json';

const FOLDER = join(__dirname, '../../../../shared/conformance/cloudstack-responses');

interface FieldFact {
  readonly wire: string;
  readonly required?: boolean;
  readonly expected?: boolean;
  readonly items?: { readonly [field: string]: string };
}

interface CommandFact {
  readonly wrapper: string;
  readonly mode: 'list' | 'sync' | 'async';
  readonly item: string | null;
  readonly flat?: boolean;
  readonly fields: { readonly [field: string]: FieldFact };
}

/** Facts recorded from real servers; undefined (and said so) where the data is not at hand. */
export function recordedFacts(): { readonly [command: string]: CommandFact } | undefined {
  const file = join(FOLDER, 'fields.json');
  if (!existsSync(file)) {
    console.info(`skipped: the recorded responses are not at ${file}`);
    return undefined;
  }
  return (JSON.parse(readFileSync(file, 'utf8')) as { commands: { [command: string]: CommandFact } }).commands;
}

export interface RecordedCall {
  readonly command: string;
  readonly params: { readonly [name: string]: string };
}

/** What the Go provider sent, in order. */
export function recordedRequests(): readonly RecordedCall[] | undefined {
  const file = join(FOLDER, 'requests/capc-v0.6.json');
  if (!existsSync(file)) return undefined;
  const { phases } = JSON.parse(readFileSync(file, 'utf8')) as { phases: { [phase: string]: RecordedCall[] } };
  return Object.values(phases).flat();
}

/** Measured values, only of running machines; what legacy or root-only samples had. */
const MEASURED = new Set(['cpuused', 'networkkbsread', 'networkkbswrite']);

/** Absent on custom offerings. */
const CUSTOM_SIZE = new Set(['cpunumber', 'cpuspeed', 'memory']);

/** Hidden from users (`cloudstack.md` 4.5). */
const ADMIN_ONLY = new Set([
  'hostid',
  'hostname',
  'instancename',
  'displayvm',
  'physicalnetworkid',
  'broadcasturi',
  'storage',
]);

/** No sample; the SDK declares a flat reply where the server sends a list (`cloudstack.md` 4.8). */
const UNRECORDED = new Set(['removeVirtualMachinesFromKubernetesCluster']);

/** In recorded NICs, though the SDK's struct, which `items` come from, lacks it. */
const KNOWN_ITEMS = new Set(['nic.secondaryip']);

export interface Observed {
  readonly command: string;
  readonly body: JsonObject;
  /** The body is an answer of queryAsyncJobResult for the command. */
  readonly isJob: boolean;
  readonly asAdmin: boolean;
}

/** Everything in which an answer differs from the recorded ones (README of the data, rules 1 to 5). */
export function differences(facts: { readonly [command: string]: CommandFact }, observed: Observed): string[] {
  const fact = facts[observed.command];
  if (fact === undefined) return [];
  if (UNRECORDED.has(observed.command)) return [];
  const found: string[] = [];
  const say = (what: string) => found.push(`${observed.command}${observed.isJob ? ' (job)' : ''}: ${what}`);
  const keys = Object.keys(observed.body);
  const wrapper = observed.isJob ? 'queryasyncjobresultresponse' : fact.wrapper;
  if (keys.length !== 1 || keys[0] !== wrapper) say(`keys ${keys.join()} instead of ${wrapper}`);
  let holder = Object.values(observed.body)[0] as JsonObject;
  if (observed.isJob) holder = holder['jobresult'] as JsonObject;
  else if (fact.mode === 'async') return found;
  const objects = objectsIn(fact, holder, say);
  for (const object of objects) checkObject(fact, object, observed.asAdmin, say);
  return [...new Set(found)];
}

function objectsIn(fact: CommandFact, holder: JsonObject, say: (what: string) => void): JsonObject[] {
  if (fact.flat === true || fact.item === null) return fact.mode === 'list' ? [] : [holder];
  if (fact.mode === 'list') {
    if (Object.keys(holder).length === 0) return [];
    if (typeof holder['count'] !== 'number') say('no count');
    const rows = holder[fact.item];
    if (!Array.isArray(rows)) {
      say(`no array ${fact.item}`);
      return [];
    }
    return rows as JsonObject[];
  }
  const object = holder[fact.item];
  if (typeof object !== 'object' || object === null) {
    say(`no object ${fact.item}`);
    return [];
  }
  return Array.isArray(object) ? (object as JsonObject[]) : [object];
}

function checkObject(fact: CommandFact, object: JsonObject, asAdmin: boolean, say: (what: string) => void): void {
  const machineIsOff = object['state'] !== undefined && object['state'] !== 'Running';
  for (const [name, field] of Object.entries(fact.fields)) {
    if (field.required !== true || name in object) continue;
    if (!asAdmin && ADMIN_ONLY.has(name)) continue;
    if (object['iscustomized'] === true && CUSTOM_SIZE.has(name)) continue;
    if (machineIsOff && MEASURED.has(name)) continue;
    say(`lacks ${name}`);
  }
  for (const [name, value] of Object.entries(object)) {
    const field = fact.fields[name];
    if (field === undefined) say(`has ${name}, which no server has`);
    else if (field.wire !== 'any' && wireType(value) !== field.wire) {
      say(`${name} is a ${wireType(value)} instead of a ${field.wire}`);
    } else checkItems(name, value, field.items, say);
  }
}

function checkItems(
  name: string,
  value: unknown,
  items: { readonly [field: string]: string } | undefined,
  say: (what: string) => void,
): void {
  if (items === undefined || Object.keys(items).length === 0) return;
  for (const element of Array.isArray(value) ? value : []) {
    if (typeof element !== 'object' || element === null) continue;
    for (const [field, inner] of Object.entries(element)) {
      const wanted = items[field];
      if (KNOWN_ITEMS.has(`${name}.${field}`)) continue;
      if (wanted === undefined) say(`${name}[].${field}, which no server has`);
      else if (wanted !== 'any' && wireType(inner) !== wanted)
        say(`${name}[].${field} is a ${wireType(inner)} instead of a ${wanted}`);
    }
  }
}

function wireType(value: unknown): string {
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
}
