import { canonicalJson, isJsonObject } from '../../../machinery/json';
import type { SchemaNode } from '../schema/node';
import type { Step } from './path-set';

/**
 * How a value is owned and merged: as one thing, item by item, or field by field (list types and map types of the
 * schema; without a schema, maps by field and lists as a whole).
 */
export type Atom =
  | { readonly kind: 'scalar' }
  | {
      readonly kind: 'list';
      readonly atomic: boolean;
      readonly keys: readonly string[];
      readonly items?: SchemaNode | undefined;
    }
  | { readonly kind: 'map'; readonly atomic: boolean };

const SCALAR: Atom = { kind: 'scalar' };
const UNTYPED_LIST: Atom = { kind: 'list', atomic: true, keys: [] };
const UNTYPED_MAP: Atom = { kind: 'map', atomic: false };

const isUntyped = (node: SchemaNode | undefined): boolean =>
  node === undefined || (node.type === undefined && !node.intOrString);

/** The atom of a node, chosen by the value where the schema leaves it open. */
export function atomOf(node: SchemaNode | undefined, value: unknown): Atom {
  if (node === undefined || isUntyped(node)) return deduced(value);
  if (node.intOrString) return SCALAR;
  if (node.type === 'array') {
    return { kind: 'list', atomic: node.listType === 'atomic', keys: node.listMapKeys, items: node.items };
  }
  if (node.type === 'object') {
    return node.mapType === 'atomic' ? { kind: 'map', atomic: true } : UNTYPED_MAP;
  }
  return SCALAR;
}

function deduced(value: unknown): Atom {
  if (Array.isArray(value)) return UNTYPED_LIST;
  return isJsonObject(value) ? UNTYPED_MAP : SCALAR;
}

/** The schema of a map's entry; undefined: untyped. `declared` is false where the schema does not name the field. */
export function entryNode(node: SchemaNode | undefined, name: string): SchemaNode | undefined {
  return node?.properties.get(name) ?? node?.additionalProperties;
}

/** True for a field that the schema lists by name. */
export const isNamedField = (node: SchemaNode | undefined, name: string): boolean =>
  node?.properties.has(name) === true;

/** True when a map may hold entries the schema does not name. */
export const isOpen = (node: SchemaNode | undefined): boolean =>
  node === undefined ||
  isUntyped(node) ||
  node.preserveUnknown ||
  node.embeddedResource ||
  node.additionalProperties !== undefined ||
  (node.type === 'object' && node.properties.size === 0);

/**
 * The step that names an item of a list by its keys or its value.
 * @throws Error when an item has none of its keys.
 */
export function itemStep(atom: Atom & { kind: 'list' }, item: unknown): Step {
  if (atom.keys.length === 0) {
    if (isJsonObject(item)) throw new Error("associative list without keys has an element that's a map type");
    if (Array.isArray(item)) throw new Error('not supported: associative list with lists as elements');
    if (item === null) throw new Error("associative list without keys has an element that's an explicit null");
    return `v:${JSON.stringify(item)}`;
  }
  if (item === null) throw new Error('associative list with keys may not have a null element');
  if (!isJsonObject(item)) throw new Error('associative list with keys may not have non-map elements');
  const keys: { [key: string]: unknown } = {};
  for (const key of atom.keys) {
    const value = item[key] ?? defaultOfKey(atom.items, key);
    if (value !== undefined) keys[key] = value;
  }
  if (Object.keys(keys).length === 0) {
    const names = atom.keys.map((key) => JSON.stringify(key)).join(' ');
    throw new Error(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    );
  }
  return `k:${canonicalJson(keys)}`;
}

const defaultOfKey = (items: SchemaNode | undefined, key: string): unknown => items?.properties.get(key)?.default;
