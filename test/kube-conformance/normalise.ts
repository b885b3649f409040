import { isJsonObject } from '../../machinery/json';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

/**
 * Answers without what differs from run to run. Uids and resource versions become numbers in the order in which they
 * appear, so that "the same" and "another" are still told apart.
 */
export function normalise(value: unknown): unknown {
  const uids = new Map<string, string>();
  const versions = new Map<string, string>();
  const numbered = (seen: Map<string, string>, prefix: string, value: string): string => {
    const known = seen.get(value) ?? `${prefix}-${seen.size + 1}`;
    seen.set(value, known);
    return known;
  };
  const text = (value: string): string =>
    value
      .replace(UUID, (uid) => numbered(uids, 'uid', uid))
      .replace(TIME, '<time>')
      .replace(/resource version: \d+(, current: | \()\d+/, 'resource version: <old>$1<current>')
      .replace(/ResourceVersion in (the precondition|record) \(\d+\)/g, 'ResourceVersion in $1 (<version>)')
      // A whole object in the order of somebody's fields.
      .replace(/Invalid value: "\{.*\}": /g, 'Invalid value: "<object>": ');
  const field = (name: string, value: unknown): unknown => {
    if (name === 'resourceVersion' && typeof value === 'string' && /^[1-9]\d*$/.test(value))
      return numbered(versions, 'version', value);
    if (name === 'continue' && typeof value === 'string' && value !== '') return '<continue>';
    if (name === 'managedFields' && Array.isArray(value)) return managers(value);
    // Go walks the fields of a map in any order.
    if (name === 'causes' && Array.isArray(value)) return sorted(value.map(walk));
    if (name === 'message' && typeof value === 'string') return text(value).replace(/ is invalid: \[(.*)\]$/s, inOrder);
    // Documentation, which nobody relies on.
    if (name === 'columnDefinitions' && Array.isArray(value)) return value.map(withoutDescription);
    // The age of a row.
    if (name === 'cells' && Array.isArray(value)) {
      return value.map((cell) => (typeof cell === 'string' && /^\d+s$/.test(cell) ? '<age>' : walk(cell)));
    }
    return walk(value);
  };
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(walk);
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [text(name), field(name, inner)]));
  };
  // Ordered by time, which depends on the tick of a second.
  const managers = (entries: readonly unknown[]): unknown =>
    entries
      .map((entry) =>
        isJsonObject(entry) ? { ...entry, time: entry['time'] === undefined ? 'none' : '<time>' } : entry,
      )
      .sort((left, right) => (JSON.stringify(order(left)) < JSON.stringify(order(right)) ? -1 : 1));
  return walk(JSON.parse(JSON.stringify(value) ?? 'null'));
}

const inOrder = (_: string, faults: string): string => ` is invalid: [${faults.split(', ').sort().join(', ')}]`;

const sorted = (values: readonly unknown[]): unknown[] =>
  [...values].sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));

const withoutDescription = (column: unknown): unknown => {
  if (!isJsonObject(column)) return column;
  const { description: _, ...rest } = column;
  return rest;
};

const order = (entry: unknown): unknown[] =>
  isJsonObject(entry) ? ['operation', 'manager', 'apiVersion', 'subresource'].map((name) => entry[name] ?? '') : [];
