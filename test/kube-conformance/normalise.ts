import { canonicalJson, isJsonObject } from '../../machinery/json';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** A value in a refusal, as a string literal. */
export const QUOTED = /(Invalid value: )("(?:[^"\\]|\\.)*")/g;
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
      .replace(QUOTED, (_, before: string, literal: string) => before + comparableQuote(literal, walk));
  const field = (name: string, value: unknown): unknown => {
    if (name === 'resourceVersion' && typeof value === 'string' && /^[1-9]\d*$/.test(value))
      return numbered(versions, 'version', value);
    if (name === 'continue' && typeof value === 'string' && value !== '') return '<continue>';
    if (name === 'managedFields' && Array.isArray(value)) return managers(value);
    // Go walks the fields of a map in any order.
    if ((name === 'causes' || name === 'warnings') && Array.isArray(value)) return sorted(value.map(walk));
    if (name === 'message' && typeof value === 'string')
      return text(value)
        .replace(/ is invalid: \[(.*)\]$/s, inOrder)
        .replace(/: errors:\n(.*)$/s, linesInOrder);
    return walk(value);
  };
  const walk = (value: unknown): unknown => {
    // The age of a row.
    if (typeof value === 'string' && /^\d+s$/.test(value)) return '<age>';
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) return value.map(walk);
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [text(name), field(name, inner)]));
  };
  // Their order depends on the tick of a second, so that order is checked here and then made independent of time.
  const managers = (entries: readonly unknown[]): unknown => {
    const place = (entry: unknown): string => JSON.stringify(order(entry, ['operation', 'time', ...MANAGER]));
    for (const [index, entry] of entries.entries()) {
      if (index > 0 && place(entries[index - 1]) > place(entry)) return { 'out of order': entries.map(walk) };
    }
    return entries
      .map((entry) =>
        walk(isJsonObject(entry) ? { ...entry, time: entry['time'] === undefined ? 'none' : '<time>' } : entry),
      )
      .sort((left, right) =>
        JSON.stringify(order(left, ['operation', ...MANAGER])) < JSON.stringify(order(right, ['operation', ...MANAGER]))
          ? -1
          : 1,
      );
  };
  return walk(JSON.parse(JSON.stringify(value) ?? 'null'));
}

/** A refusal may quote an object: its fields are compared as everywhere, not by their order in a text. */
export function comparableQuote(literal: string, normalised: (object: unknown) => unknown): string {
  try {
    const object: unknown = JSON.parse(String(JSON.parse(literal)));
    return isJsonObject(object) ? `<${canonicalJson(normalised(object))}>` : literal;
  } catch {
    return literal;
  }
}

const inOrder = (_: string, faults: string): string => ` is invalid: [${faults.split(', ').sort().join(', ')}]`;

/** Faults of a configuration, found in maps. */
const linesInOrder = (_: string, faults: string): string => `: errors:\n${faults.split('\n').sort().join('\n')}`;

const sorted = (values: readonly unknown[]): unknown[] =>
  [...values].sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));

const MANAGER: readonly string[] = ['manager', 'apiVersion', 'subresource'];

const order = (entry: unknown, fields: readonly string[]): unknown[] =>
  isJsonObject(entry) ? fields.map((name) => entry[name] ?? '') : [];
