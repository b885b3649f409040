import { isJsonObject } from '../../../machinery/json';
import { fieldNode, type SchemaNode } from './node';

/** JSON as CEL sees it: integers are BigInt (CEL's int), property names that are no CEL identifiers are escaped. */
export function celValue(value: unknown, node: SchemaNode | undefined): unknown {
  if (typeof value === 'number') {
    const isDouble = node?.type === 'number';
    return !isDouble && Number.isInteger(value) ? BigInt(value) : value;
  }
  if (typeof value === 'string') return dateOf(value, node) ?? value;
  if (Array.isArray(value)) return value.map((item) => celValue(item, node?.items));
  if (!isJsonObject(value)) return value;
  const out: { [key: string]: unknown } = {};
  for (const [name, item] of Object.entries(value)) {
    const isProperty = node?.properties.has(name) === true;
    out[isProperty ? escapeName(name) : name] = celValue(item, node === undefined ? undefined : fieldNode(node, name));
  }
  return out;
}

function dateOf(value: string, node: SchemaNode | undefined): Date | undefined {
  if (node?.format !== 'date-time' || node.isGoType) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : new Date(time);
}

const RESERVED: readonly string[] = [
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
];

/** A property's name, from what CEL calls it. */
export function unescapeName(name: string): string {
  const reserved = /^__(\w+)__$/.exec(name)?.[1];
  if (reserved !== undefined && RESERVED.includes(reserved)) return reserved;
  return name
    .replace(/__dot__/g, '.')
    .replace(/__dash__/g, '-')
    .replace(/__slash__/g, '/')
    .replace(/__underscores__/g, '__');
}

function escapeName(name: string): string {
  if (RESERVED.includes(name)) return `__${name}__`;
  return name
    .replace(/__/g, '__underscores__')
    .replace(/\./g, '__dot__')
    .replace(/-/g, '__dash__')
    .replace(/\//g, '__slash__');
}
