import { isJsonObject } from '../../../machinery/json';
import type { SchemaNode } from './node';

/** How Go's JSON decoder names a place: the innermost struct, and the fields from the root, without indexes and keys. */
export interface GoPlace {
  readonly struct: string;
  readonly path: string;
}

/**
 * Which of Go's decoders reads: the one of JSON text, or the converter of values that a strategic merge patch goes
 * through.
 */
export type GoDecoder = 'json' | 'converter';

/** What a decoder says of a value that is not of its type. */
export function wrongTypeWords(value: unknown, node: SchemaNode, place: GoPlace, decoder: GoDecoder): string {
  if (decoder === 'converter') return converterWords(value, node);
  const target = place.struct === '' ? 'value' : `struct field ${place.struct}.${place.path}`;
  return `json: cannot unmarshal ${jsonKind(value, node)} into Go ${target} of type ${goType(node)}`;
}

function converterWords(value: unknown, node: SchemaNode): string {
  // Types that read JSON themselves.
  if (node.intOrString || isTime(node)) {
    return `json: cannot unmarshal ${jsonKind(value, node)} into Go value of type ${goType(node)}`;
  }
  const kind = reflectKind(value);
  if (node.type === 'array' || node.format === 'byte') return `cannot restore slice from ${kind}`;
  if (node.type === 'object') {
    return node.properties.size > 0 ? `cannot restore struct from: ${kind}` : `cannot restore map from ${kind}`;
  }
  const type = goType(node);
  const converts = (kind === 'int64' && type === 'string') || (kind === 'float64' && type.startsWith('int'));
  return converts ? `cannot convert ${kind} to ${type}` : `unrecognized type: ${type}`;
}

/** What a decoder calls a value. A number counts by its value only where the type is one of integers. */
export function jsonKind(value: unknown, node?: SchemaNode): string {
  if (Array.isArray(value)) return 'array';
  if (isJsonObject(value)) return 'object';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'number') return typeof value;
  return node?.type === 'integer' || node?.intOrString === true ? `number ${value}` : 'number';
}

function reflectKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (isJsonObject(value)) return 'map';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value;
}

function goType(node: SchemaNode): string {
  if (isTime(node)) return 'string';
  if (node.intOrString) return 'int32';
  if (node.format === 'byte') return '[]uint8';
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

export const isTime = (node: SchemaNode): boolean =>
  node.definition?.endsWith('Time') === true && node.format === 'date-time';

/** Go's `%v`. */
export function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (!isJsonObject(value)) return value === null ? '<nil>' : String(value);
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${key}:${goValue(value[key])}`);
  return `map[${entries.join(' ')}]`;
}

/** Go's `%#v` of a JSON value. */
export function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (isJsonObject(value)) {
    const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
    return `map[string]interface {}{${entries.map(([key, item]) => `${JSON.stringify(key)}:${goSyntax(item)}`).join(', ')}}`;
  }
  if (value === null) return 'interface {}(nil)';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
