import { canonicalJson, equalJson, isJsonObject } from '../../../machinery/json';
import { type FieldError, invalid, notSupported, required, tooLong, tooMany, typeInvalid } from '../rest/field-error';
import { formatFault, isCheckedFormat } from './formats';
import { fieldNode, SchemaCompiler, type SchemaNode } from './node';
import { compileGo } from './re2';

/**
 * Faults of a value by its schema, in the words of the real server. What did not change since `old` is not held
 * against an update (validation ratcheting).
 */
export function valueFaults(value: unknown, node: SchemaNode, at: string, errors: FieldError[], old?: unknown): void {
  // The very same part of the object: an update has not touched it.
  if (value === old && value !== undefined) return;
  const own: FieldError[] = [];
  if (value === null) {
    if (!node.nullable && hasType(node)) own.push(wrongType(value, node, at), ...enumFaults(value, node, at));
  } else if (!fitsType(value, node)) own.push(wrongType(value, node, at), ...enumFaults(value, node, at));
  else {
    checkValue(value, node, at, own);
    descend(value, node, at, own, old);
  }
  if (own.length === 0) return;
  // What is untouched is forgiven with all that lies in it.
  if (old !== undefined && equalJson(value, old)) return;
  errors.push(...own);
}

const inside = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`);

const hasType = (node: SchemaNode): boolean => node.type !== undefined || node.intOrString;

function fitsType(value: unknown, node: SchemaNode): boolean {
  if (node.intOrString) return typeof value === 'string' || Number.isInteger(value);
  switch (node.type) {
    case 'object':
      return isJsonObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'number':
    case 'string':
    case 'boolean':
      return typeof value === node.type;
    default:
      return true;
  }
}

/** Integers as Go's decoder reads them: those of 64 bits. */
const isInt64 = (value: unknown): boolean => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 63;

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return isInt64(value) ? 'integer' : 'number';
  return typeof value;
}

function wrongType(value: unknown, node: SchemaNode, at: string): FieldError {
  if (node.type === 'string' && isCheckedFormat(node.format) && value !== null && !Array.isArray(value)) {
    // A text with a format is told by its format, and so is what was given.
    const given = typeof value === 'number' ? (isInt64(value) ? 'int64' : 'float64') : '';
    return typeInvalid(at, given, `${at} in body must be of type ${node.format}: ${JSON.stringify(given)}`);
  }
  const expected = node.intOrString ? 'integer,string' : (node.type ?? '');
  const actual = typeName(value);
  return typeInvalid(at, actual, `${at} in body must be of type ${expected}: ${JSON.stringify(actual)}`);
}

const numeric = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

function checkValue(value: unknown, node: SchemaNode, at: string, errors: FieldError[]): void {
  if (typeof value === 'string') checkString(value, node, at, errors);
  else if (typeof value === 'number') checkNumber(value, node, at, errors);
  else if (Array.isArray(value)) checkList(value, node, at, errors);
  else if (isJsonObject(value)) checkMap(value, node, at, errors);
  errors.push(...enumFaults(value, node, at));
  checkCombinations(value, node, at, errors);
}

function enumFaults(value: unknown, node: SchemaNode, at: string): FieldError[] {
  if (node.enum === undefined || node.enum.some((item) => equalJson(item, value))) return [];
  const names = node.enum.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  return [notSupported(at, value, names)];
}

function checkString(value: string, node: SchemaNode, at: string, errors: FieldError[]): void {
  const { raw } = node;
  const maxLength = numeric(raw['maxLength']);
  const minLength = numeric(raw['minLength']);
  const length = [...value].length;
  // One fault of a text is enough.
  if (maxLength !== undefined && length > maxLength) {
    errors.push(tooLong(at, maxLength));
    return;
  }
  if (minLength !== undefined && length < minLength) {
    errors.push(invalid(at, value, `${at} in body should be at least ${minLength} chars long`));
    return;
  }
  const pattern = raw['pattern'];
  if (typeof pattern === 'string' && !regex(pattern).test(value)) {
    errors.push(invalid(at, value, `${at} in body should match '${pattern}'`));
    return;
  }
  const fault = node.format === undefined ? undefined : formatFault(node.format, value);
  if (fault !== undefined)
    errors.push(typeInvalid(at, value, `${at} in body must be of type ${node.format}: ${JSON.stringify(value)}`));
}

const compiled = new Map<string, RegExp>();

export function regex(pattern: string): RegExp {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    expression = compileGo(pattern);
    compiled.set(pattern, expression);
  }
  return expression;
}

function checkNumber(value: number, node: SchemaNode, at: string, errors: FieldError[]): void {
  const { raw } = node;
  const maximum = numeric(raw['maximum']);
  const minimum = numeric(raw['minimum']);
  if (maximum !== undefined) {
    if (raw['exclusiveMaximum'] === true ? value >= maximum : value > maximum) {
      const words = raw['exclusiveMaximum'] === true ? 'less than' : 'less than or equal to';
      errors.push(invalid(at, value, `${at} in body should be ${words} ${maximum}`));
    }
  }
  if (minimum !== undefined) {
    if (raw['exclusiveMinimum'] === true ? value <= minimum : value < minimum) {
      const words = raw['exclusiveMinimum'] === true ? 'greater than' : 'greater than or equal to';
      errors.push(invalid(at, value, `${at} in body should be ${words} ${minimum}`));
    }
  }
  const multipleOf = numeric(raw['multipleOf']);
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) {
    errors.push(invalid(at, value, `${at} in body should be a multiple of ${multipleOf}`));
  }
}

function checkList(value: readonly unknown[], node: SchemaNode, at: string, errors: FieldError[]): void {
  const maxItems = numeric(node.raw['maxItems']);
  const minItems = numeric(node.raw['minItems']);
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(at, value.length, maxItems));
  if (minItems !== undefined && value.length < minItems) {
    errors.push(invalid(at, value.length, `${at} in body should have at least ${minItems} items`));
  }
  if (node.raw['uniqueItems'] === true && new Set(value.map(canonicalJson)).size < value.length) {
    errors.push(invalid(at, value, `${at} in body shouldn't contain duplicates`));
  }
}

function checkMap(
  value: { readonly [key: string]: unknown },
  node: SchemaNode,
  at: string,
  errors: FieldError[],
): void {
  const count = Object.keys(value).length;
  const maximum = numeric(node.raw['maxProperties']);
  const minimum = numeric(node.raw['minProperties']);
  if (maximum !== undefined && count > maximum) errors.push(tooMany(at, count, maximum));
  if (minimum !== undefined && count < minimum) {
    errors.push(invalid(at, count, `${at} in body should have at least ${minimum} properties`));
  }
  for (const name of node.required) if (value[name] === undefined) errors.push(required(inside(at, name)));
}

function descend(value: unknown, node: SchemaNode, at: string, errors: FieldError[], old: unknown): void {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return;
    for (const [index, item] of value.entries()) {
      valueFaults(item, items, `${at}[${index}]`, errors, correlated(item, index, node, old));
    }
  } else if (isJsonObject(value)) {
    const before = isJsonObject(old) ? old : {};
    for (const name of Object.keys(value).sort()) {
      const item = value[name];
      if (node.embeddedResource && (name === 'apiVersion' || name === 'kind' || name === 'metadata')) continue;
      const field = fieldNode(node, name);
      if (field !== undefined) valueFaults(item, field, inside(at, name), errors, before[name]);
    }
  }
}

/** The item an item was before: by key in map lists; other lists have no correlation. */
export function correlated(item: unknown, _index: number, node: SchemaNode, old: unknown): unknown {
  if (!Array.isArray(old) || node.listType !== 'map' || !isJsonObject(item)) return undefined;
  return old.find(
    (candidate) => isJsonObject(candidate) && node.listMapKeys.every((key) => equalJson(candidate[key], item[key])),
  );
}

const combinators = new WeakMap<object, readonly SchemaNode[]>();

function branches(list: unknown): readonly SchemaNode[] {
  if (!Array.isArray(list)) return [];
  let nodes = combinators.get(list);
  if (nodes === undefined) {
    const compiler = new SchemaCompiler();
    nodes = list.filter(isJsonObject).map((raw) => compiler.compile(raw));
    combinators.set(list, nodes);
  }
  return nodes;
}

/** `allOf`, `anyOf`, `oneOf` and `not`: structural schemas use them for values only. */
function checkCombinations(value: unknown, node: SchemaNode, at: string, errors: FieldError[]): void {
  const { raw } = node;
  const faultsOf = (branch: SchemaNode): FieldError[] => {
    const found: FieldError[] = [];
    valueFaults(value, branch, at, found);
    return found;
  };
  for (const branch of branches(raw['allOf'])) errors.push(...faultsOf(branch));
  const any = branches(raw['anyOf']);
  if (any.length > 0 && any.every((branch) => faultsOf(branch).length > 0)) {
    errors.push(invalid('<nil>', '', `${JSON.stringify(at)} must validate at least one schema (anyOf)`));
    errors.push(...(any.map(faultsOf).sort((left, right) => left.length - right.length)[0] ?? []));
  }
  const one = branches(raw['oneOf']);
  if (one.length > 0) {
    const fitting = one.filter((branch) => faultsOf(branch).length === 0).length;
    if (fitting !== 1) {
      const why = fitting === 0 ? 'Found none valid' : `Found ${fitting} valid alternatives`;
      errors.push(invalid('<nil>', '', `${JSON.stringify(at)} must validate one and only one schema (oneOf). ${why}`));
    }
  }
  if (isJsonObject(raw['not'])) {
    const [branch] = branches([raw['not']]);
    if (branch !== undefined && faultsOf(branch).length === 0) {
      errors.push(invalid('<nil>', '', `${JSON.stringify(at)} must not validate the schema (not)`));
    }
  }
}
