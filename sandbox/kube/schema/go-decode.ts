import { isJsonObject } from '../../../machinery/json';
import type { SchemaNode } from './node';

/** What a decoder noticed beside the value it made. */
export interface DecodeReport {
  /** Paths of fields the type does not have. */
  readonly unknown: string[];
  /** The first value of a wrong type, in the words of Go's JSON decoder. */
  typeError?: string | undefined;
}

type Plain = { [key: string]: unknown };

/**
 * What remains of a value that travels through a Go type and back: unknown fields and nulls are dropped, empty values
 * are written or left out as the type's tags say.
 */
export function goDecode(value: unknown, node: SchemaNode, report: DecodeReport, path = ''): unknown {
  if (node.intOrString || isTime(node)) return scalar(value, node, report, path);
  if (node.preserveUnknown && node.properties.size === 0) return value;
  if (Array.isArray(value)) {
    if (node.type !== 'array') return wrong('array', node, report, path);
    const { items } = node;
    return items === undefined
      ? value
      : value.map((item, index) => goDecode(item ?? zeroOf(items), items, report, `${path}[${index}]`));
  }
  if (isJsonObject(value)) {
    if (node.type !== 'object') return wrong('object', node, report, path);
    const { additionalProperties } = node;
    if (additionalProperties === undefined || node.properties.size > 0) return struct(value, node, report, path);
    const out: Plain = {};
    for (const [key, item] of Object.entries(value)) {
      out[key] = goDecode(item ?? zeroOf(additionalProperties), additionalProperties, report, join(path, key));
    }
    return out;
  }
  return scalar(value, node, report, path);
}

function struct(value: Plain, node: SchemaNode, report: DecodeReport, path: string): Plain {
  const out: Plain = {};
  for (const [name, property] of node.properties) {
    const given = value[name];
    const always = property.empty === 'zero' || isStruct(property);
    if (given === undefined || given === null) {
      if (always) out[name] = isStruct(property) ? struct({}, property, report, join(path, name)) : zeroOf(property);
      continue;
    }
    const decoded = goDecode(given, property, report, join(path, name));
    if (property.empty === 'omit' && !isStruct(property) && isEmpty(decoded)) continue;
    out[name] = decoded;
  }
  for (const name of Object.keys(value)) if (!node.properties.has(name)) report.unknown.push(join(path, name));
  return out;
}

/** A struct held by value: Go writes it even when it is empty. */
const isStruct = (node: SchemaNode): boolean =>
  node.definition !== undefined && node.properties.size > 0 && isJsonObject(node.default);

const isTime = (node: SchemaNode): boolean => node.definition?.endsWith('Time') === true && node.format === 'date-time';

function zeroOf(node: SchemaNode): unknown {
  if (isTime(node) || node.type === 'array' || node.type === undefined) return node.intOrString ? 0 : null;
  if (node.type === 'object') return node.properties.size > 0 && node.definition !== undefined ? {} : null;
  if (node.type === 'string') return '';
  return node.type === 'boolean' ? false : 0;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false || value === null || value === undefined;
}

function scalar(value: unknown, node: SchemaNode, report: DecodeReport, path: string): unknown {
  if (value === null || value === undefined) return value;
  const actual = typeof value;
  if (node.intOrString) {
    const isQuantity = node.definition?.endsWith('Quantity') === true;
    if (actual === 'number') return isQuantity ? String(value) : value;
    return actual === 'string' ? value : wrong(actual, node, report, path);
  }
  const wanted = node.type;
  if (wanted === 'integer' || wanted === 'number') {
    if (actual !== 'number' || (wanted === 'integer' && !Number.isInteger(value))) {
      return wrong(actual === 'number' ? `number ${String(value)}` : actual, node, report, path);
    }
  } else if (
    wanted === 'string' ? actual !== 'string' : wanted === 'boolean' ? actual !== 'boolean' : wanted !== undefined
  ) {
    return wrong(actual === 'boolean' ? 'bool' : actual, node, report, path);
  }
  return value;
}

function wrong(actual: string, node: SchemaNode, report: DecodeReport, path: string): undefined {
  const found = actual === 'boolean' ? 'bool' : actual;
  const type = goType(node);
  report.typeError ??= `json: cannot unmarshal ${found} into Go struct field ${path.replace(/\[\d+\]/g, '')} of type ${type}`;
  return undefined;
}

function goType(node: SchemaNode): string {
  if (node.definition !== undefined) {
    const [version = '', name = ''] = node.definition.split('.').slice(-2);
    return `${version}.${name}`;
  }
  if (node.type === 'integer') return node.format === 'int64' ? 'int64' : 'int32';
  if (node.type === 'boolean') return 'bool';
  if (node.type === 'array') return `[]${node.items === undefined ? 'string' : goType(node.items)}`;
  if (node.type === 'object')
    return `map[string]${node.additionalProperties === undefined ? 'string' : goType(node.additionalProperties)}`;
  return node.type ?? 'string';
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
