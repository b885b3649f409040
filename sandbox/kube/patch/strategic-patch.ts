import { equalJson, isJsonObject } from '../../../machinery/json';
import { badRequest } from '../rest/refusal';
import { fieldNode, type SchemaNode } from '../schema/node';

type Plain = { [key: string]: unknown };

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';
const ORDER = '$setElementOrder/';

/** Strategic merge patch by the patch keys of builtin types. Neither argument is changed. */
export function strategicPatch(target: unknown, patch: Plain, node: SchemaNode | undefined): unknown {
  const base: Plain = isJsonObject(target) ? target : {};
  if (patch[DIRECTIVE] === 'replace') {
    const { [DIRECTIVE]: _, ...rest } = patch;
    return rest;
  }
  if (patch[DIRECTIVE] === 'delete') return {};
  const out: Plain = { ...base };
  const retained = patch[RETAIN_KEYS];
  if (Array.isArray(retained)) for (const key of Object.keys(out)) if (!retained.includes(key)) delete out[key];
  for (const [key, value] of Object.entries(patch)) {
    if (key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(ORDER) || value === undefined) continue;
    if (key.startsWith(DELETE_PRIMITIVES)) {
      const field = key.slice(DELETE_PRIMITIVES.length);
      const remove = Array.isArray(value) ? value : [];
      const list = out[field];
      if (Array.isArray(list)) {
        out[field] = list.filter((item) => !remove.some((removed: unknown) => equalJson(item, removed)));
      }
      continue;
    }
    const child = node === undefined ? undefined : fieldNode(node, key);
    if (value === null) delete out[key];
    else if (Array.isArray(value)) out[key] = mergeList(out[key], value, child);
    else if (isJsonObject(value)) {
      const isReplaced = child?.patchStrategy.includes('replace') === true;
      out[key] = isReplaced ? value : strategicPatch(out[key], value, child);
    } else out[key] = value;
  }
  reorder(out, base, patch, node);
  return out;
}

function mergeList(target: unknown, patch: readonly unknown[], node: SchemaNode | undefined): unknown {
  const isMerged = node?.patchStrategy.includes('merge') === true;
  if (!isMerged) return patch.filter((item) => !isJsonObject(item) || item[DIRECTIVE] === undefined);
  const live: readonly unknown[] = Array.isArray(target) ? target : [];
  const key = node?.patchMergeKey;
  if (key === undefined) {
    const added = patch.filter((item) => !live.some((existing) => equalJson(existing, item)));
    return ordered([...live, ...added], patch, live, key);
  }
  if (patch.some((item) => isJsonObject(item) && item[DIRECTIVE] === 'replace')) {
    return patch.filter((item) => !isJsonObject(item) || item[DIRECTIVE] !== 'replace');
  }
  let result = [...live];
  for (const item of patch) {
    if (!isJsonObject(item)) continue;
    const value = item[key];
    if (value === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const index = result.findIndex((existing) => isJsonObject(existing) && equalJson(existing[key], value));
    if (item[DIRECTIVE] === 'delete') {
      result = result.filter((existing) => !isJsonObject(existing) || !equalJson(existing[key], value));
    } else if (index >= 0) result[index] = strategicPatch(result[index], item, node?.items);
    else result.push(strategicPatch({}, item, node?.items));
  }
  return ordered(result, patch, live, key);
}

/** Puts merged lists into the order of `$setElementOrder/<field>`. */
function reorder(out: Plain, base: Plain, patch: Plain, node: SchemaNode | undefined): void {
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(ORDER) || !Array.isArray(order)) continue;
    const field = directive.slice(ORDER.length);
    const list = out[field];
    if (!Array.isArray(list)) continue;
    const before = base[field];
    const key = node === undefined ? undefined : fieldNode(node, field)?.patchMergeKey;
    out[field] = ordered(list, order, Array.isArray(before) ? before : [], key);
  }
}

/**
 * Items that `order` names come in its order. The others keep the server's order among themselves, and come before a
 * named one only where the server had them before it.
 */
function ordered(
  list: readonly unknown[],
  order: readonly unknown[],
  server: readonly unknown[],
  key: string | undefined,
): unknown[] {
  const isSame = (left: unknown, right: unknown): boolean =>
    key === undefined
      ? equalJson(left, right)
      : isJsonObject(left) && isJsonObject(right) && equalJson(left[key], right[key]);
  const rankIn = (places: readonly unknown[], item: unknown): number =>
    places.findIndex((place) => isSame(place, item));
  const named = list
    .filter((item) => rankIn(order, item) >= 0)
    .sort((left, right) => rankIn(order, left) - rankIn(order, right));
  const others = list.filter((item) => rankIn(order, item) < 0);
  const result: unknown[] = [];
  let next = 0;
  for (const item of others) {
    const place = rankIn(server, item);
    while (next < named.length) {
      const other = rankIn(server, named[next]);
      if (place >= 0 && other >= 0 && place < other) break;
      result.push(named[next++]);
    }
    result.push(item);
  }
  return [...result, ...named.slice(next)];
}
