import { equalJson, isJsonObject } from '../../machinery/json';

/**
 * What `stored` becomes when somebody who could only see `base` of it turned that into `next`.
 * Where nothing changed, `stored` stays as it is, with everything `base` could not show; where something did, the
 * change counts. Entries of lists are matched by name where they have one, else by position.
 */
export function mergeEdits(base: unknown, next: unknown, stored: unknown): unknown {
  if (equalJson(base, next)) return stored;
  if (isJsonObject(next) && isJsonObject(stored)) {
    const before = isJsonObject(base) ? base : {};
    const merged: { [key: string]: unknown } = {};
    for (const key of new Set([...Object.keys(stored), ...Object.keys(next)])) {
      const value = mergeEdits(before[key], next[key], stored[key]);
      if (value !== undefined) merged[key] = value;
    }
    return merged;
  }
  if (Array.isArray(base) && Array.isArray(next) && Array.isArray(stored)) return mergeLists(base, next, stored);
  return next;
}

function mergeLists(base: unknown[], next: unknown[], stored: unknown[]): unknown[] {
  const key = identityOf([...base, ...next, ...stored]);
  if (key === undefined) {
    const sameLength = base.length === next.length && base.length === stored.length;
    return sameLength ? next.map((item, index) => mergeEdits(base[index], item, stored[index])) : next;
  }
  const find = (list: unknown[], item: unknown) => list.find((other) => fieldOf(other, key) === fieldOf(item, key));
  return next.map((item) => {
    const kept = find(stored, item);
    return kept === undefined ? item : mergeEdits(find(base, item), item, kept);
  });
}

/** The field that tells entries apart: the first that all of them have as text. */
function identityOf(items: readonly unknown[]): string | undefined {
  return ['name', 'type', 'path'].find((key) => items.every((item) => typeof fieldOf(item, key) === 'string'));
}

function fieldOf(value: unknown, key: string): unknown {
  return isJsonObject(value) ? value[key] : undefined;
}
