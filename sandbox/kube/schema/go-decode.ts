import { isJsonObject } from '../../../machinery/json';
import type { SchemaNode } from './node';
import { canonicalQuantity } from './quantity';

/** What a decoder noticed beside the value it made. */
export interface DecodeReport {
  /** Paths of fields the type does not have. */
  readonly unknown: string[];
  /** The first value of a wrong type, in the words of Go's JSON decoder. */
  typeError?: string | undefined;
}

type Plain = { [key: string]: unknown };

/** How Go's decoder names a place: the innermost struct, and the fields from the root, without indexes and map keys. */
interface GoPlace {
  readonly struct: string;
  readonly path: string;
}

const ROOT: GoPlace = { struct: '', path: '' };

/**
 * What remains of a value that travels through a Go type and back: unknown fields and nulls are dropped, empty values
 * are written or left out as the type's tags say.
 */
export function goDecode(
  value: unknown,
  node: SchemaNode,
  report: DecodeReport,
  path = '',
  place: GoPlace = ROOT,
): unknown {
  if (node.intOrString || isTime(node)) return scalar(value, node, report, place);
  if (node.preserveUnknown && node.properties.size === 0) return value;
  if (Array.isArray(value)) {
    if (node.type !== 'array') return wrong('array', node, report, place);
    const { items } = node;
    return items === undefined
      ? value
      : value.map((item, index) => goDecode(item ?? zeroOf(items), items, report, `${path}[${index}]`, place));
  }
  if (isJsonObject(value)) {
    if (node.type !== 'object') return wrong('object', node, report, place);
    const { additionalProperties } = node;
    if (additionalProperties === undefined || node.properties.size > 0) return struct(value, node, report, path, place);
    const out: Plain = {};
    for (const [key, item] of Object.entries(value)) {
      out[key] = goDecode(item ?? zeroOf(additionalProperties), additionalProperties, report, join(path, key), place);
    }
    return out;
  }
  return scalar(value, node, report, place);
}

function struct(value: Plain, node: SchemaNode, report: DecodeReport, path: string, place: GoPlace): Plain {
  const out: Plain = {};
  const owner = node.definition?.split('.').at(-1) ?? '';
  for (const name of Object.keys(value)) {
    const property = node.properties.get(name);
    if (property === undefined) {
      report.unknown.push(join(path, name));
      continue;
    }
    const given = value[name];
    if (given === undefined || given === null) continue;
    const below = { struct: owner, path: join(place.path, name) };
    const decoded = goDecode(given, property, report, join(path, name), below);
    if (property.empty === 'omit' && isEmpty(decoded) && !isStruct(property)) continue;
    out[name] = decoded;
  }
  for (const [name, property] of alwaysWritten(node)) {
    if (out[name] !== undefined) continue;
    out[name] = isStruct(property) ? struct({}, property, report, join(path, name), place) : zeroOf(property);
  }
  return out;
}

const always = new WeakMap<SchemaNode, readonly (readonly [string, SchemaNode])[]>();

/** Fields that are written even when nothing was given for them. */
function alwaysWritten(node: SchemaNode): readonly (readonly [string, SchemaNode])[] {
  let fields = always.get(node);
  if (fields === undefined) {
    fields = [...node.properties].filter(([, property]) => property.empty === 'zero' || isStruct(property));
    always.set(node, fields);
  }
  return fields;
}

/** A struct held by value: Go writes it even when it is empty. */
const isStruct = (node: SchemaNode): boolean =>
  node.definition !== undefined && node.properties.size > 0 && isJsonObject(node.default);

const isTime = (node: SchemaNode): boolean => node.definition?.endsWith('Time') === true && node.format === 'date-time';

function zeroOf(node: SchemaNode): unknown {
  if (isTime(node) || node.type === 'array' || node.type === undefined) return node.intOrString ? 0 : null;
  if (node.type === 'object') return isStruct(node) ? {} : null;
  if (node.type === 'string') return '';
  return node.type === 'boolean' ? false : 0;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false || value === null || value === undefined;
}

function scalar(value: unknown, node: SchemaNode, report: DecodeReport, place: GoPlace): unknown {
  if (value === null || value === undefined) return value;
  const actual = typeof value;
  if (node.intOrString) {
    const isQuantity = node.definition?.endsWith('Quantity') === true;
    if (isQuantity && (actual === 'number' || actual === 'string')) return canonicalQuantity(String(value));
    if (actual === 'number') return value;
    return actual === 'string' ? value : wrong(actual, node, report, place);
  }
  if (node.format === 'byte' && typeof value === 'string') {
    const bad = value.search(/[^A-Za-z0-9+/=\r\n]/);
    if (bad >= 0) report.typeError ??= `illegal base64 data at input byte ${bad}`;
  }
  if (node.definition?.endsWith('.MicroTime') === true && typeof value === 'string' && !MICRO_TIME.test(value)) {
    report.typeError ??= `parsing time ${JSON.stringify(JSON.stringify(value))} as "2006-01-02T15:04:05.000000Z07:00": cannot parse ${JSON.stringify('Z"')} as ".000000"`;
  }
  const wanted = node.type;
  if (wanted === 'integer' || wanted === 'number') {
    if (actual !== 'number' || (wanted === 'integer' && !Number.isInteger(value))) {
      return wrong(actual === 'number' ? `number ${String(value)}` : actual, node, report, place);
    }
  } else if (
    wanted === 'string' ? actual !== 'string' : wanted === 'boolean' ? actual !== 'boolean' : wanted !== undefined
  ) {
    return wrong(actual === 'boolean' ? 'bool' : actual, node, report, place);
  }
  return value;
}

const MICRO_TIME = /\.\d{6}(Z|[+-]\d\d:\d\d)$/;

function wrong(actual: string, node: SchemaNode, report: DecodeReport, place: GoPlace): undefined {
  const found = actual === 'boolean' ? 'bool' : actual;
  const type = goType(node);
  report.typeError ??= `json: cannot unmarshal ${found} into Go struct field ${place.struct}.${place.path} of type ${type}`;
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
