import { isJsonObject } from '../../machinery/json';
import type { Structural } from '../schema';

/**
 * A converted value as the hub's schema wants it: without nulls, unknown fields, and the empty texts, lists and
 * objects that old versions write for "not set" and the hub refuses. Required fields are kept, so that validation can
 * speak about them.
 */
export function tidy(value: unknown, schema: Structural): unknown {
  if (Array.isArray(value)) {
    const items = schema['items'];
    return isJsonObject(items) ? value.map((item) => tidy(item, items)) : value;
  }
  if (!isJsonObject(value)) return value;
  const { properties, additionalProperties } = schema;
  if (isJsonObject(additionalProperties)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, tidy(item, additionalProperties)]));
  }
  if (!isJsonObject(properties)) return value;
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const kept: { [key: string]: unknown } = {};
  for (const [name, field] of Object.entries(value)) {
    const fieldSchema = properties[name];
    if (!isJsonObject(fieldSchema) || field === null || field === undefined) continue;
    const tidied = tidy(field, fieldSchema);
    if (required.includes(name) || !isUnset(tidied, fieldSchema)) kept[name] = tidied;
  }
  return kept;
}

function isUnset(value: unknown, schema: Structural): boolean {
  if (value === '') return schema['minLength'] === 1 || Array.isArray(schema['enum']);
  if (Array.isArray(value)) return value.length === 0 && schema['minItems'] === 1;
  if (isJsonObject(value)) return Object.keys(value).length === 0 && schema['minProperties'] === 1;
  return value === 0 && schema['minimum'] === 1;
}
