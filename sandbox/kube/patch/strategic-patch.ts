import { equalJson, isJsonObject } from '../../../machinery/json';
import { badRequest, Refusal } from '../rest/refusal';
import { goValue } from '../schema/go-words';
import { fieldNode, type SchemaNode } from '../schema/node';

type Plain = { [key: string]: unknown };

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';
const ORDER = '$setElementOrder/';

/** A mistake that the real server takes for its own. */
const failure = (message: string): Refusal => new Refusal({ code: 500, reason: '', message });

const unknownDirective = (patch: Plain): Refusal =>
  failure(`unknown patch type: ${goValue(patch[DIRECTIVE])} in map: ${goValue(patch)}`);

const keyless = (item: Plain, key: string): Refusal =>
  failure(`map: ${goValue(item)} does not contain declared merge key: ${key}`);

/** Strategic merge patch by the patch keys of builtin types. Neither argument is changed. */
export function strategicPatch(target: unknown, patch: Plain, node: SchemaNode | undefined): unknown {
  const base: Plain = isJsonObject(target) ? target : {};
  if (patch[DIRECTIVE] === 'replace') {
    const { [DIRECTIVE]: _, ...rest } = patch;
    return rest;
  }
  if (patch[DIRECTIVE] === 'delete') return {};
  if (DIRECTIVE in patch) throw unknownDirective(patch);
  const out: Plain = retained(base, patch);
  checkOrders(patch, node);
  for (const [key, value] of Object.entries(patch)) {
    if (key === RETAIN_KEYS || key.startsWith(ORDER) || value === undefined) continue;
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
    const before = out[key];
    if (value === null) delete out[key];
    else if (Array.isArray(value) && Array.isArray(before)) out[key] = mergeList(before, value, child);
    else if (isJsonObject(value) && isJsonObject(before)) {
      const isReplaced = child?.patchStrategy.includes('replace') === true;
      out[key] = isReplaced ? value : strategicPatch(before, value, child);
    } else {
      const taken = withoutDirectives(value);
      if (taken === undefined) delete out[key];
      else out[key] = taken;
    }
  }
  reorder(out, base, patch, node);
  return out;
}

/** What a patch says of where nothing is: maps with a directive are left out, and so are nulls of maps. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isJsonObject(value)) return value;
  if (DIRECTIVE in value) return undefined;
  const entries = Object.entries(value)
    .filter(([, item]) => item !== null)
    .map(([name, item]) => [name, withoutDirectives(item)] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

/** The fields that `$retainKeys` leaves, among which must be all that the patch sets. */
function retained(base: Plain, patch: Plain): Plain {
  const keys = patch[RETAIN_KEYS];
  if (keys === undefined) return { ...base };
  const isKept = (name: string): boolean => Array.isArray(keys) && keys.includes(name);
  const isSet = ([name, value]: [string, unknown]): boolean =>
    value !== null && name !== RETAIN_KEYS && !name.startsWith(DELETE_PRIMITIVES) && !name.startsWith(ORDER);
  if (
    !Array.isArray(keys) ||
    !Object.entries(patch)
      .filter(isSet)
      .every(([name]) => isKept(name))
  ) {
    throw badRequest('invalid patch format of retainKeys');
  }
  return Object.fromEntries(Object.entries(base).filter(([name]) => isKept(name)));
}

/** What a list adds must be in the order that `$setElementOrder/<field>` gives. */
function checkOrders(patch: Plain, node: SchemaNode | undefined): void {
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(ORDER)) continue;
    if (!Array.isArray(order)) throw failure(`expected a []interface {}, but received a ${typeof order}`);
    const field = directive.slice(ORDER.length);
    const key = node === undefined ? undefined : fieldNode(node, field)?.patchMergeKey;
    const keyOf = (item: unknown): unknown => {
      if (key === undefined || !isJsonObject(item)) return item;
      if (item[key] === undefined) throw keyless(item, key);
      return item[key];
    };
    const places = order.map(keyOf);
    const list: readonly unknown[] = Array.isArray(patch[field]) ? patch[field] : [];
    if (list.length === 0 || order.length === 0) continue;
    let next = 0;
    for (const item of list) {
      if (isJsonObject(item) && DIRECTIVE in item) continue;
      const own = keyOf(item);
      next = places.findIndex((place, index) => index >= next && equalJson(place, own)) + 1;
      if (next > 0) continue;
      throw failure(
        `The order in patch list:\n${goValue(list)}\n doesn't match $setElementOrder list:\n${goValue(order)}\n`,
      );
    }
  }
}

function mergeList(live: readonly unknown[], patch: readonly unknown[], node: SchemaNode | undefined): unknown {
  const isMerged = node?.patchStrategy.includes('merge') === true;
  if (!isMerged) return patch.filter((item) => !isJsonObject(item) || item[DIRECTIVE] === undefined);
  const key = node?.patchMergeKey;
  if (key === undefined) {
    const added = patch.filter((item) => !live.some((existing) => equalJson(existing, item)));
    return ordered([...live, ...added], patch, live, key);
  }
  const items = patch.filter(isJsonObject);
  const plain = items.filter((item) => !(DIRECTIVE in item));
  const result = withoutDeleted(live, items, key);
  if (items.some((item) => item[DIRECTIVE] === 'replace')) return plain;
  for (const item of plain) {
    const value = item[key];
    if (value === undefined) throw keyless(item, key);
    const index = result.findIndex((existing) => isJsonObject(existing) && equalJson(existing[key], value));
    if (index >= 0) result[index] = strategicPatch(result[index], item, node?.items);
    else result.push(item);
  }
  return ordered(result, patch, live, key);
}

/** The items that no directive of the patch deletes. */
function withoutDeleted(live: readonly unknown[], patch: readonly Plain[], key: string): unknown[] {
  let left = [...live];
  for (const item of patch) {
    const directive = item[DIRECTIVE];
    if (directive === undefined || directive === 'replace') continue;
    if (directive === 'merge') throw failure('merging lists cannot yet be specified in the patch');
    if (directive !== 'delete') throw unknownDirective(item);
    const value = item[key];
    if (value === undefined) throw keyless(item, key);
    left = left.filter((existing) => !isJsonObject(existing) || !equalJson(existing[key], value));
  }
  return left;
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
