import { canonicalJson, isJsonObject } from '../../../machinery/json';
import { duplicate, type FieldError, invalid } from '../rest/field-error';
import { fieldNode, type SchemaNode } from './node';

/** Sets hold a value once, map lists a key once. Lists that were wrong before an update may stay wrong. */
export function listTypeFaults(value: unknown, node: SchemaNode, at: string, errors: FieldError[], old: unknown): void {
  if (Array.isArray(value)) {
    if (node.listType !== 'atomic') duplicates(value, node, at, errors, old);
    const { items } = node;
    if (items === undefined) return;
    for (const [index, item] of value.entries()) listTypeFaults(item, items, `${at}[${index}]`, errors, undefined);
  } else if (isJsonObject(value)) {
    const before = isJsonObject(old) ? old : {};
    for (const [name, item] of Object.entries(value)) {
      const field = fieldNode(node, name);
      if (field === undefined || field.isGoType) continue;
      listTypeFaults(item, field, at === '' ? name : `${at}.${name}`, errors, before[name]);
    }
  }
}

function duplicates(list: readonly unknown[], node: SchemaNode, at: string, errors: FieldError[], old: unknown): void {
  const seen = new Set<string>();
  const found: FieldError[] = [];
  for (const [index, item] of list.entries()) {
    if (node.listType === 'map' && !isJsonObject(item)) {
      found.splice(
        0,
        found.length,
        invalid(`${at}[${index}]`, item, 'must be an object for an array of list-type map'),
      );
      break;
    }
    const key = node.listType === 'set' ? item : keysOf(item, node.listMapKeys);
    const text = canonicalJson(key);
    if (seen.has(text)) found.push(duplicate(`${at}[${index}]`, key));
    seen.add(text);
  }
  if (found.length > 0 && Array.isArray(old) && canonicalJson(old) === canonicalJson(list)) return;
  errors.push(...found);
}

function keysOf(item: unknown, keys: readonly string[]): unknown {
  if (!isJsonObject(item)) return item;
  const out: { [key: string]: unknown } = {};
  for (const key of [...keys].sort()) if (item[key] !== undefined) out[key] = item[key];
  return out;
}
