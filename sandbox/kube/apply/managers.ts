import type { ManagedFieldsEntry } from '../../../machinery/kube-object';
import { fromFieldsV1, PathSet, toFieldsV1 } from './path-set';

/** One field manager's fields. Update managers are told apart by version, appliers are not. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly fields: PathSet;
  /** RFC 3339; undefined until its first change is recorded. */
  readonly time: string | undefined;
}

export type ManagerId = Omit<Manager, 'fields' | 'time'>;

/** Managers by identity. */
export type Managers = ReadonlyMap<string, Manager>;

export const identity = (manager: ManagerId): string =>
  JSON.stringify([
    manager.name,
    manager.operation,
    manager.operation === 'Update' ? manager.apiVersion : '',
    manager.subresource,
  ]);

/** Reads `metadata.managedFields`; unreadable entries make the whole list count as empty, as in the real server. */
export function decodeManagers(entries: readonly ManagedFieldsEntry[] | undefined): Map<string, Manager> {
  const managers = new Map<string, Manager>();
  try {
    for (const entry of entries ?? []) {
      if (entry.operation !== 'Apply' && entry.operation !== 'Update') return new Map();
      const manager: Manager = {
        name: entry.manager ?? '',
        operation: entry.operation,
        apiVersion: entry.apiVersion ?? '',
        subresource: entry.subresource ?? '',
        fields: decodeFields(entry.fieldsV1),
        time: entry.time,
      };
      managers.set(identity(manager), manager);
    }
  } catch {
    return new Map();
  }
  return managers;
}

/** Stored entries are frozen and seen again and again: their sets, and the other way round. */
const decoded = new WeakMap<object, PathSet>();
const encoded = new WeakMap<PathSet, { [step: string]: unknown }>();

function decodeFields(fields: ManagedFieldsEntry['fieldsV1']): PathSet {
  if (fields === undefined) return PathSet.empty;
  const known = decoded.get(fields);
  if (known !== undefined) return known;
  const set = fromFieldsV1(fields);
  if (Object.isFrozen(fields)) {
    decoded.set(fields, set);
    if (set !== PathSet.empty) encoded.set(set, fields);
  }
  return set;
}

/** Writes `metadata.managedFields`: Apply before Update, then by time, name, version and subresource. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] {
  return [...managers.values()]
    .sort(
      (left, right) =>
        compareText(left.operation, right.operation) ||
        compareText(left.time ?? '', right.time ?? '') ||
        compareText(left.name, right.name) ||
        compareText(left.apiVersion, right.apiVersion) ||
        compareText(left.subresource, right.subresource),
    )
    .map((manager) => ({
      manager: manager.name,
      operation: manager.operation,
      apiVersion: manager.apiVersion,
      ...(manager.time === undefined ? {} : { time: manager.time }),
      fieldsType: 'FieldsV1',
      fieldsV1: encoded.get(manager.fields) ?? toFieldsV1(manager.fields),
      ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
    }));
}

const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** How many Update managers an object keeps before the oldest are put together (`ancient-changes`). */
const MAX_UPDATE_MANAGERS = 10;

/** Puts the oldest Update managers of a version into one when there are too many. */
export function capManagers(managers: Map<string, Manager>): void {
  const updaters = [...managers.entries()].filter(([, manager]) => manager.operation === 'Update');
  let count = updaters.length;
  if (count <= MAX_UPDATE_MANAGERS) return;
  updaters.sort(
    ([leftId, left], [rightId, right]) =>
      compareText(left.time ?? '', right.time ?? '') || compareText(leftId, rightId),
  );
  const firstOfVersion = new Map<string, string>();
  for (const [id, manager] of updaters) {
    if (count <= MAX_UPDATE_MANAGERS) return;
    const first = firstOfVersion.get(manager.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(manager.apiVersion, id);
      continue;
    }
    const bucket: ManagerId = {
      name: 'ancient-changes',
      operation: 'Update',
      apiVersion: manager.apiVersion,
      subresource: '',
    };
    const bucketId = identity(bucket);
    const base = managers.get(bucketId) ?? managers.get(first);
    if (!managers.has(bucketId)) managers.delete(first);
    managers.set(bucketId, {
      ...bucket,
      fields: (base?.fields ?? PathSet.empty).union(manager.fields),
      time: manager.time,
    });
    managers.delete(id);
    count--;
  }
}
