import { isJsonObject } from '../../../machinery/json';
import { type FieldError, forbidden, invalid, required } from '../rest/field-error';
import { patternFault } from '../schema/re2';

/** A schema as a CRD writes it. */
export type RawSchema = { readonly [keyword: string]: unknown };

type Level = 'root' | 'field' | 'item';

const EMPTY_TYPE: { readonly [level in Level]: string } = {
  root: 'must not be empty at the root',
  field: 'must not be empty for specified object fields',
  item: 'must not be empty for specified array items',
};

/** What keeps a schema from being structural, so that it cannot prune, default and be merged. */
export function structuralFaults(schema: RawSchema, at: string): FieldError[] {
  const errors: FieldError[] = [];
  visit(schema, at, 'root', errors);
  return errors;
}

function visit(schema: RawSchema, at: string, level: Level, errors: FieldError[]): void {
  const { type, items, properties, additionalProperties } = schema;
  errors.push(...typeFaults(schema, at, level));
  if (type === 'array' && !isJsonObject(items)) errors.push(required(`${at}.items`, 'must be specified'));
  if (isJsonObject(items)) visit(items, `${at}.items`, 'item', errors);
  for (const [name, property] of Object.entries(isJsonObject(properties) ? properties : {})) {
    if (!isJsonObject(property)) continue;
    const where = `${at}.properties[${name}]`;
    visit(property, where, 'field', errors);
    if (level === 'root' && name === 'metadata') errors.push(...metadataFaults(property, where));
  }
  if (additionalProperties !== undefined) {
    if (level === 'root') errors.push(forbidden(`${at}.additionalProperties`, 'must not be used at the root'));
    if (isJsonObject(additionalProperties)) visit(additionalProperties, `${at}.additionalProperties`, 'field', errors);
  }
  const { pattern } = schema;
  const fault = typeof pattern === 'string' ? patternFault(pattern) : undefined;
  if (fault !== undefined) {
    errors.push(invalid(`${at}.pattern`, pattern, `must be a valid regular expression, but isn't: ${fault}`));
  }
}

function typeFaults(schema: RawSchema, at: string, level: Level): FieldError[] {
  const type = schema['type'] ?? '';
  const isFree =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (schema['x-kubernetes-embedded-resource'] === true && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    return [type === '' ? required(`${at}.type`, detail) : invalid(`${at}.type`, type, detail)];
  }
  if (type === '') return isFree ? [] : [required(`${at}.type`, EMPTY_TYPE[level])];
  return level === 'root' && type !== 'object' ? [invalid(`${at}.type`, type, 'must be object at the root')] : [];
}

/** The server describes `metadata` of the root itself; a schema may only restrict names. */
function metadataFaults(metadata: RawSchema, at: string): FieldError[] {
  const { type, properties, description: _, default: __, ...rest } = metadata;
  const errors = type === 'object' ? [] : [invalid(`${at}.type`, type ?? '', 'must be object')];
  const named = Object.keys(isJsonObject(properties) ? properties : {});
  const isRestricted = named.every((name) => name === 'name' || name === 'generateName');
  if (isRestricted && Object.keys(rest).length === 0) return errors;
  const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
  return [...errors, forbidden(at, detail)];
}
