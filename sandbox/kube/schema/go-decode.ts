import { isJsonObject } from '../../../machinery/json';
import { corruptByte } from './go-base64';
import { keptTime, timeFault } from './go-time';
import { type GoDecoder, type GoPlace, isTime, wrongTypeWords } from './go-words';
import type { SchemaNode } from './node';
import { canonicalQuantity, parseQuantity } from './quantity';
import type { StrictFault } from './strict-faults';

/** What a decoder noticed beside the value it made. */
export interface DecodeReport {
  /** Fields the type does not have, and those of {@link twice}, in the order of the object. */
  readonly faults: StrictFault[];
  /** Paths that the text of the object names twice. */
  readonly twice?: ReadonlySet<string> | undefined;
  /** Whose words {@link typeError} has. @default 'json' */
  readonly decoder?: GoDecoder | undefined;
  /** The first value of a wrong type, in the words of Go's decoder. */
  typeError?: string | undefined;
}

type Plain = { [key: string]: unknown };

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
    if (node.type !== 'array') return wrong(value, node, report, place);
    const { items } = node;
    return items === undefined
      ? value
      : value.map((item, index) => goDecode(item ?? zeroOf(items), items, report, `${path}[${index}]`, place));
  }
  if (isJsonObject(value)) {
    if (node.type !== 'object') return wrong(value, node, report, place);
    const { additionalProperties } = node;
    if (additionalProperties === undefined || node.properties.size > 0) return struct(value, node, report, path, place);
    const out: Plain = {};
    for (const [key, item] of Object.entries(value)) {
      noteTwice(join(path, key), report);
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
      report.faults.push({ what: 'unknown', path: join(path, name) });
      continue;
    }
    noteTwice(join(path, name), report);
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

function noteTwice(path: string, { twice, faults }: DecodeReport): void {
  if (twice?.has(path) === true) faults.push({ what: 'duplicate', path });
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

const MAX_INT32 = 2 ** 31 - 1;
const QUANTITY_WORDS = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

function scalar(value: unknown, node: SchemaNode, report: DecodeReport, place: GoPlace): unknown {
  if (value === null || value === undefined) return value;
  if (node.definition?.endsWith('.Quantity') === true) return quantity(value, report);
  const fits = node.intOrString ? typeof value === 'string' || isInt32(value) : fitsType(value, node, report);
  if (!fits) return wrong(value, node, report, place);
  if (typeof value === 'string') {
    if (node.format === 'byte') return bytes(value, report);
    if (isTime(node)) return time(value, node.definition?.endsWith('.MicroTime') === true, report);
  }
  return report.decoder === 'converter' && node.format === 'int32' ? Number(value) | 0 : value;
}

function fitsType(value: unknown, node: SchemaNode, { decoder }: DecodeReport): boolean {
  switch (node.type) {
    case 'integer':
      // The converter lets an int32 overflow.
      if (node.format === 'int64' || decoder === 'converter') return Number.isInteger(value);
      return isInt32(value);
    case 'number':
    case 'string':
    case 'boolean':
      return typeof value === node.type;
    default:
      return node.type === undefined;
  }
}

const isInt32 = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value <= MAX_INT32 && value >= -MAX_INT32 - 1;

function quantity(value: unknown, report: DecodeReport): unknown {
  const text = String(value);
  if ((typeof value !== 'number' && typeof value !== 'string') || parseQuantity(text) === undefined) {
    report.typeError ??= QUANTITY_WORDS;
  }
  return canonicalQuantity(text);
}

function time(value: string, isMicro: boolean, report: DecodeReport): string {
  const fault = timeFault(value, isMicro);
  report.typeError ??= fault;
  return fault === undefined ? keptTime(value, isMicro) : value;
}

function bytes(value: string, report: DecodeReport): string {
  const corrupt = corruptByte(value);
  const origin = report.decoder === 'converter' ? 'error decoding from json: ' : '';
  if (corrupt !== undefined) report.typeError ??= `${origin}illegal base64 data at input byte ${corrupt}`;
  return Buffer.from(value, 'base64').toString('base64');
}

function wrong(value: unknown, node: SchemaNode, report: DecodeReport, place: GoPlace): undefined {
  report.typeError ??= wrongTypeWords(value, node, place, report.decoder ?? 'json');
  return undefined;
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
