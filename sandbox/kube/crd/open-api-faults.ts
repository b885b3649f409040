import { isJsonObject } from '../../../machinery/json';
import { type FieldError, forbidden, invalid, notSupported, required } from '../rest/field-error';
import type { RawSchema } from './structural';

const TYPES: readonly string[] = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const UNSUPPORTED: readonly string[] = ['$ref', 'definitions', 'dependencies', 'patternProperties', 'additionalItems'];

/** Keywords that the server does not know or that contradict each other. */
export function openApiFaults(schema: RawSchema, at: string): FieldError[] {
  const errors: FieldError[] = [];
  visit(schema, at, errors);
  return errors;
}

function visit(schema: RawSchema, at: string, errors: FieldError[]): void {
  const { type, items, properties, additionalProperties } = schema;
  if (typeof type === 'string' && type !== '' && !TYPES.includes(type)) {
    errors.push(notSupported(`${at}.type`, type, TYPES));
  }
  for (const keyword of UNSUPPORTED) {
    if (schema[keyword] !== undefined) errors.push(forbidden(`${at}.${keyword}`, `${keyword} is not supported`));
  }
  if (schema['uniqueItems'] === true) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbidden(`${at}.uniqueItems`, detail));
  }
  // `additionalProperties: true` says nothing.
  if (isJsonObject(properties) && additionalProperties !== undefined && additionalProperties !== true) {
    errors.push(forbidden(`${at}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  }
  errors.push(...listFaults(schema, at), ...ruleTextFaults(schema, at));
  for (const [name, property] of Object.entries(isJsonObject(properties) ? properties : {})) {
    if (isJsonObject(property)) visit(property, `${at}.properties[${name}]`, errors);
  }
  if (isJsonObject(items)) visit(items, `${at}.items`, errors);
  if (isJsonObject(additionalProperties)) visit(additionalProperties, `${at}.additionalProperties`, errors);
}

function listFaults(schema: RawSchema, at: string): FieldError[] {
  const listType = schema['x-kubernetes-list-type'];
  const given = schema['x-kubernetes-list-map-keys'];
  const keys = Array.isArray(given) ? given.map(String) : [];
  const items = isJsonObject(schema['items']) ? schema['items'] : {};
  if (listType === 'map') return mapListFaults(keys, items, at);
  const errors: FieldError[] = [];
  if (keys.length > 0) {
    const field = `${at}.x-kubernetes-list-type`;
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(listType === undefined ? required(field, detail) : invalid(field, listType, detail));
  }
  if (listType === 'set') errors.push(...setFaults(items, `${at}.items`));
  return errors;
}

const REASONS: readonly string[] = [
  'FieldValueDuplicate',
  'FieldValueForbidden',
  'FieldValueInvalid',
  'FieldValueRequired',
];

/** What rules say about themselves, before anybody compiles them. */
function ruleTextFaults(schema: RawSchema, at: string): FieldError[] {
  const rules = schema['x-kubernetes-validations'];
  return (Array.isArray(rules) ? rules.filter(isJsonObject) : []).flatMap((rule, index) =>
    oneRuleFaults(rule, `${at}.x-kubernetes-validations[${index}]`),
  );
}

function oneRuleFaults(rule: RawSchema, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const text = (field: string): string => (typeof rule[field] === 'string' ? rule[field] : '');
  const [expression, message] = [text('rule').trim(), text('message').trim()];
  const field = `${at}.message`;
  if (expression === '') errors.push(required(`${at}.rule`, 'rule is not specified'));
  else if (text('message') !== '' && message === '') {
    errors.push(invalid(field, text('message'), 'must be non-empty if specified'));
  } else if (message.includes('\n')) errors.push(invalid(field, text('message'), 'must not contain line breaks'));
  else if (expression.includes('\n') && message === '') {
    errors.push(required(field, 'message must be specified if rule contains line breaks'));
  }
  const { reason } = rule;
  if (typeof reason === 'string' && !REASONS.includes(reason)) {
    errors.push(notSupported(`${at}.reason`, reason, REASONS));
  }
  return errors;
}

function mapListFaults(keys: readonly string[], items: RawSchema, at: string): FieldError[] {
  if (keys.length === 0) {
    return [required(`${at}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map')];
  }
  const errors: FieldError[] = [];
  const properties = isJsonObject(items['properties']) ? items['properties'] : {};
  const needed: readonly unknown[] = Array.isArray(items['required']) ? items['required'] : [];
  for (const key of keys) {
    const property = properties[key];
    if (!isJsonObject(property)) {
      errors.push(invalid(`${at}.x-kubernetes-list-map-keys`, keys, 'entries must all be names of item properties'));
    } else if (!needed.includes(key) && property['default'] === undefined) {
      const detail =
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      errors.push(required(`${at}.items.properties[${key}].default`, detail));
    }
  }
  return errors;
}

function setFaults(items: RawSchema, at: string): FieldError[] {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items['x-kubernetes-list-type'];
  if (items['type'] === 'array' && listType !== undefined && listType !== 'atomic') {
    return [invalid(`${at}.x-kubernetes-list-type`, listType, detail)];
  }
  if (items['type'] === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    return [invalid(`${at}.x-kubernetes-map-type`, listType ?? null, detail)];
  }
  return [];
}
