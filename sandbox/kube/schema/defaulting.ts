import { cloneJson, isJsonObject } from '../../../machinery/json';
import { fieldNode, type SchemaNode } from './node';

type Plain = { [key: string]: unknown };

/**
 * Fills in the defaults of a structural schema, in place. A null where the schema is not nullable is replaced by the
 * default, or dropped when there is none (server-side apply keeps it, for validation to refuse).
 */
export function applyDefaults(value: unknown, node: SchemaNode, dropsNulls = true): void {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items !== undefined) {
      for (const [index, item] of value.entries()) {
        if (item === null && items.default !== undefined && !items.nullable) value[index] = cloneJson(items.default);
        applyDefaults(value[index], items, dropsNulls);
      }
    }
    return;
  }
  if (!isJsonObject(value)) return;
  const object: Plain = value;
  for (const [name, item] of Object.entries(object)) {
    if (item !== null || !dropsNulls) continue;
    const field = fieldNode(node, name);
    // A null that is neither allowed nor replaced by a default counts as absent.
    if (field !== undefined && !field.nullable && field.default === undefined) delete object[name];
  }
  for (const [name, property] of node.properties) {
    if (property.default === undefined) continue;
    if (object[name] === undefined || (object[name] === null && !property.nullable)) {
      object[name] = cloneJson(property.default);
    }
  }
  for (const [name, item] of Object.entries(object)) {
    const field = fieldNode(node, name);
    if (field === undefined) continue;
    if (item === null && !field.nullable && field.default !== undefined) object[name] = cloneJson(field.default);
    applyDefaults(object[name], field, dropsNulls);
  }
}
