import { isJsonObject } from '../../../machinery/json';
import { type FieldError, forbidden, invalid, required } from '../rest/field-error';

type Raw = { readonly [keyword: string]: unknown };

const SCALARS: readonly unknown[] = ['string', 'integer', 'number', 'boolean'];

/** What keeps a schema from being structural, so that it cannot prune, default and be merged. */
export function structuralFaults(schema: Raw, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema['type'] !== 'object') {
    errors.push(
      schema['type'] === undefined
        ? required(`${at}.type`, 'must not be empty at the root')
        : invalid(`${at}.type`, schema['type'], 'must be object at the root'),
    );
  }
  visit(schema, at, errors, true);
  return errors;
}

function visit(schema: Raw, at: string, errors: FieldError[], isRoot: boolean): void {
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const { type } = schema;
  if (type === undefined && !isIntOrString && !preserves && !isRoot) {
    errors.push(required(`${at}.type`, 'must not be empty for specified object fields'));
  }
  for (const keyword of ['$ref', 'definitions', 'dependencies', 'patternProperties', 'additionalItems']) {
    if (schema[keyword] !== undefined) errors.push(forbidden(`${at}.${keyword}`, `${keyword} is not supported`));
  }
  if (schema['uniqueItems'] === true) {
    errors.push(
      forbidden(
        `${at}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  }
  if (isJsonObject(schema['properties']) && schema['additionalProperties'] !== undefined) {
    errors.push(forbidden(`${at}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  }
  listFaults(schema, at, errors);
  if (isJsonObject(schema['properties'])) {
    for (const [name, property] of Object.entries(schema['properties'])) {
      if (!isJsonObject(property)) continue;
      // metadata of the root is described by the server.
      if (isRoot && name === 'metadata') continue;
      visit(property, `${at}.properties[${name}]`, errors, false);
    }
  }
  if (type === 'array' && !isJsonObject(schema['items'])) {
    errors.push(required(`${at}.items`, 'must be specified'));
  }
  if (isJsonObject(schema['items'])) visit(schema['items'], `${at}.items`, errors, false);
  if (isJsonObject(schema['additionalProperties'])) {
    visit(schema['additionalProperties'], `${at}.additionalProperties`, errors, false);
  }
}

function listFaults(schema: Raw, at: string, errors: FieldError[]): void {
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'];
  const items = isJsonObject(schema['items']) ? schema['items'] : {};
  if (listType === 'map') {
    if (!Array.isArray(keys) || keys.length === 0) {
      errors.push(required(`${at}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
      return;
    }
    const properties = isJsonObject(items['properties']) ? items['properties'] : {};
    const needed = Array.isArray(items['required']) ? items['required'] : [];
    for (const key of keys) {
      const property = properties[String(key)];
      if (!isJsonObject(property)) {
        errors.push(invalid(`${at}.x-kubernetes-list-map-keys`, key, 'entries must all be names of item properties'));
      } else if (!needed.includes(key) && property['default'] === undefined) {
        errors.push(
          required(
            `${at}.items.properties[${String(key)}].default`,
            'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
          ),
        );
      }
    }
  } else if (Array.isArray(keys) && keys.length > 0) {
    errors.push(
      forbidden(
        `${at}.x-kubernetes-list-map-keys`,
        'x-kubernetes-list-type must be map if x-kubernetes-list-map-keys is non-empty',
      ),
    );
  }
  if (
    listType === 'set' &&
    !SCALARS.includes(items['type']) &&
    items['x-kubernetes-map-type'] !== 'atomic' &&
    items['x-kubernetes-list-type'] !== 'atomic' &&
    items['x-kubernetes-int-or-string'] !== true
  ) {
    errors.push(
      invalid(
        `${at}.items.x-kubernetes-map-type`,
        null,
        'must be atomic as item of a list with x-kubernetes-list-type=set',
      ),
    );
  }
}
