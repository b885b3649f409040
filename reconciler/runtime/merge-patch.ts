import { cloneJson, equalJson, isJsonObject } from '../../machinery/json';

/**
 * The JSON merge patch (RFC 7386) that turns `before` into `after`, or undefined when they are equal.
 * Lists are replaced whole, absent keys become null.
 */
export function mergePatchOf(before: unknown, after: unknown): { [key: string]: unknown } | undefined {
  const from = isJsonObject(before) ? before : {};
  const to = isJsonObject(after) ? after : {};
  const patch: { [key: string]: unknown } = {};
  let differs = false;
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const change = changeOf(from[key], to[key]);
    if (change === undefined) continue;
    patch[key] = change;
    differs = true;
  }
  return differs ? patch : undefined;
}

/** Undefined: no change. Null: the key goes. */
function changeOf(before: unknown, after: unknown): unknown {
  if (before === after || (after === null && before === undefined)) return undefined;
  if (after === undefined) return before === null ? undefined : null;
  if (isJsonObject(before) && isJsonObject(after)) return mergePatchOf(before, after);
  return equalJson(before, after) ? undefined : cloneJson(after);
}
