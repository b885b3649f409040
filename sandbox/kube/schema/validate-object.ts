import { isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import type { FieldError, FieldReason } from '../rest/field-error';
import { listTypeFaults } from './list-types';
import type { SchemaNode } from './node';
import { hasRules, ruleFaults } from './rules';
import { valueFaults } from './validate-value';

const BLOCKING: readonly FieldReason[] = [
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
];

const NOT_CHECKED: FieldError = {
  reason: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/** The rules a custom resource must satisfy: its schema, its list types, and the CEL rules of the schema. */
export function validateCustom(
  object: KubeObject,
  old: KubeObject | undefined,
  schema: SchemaNode,
  others: readonly FieldError[] = [],
): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of Object.keys(object).sort()) {
    const value = object[name];
    if (name === 'metadata' || name === 'apiVersion' || name === 'kind') continue;
    const node = schema.properties.get(name);
    if (node !== undefined) valueFaults(value, node, name, errors, old?.[name]);
  }
  for (const name of schema.required) {
    if (object[name] === undefined)
      errors.push({ reason: 'FieldValueRequired', field: name, message: 'Required value' });
  }
  metadataFaults(object, schema, errors);
  listTypeFaults(object, schema, '', errors, old);
  errors.push(...others);
  if (!hasRules(schema)) return errors;
  // Rules read typed values: they do not run on objects that are far from their schema.
  if (errors.some((error) => BLOCKING.includes(error.reason))) return [...errors, NOT_CHECKED];
  return [...errors, ...ruleFaults(object, old, schema)];
}

/** What a CRD may say about `metadata`: rules for the name. */
function metadataFaults(object: KubeObject, schema: SchemaNode, errors: FieldError[]): void {
  const raw = schema.raw['properties'];
  const metadata = isJsonObject(raw) ? raw['metadata'] : undefined;
  if (!isJsonObject(metadata) || !isJsonObject(metadata['properties'])) return;
  const name = metadata['properties']['name'];
  if (!isJsonObject(name)) return;
  const { pattern, maxLength } = name;
  if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(object.metadata.name)) {
    const detail = `metadata.name in body should match '${pattern}'`;
    errors.push({
      reason: 'FieldValueInvalid',
      field: 'metadata.name',
      message: `Invalid value: ${JSON.stringify(object.metadata.name)}: ${detail}`,
    });
  }
  if (typeof maxLength === 'number' && object.metadata.name.length > maxLength) {
    errors.push({
      reason: 'FieldValueTooLong',
      field: 'metadata.name',
      message: `Too long: may not be more than ${maxLength} bytes`,
    });
  }
}
