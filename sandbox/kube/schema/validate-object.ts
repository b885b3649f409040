import { isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { below, type FieldError, type FieldReason, required } from '../rest/field-error';
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

/** A new state of a custom resource. */
export interface CustomChange {
  readonly object: KubeObject;
  readonly old: KubeObject | undefined;
  readonly schema: SchemaNode;
  /** Written through the status endpoint: the schema is asked about nothing but the status. */
  readonly isStatus: boolean;
  /** Faults of the scale subresource. */
  readonly scale: readonly FieldError[];
  /** Takes what rules say against parts that an update did not touch. */
  readonly warnings: string[];
}

/** The rules a custom resource must satisfy: its schema, its list types, and the CEL rules of the schema. */
export function validateCustom({ object, old, schema, isStatus, scale, warnings }: CustomChange): FieldError[] {
  const errors = isStatus ? statusFaults(object, old, schema) : schemaFaults(object, old, schema);
  listTypeFaults(object, schema, '', errors, old);
  errors.push(...scale);
  if (!hasRules(schema)) return errors;
  // Rules read typed values: they do not run on objects that are far from their schema.
  if (errors.some((error) => BLOCKING.includes(error.reason))) return [...errors, NOT_CHECKED];
  return [...errors, ...ruleFaults(object, old, schema, warnings)];
}

function schemaFaults(object: KubeObject, old: KubeObject | undefined, schema: SchemaNode): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of Object.keys(object).sort()) {
    if (name === 'metadata' || name === 'apiVersion' || name === 'kind') continue;
    const node = schema.properties.get(name);
    if (node !== undefined) valueFaults(object[name], node, name, errors, old?.[name]);
  }
  for (const name of schema.required) if (object[name] === undefined) errors.push(required(name));
  metadataFaults(object, schema, errors);
  return errors;
}

/** The status has a validator of its own, whose messages begin at the status. */
function statusFaults(object: KubeObject, old: KubeObject | undefined, schema: SchemaNode): FieldError[] {
  const node = schema.properties.get('status');
  if (node === undefined || object['status'] === undefined) return [];
  const errors: FieldError[] = [];
  valueFaults(object['status'], node, '', errors, old?.['status']);
  return below('status', errors);
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
