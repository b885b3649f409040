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
  reorder(out, patch, node);
  return out;
}

function mergeList(target: unknown, patch: readonly unknown[], node: SchemaNode | undefined): unknown {
  const isMerged = node?.patchStrategy.includes('merge') === true;
  if (!isMerged) return patch.filter((item) => !isJsonObject(item) || item[DIRECTIVE] === undefined);
  const live: unknown[] = Array.isArray(target) ? [...target] : [];
  const key = node?.patchMergeKey;
  if (key === undefined) {
    for (const item of patch) if (!live.some((existing) => equalJson(existing, item))) live.push(item);
    return live;
  }
  if (patch.some((item) => isJsonObject(item) && item[DIRECTIVE] === 'replace')) {
    return patch.filter((item) => !isJsonObject(item) || item[DIRECTIVE] !== 'replace');
  }
  let result = live;
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
  return result;
}

/** Puts merged lists into the order of `$setElementOrder/<field>`; items it does not name keep their place. */
function reorder(out: Plain, patch: Plain, node: SchemaNode | undefined): void {
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(ORDER) || !Array.isArray(order)) continue;
    const field = directive.slice(ORDER.length);
    const list = out[field];
    if (!Array.isArray(list)) continue;
    const key = node === undefined ? undefined : fieldNode(node, field)?.patchMergeKey;
    const rank = (item: unknown): number =>
      order.findIndex((wanted: unknown) =>
        key === undefined
          ? equalJson(wanted, item)
          : isJsonObject(wanted) && isJsonObject(item) && equalJson(wanted[key], item[key]),
      );
    const ordered = list.filter((item) => rank(item) >= 0).sort((left, right) => rank(left) - rank(right));
    const result: unknown[] = [];
    let next = 0;
    for (const item of list) {
      if (rank(item) < 0) result.push(item);
      else result.push(ordered[next++]);
    }
    out[field] = result;
  }
}
