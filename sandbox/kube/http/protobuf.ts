import { isJsonObject } from '../../../machinery/json';
import { goDefinitions } from '../builtins/catalog';
import tables from '../builtins/protobuf.json';

/** The wire format of typed Go clients, read into JSON. Answers are always JSON, which those clients accept. */

const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

interface Field {
  readonly name: string;
  readonly type: string;
  /** `inline`: JSON writes the fields of the message in place of it. */
  readonly shape: 'one' | 'list' | 'map' | 'inline';
}

type Plain = { [key: string]: unknown };

const messages = new Map<string, ReadonlyMap<number, Field>>();

function fieldsOf(message: string): ReadonlyMap<number, Field> | undefined {
  const known = messages.get(message);
  if (known !== undefined) return known;
  const rows = (tables as { readonly [message: string]: readonly string[] })[message];
  if (rows === undefined) return undefined;
  const fields = new Map<number, Field>();
  for (const row of rows) {
    const [number = '', name = '', type = ''] = row.split(' ');
    fields.set(Number(number), fieldOf(name, type, propertiesOf(message)));
  }
  messages.set(message, fields);
  return fields;
}

/** The names that JSON has for the fields of a message; undefined: for messages that it does not know. */
function propertiesOf(message: string): readonly string[] | undefined {
  const properties = goDefinitions[message]?.['properties'];
  return isJsonObject(properties) ? Object.keys(properties) : undefined;
}

/** Names in protobuf are told from Go's names, those in JSON are chosen: `uID` is `uid`, and embedded structs have none. */
function fieldOf(name: string, type: string, properties: readonly string[] | undefined): Field {
  const written = properties?.find((property) => property.toLowerCase() === name.toLowerCase());
  if (properties !== undefined && written === undefined && type in tables) return { name, type, shape: 'inline' };
  const shape = type.startsWith('*') ? 'list' : type.startsWith('{}') ? 'map' : 'one';
  return { name: written ?? name, type: type.replace(/^(\*|\{\})/, ''), shape };
}

/** Reads tags, lengths and numbers. @throws Error when the bytes end early */
class Reader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isDone(): boolean {
    return this.#at >= this.bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined || shift > 63n) throw new Error('unexpected end of protobuf');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
  }

  chunk(length: number): Buffer {
    if (length < 0 || this.#at + length > this.bytes.length) throw new Error('unexpected end of protobuf');
    const part = this.bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  /** The next field: its number and its value, a number or bytes. */
  field(): { readonly number: number; readonly value: bigint | Buffer } {
    const tag = Number(this.varint());
    const number = tag >> 3;
    switch (tag & 7) {
      case 0:
        return { number, value: this.varint() };
      case 1:
        return { number, value: this.chunk(8) };
      case 2:
        return { number, value: this.chunk(Number(this.varint())) };
      case 5:
        return { number, value: this.chunk(4) };
      default:
        throw new Error(`protobuf wire type ${tag & 7} is not supported`);
    }
  }
}

/**
 * Decodes a body with the Kubernetes envelope.
 * @param definitionOf the message of a kind
 * @throws Error when it is none, or its kind has no table
 */
export function decodeProtobuf(
  bytes: Buffer,
  definitionOf: (apiVersion: string, kind: string) => string | undefined,
): Plain {
  if (!bytes.subarray(0, 4).equals(MAGIC))
    throw new Error('the body does not start with the mark of Kubernetes protobuf');
  let apiVersion = '';
  let kind = '';
  let raw: Buffer = Buffer.alloc(0);
  const envelope = new Reader(bytes.subarray(4));
  while (!envelope.isDone) {
    const { number, value } = envelope.field();
    if (typeof value === 'bigint') continue;
    if (number === 2) raw = value;
    if (number !== 1) continue;
    const type = new Reader(value);
    while (!type.isDone) {
      const part = type.field();
      if (part.number === 1) apiVersion = String(part.value);
      else if (part.number === 2) kind = String(part.value);
    }
  }
  const definition = definitionOf(apiVersion, kind);
  if (definition === undefined || fieldsOf(definition) === undefined) {
    throw new Error(`no kind ${JSON.stringify(kind)} of ${JSON.stringify(apiVersion)} is known in protobuf`);
  }
  return { ...decodeMessage(raw, definition), apiVersion, kind };
}

function decodeMessage(bytes: Buffer, message: string): Plain {
  const fields = fieldsOf(message);
  const out: Plain = {};
  const reader = new Reader(bytes);
  while (!reader.isDone) {
    const { number, value } = reader.field();
    const field = fields?.get(number);
    if (field === undefined) continue;
    if (field.shape === 'map') {
      const [key, item] = decodeEntry(value, field.type);
      out[field.name] = { ...(out[field.name] as Plain | undefined), [key]: item };
    } else if (field.shape === 'list') {
      const list = (out[field.name] as unknown[] | undefined) ?? [];
      list.push(decodeValue(value, field.type));
      out[field.name] = list;
    } else if (field.shape === 'inline') Object.assign(out, decodeValue(value, field.type));
    else out[field.name] = decodeValue(value, field.type);
  }
  return out;
}

function decodeEntry(value: bigint | Buffer, type: string): [string, unknown] {
  let key = '';
  let item: unknown = type === 'string' ? '' : undefined;
  if (typeof value !== 'bigint') {
    const reader = new Reader(value);
    while (!reader.isDone) {
      const part = reader.field();
      if (part.number === 1) key = String(part.value);
      else if (part.number === 2) item = decodeValue(part.value, type);
    }
  }
  return [key, item];
}

function decodeValue(value: bigint | Buffer, type: string): unknown {
  if (typeof value === 'bigint') return type === 'bool' ? value !== 0n : Number(value);
  switch (type) {
    case 'string':
      return value.toString('utf8');
    case 'bytes':
      return value.toString('base64');
    case 'double':
      return value.readDoubleLE(0);
    case `${META}.Time`:
    case `${META}.MicroTime`:
      return time(value, type.endsWith('MicroTime'));
    case `${META}.FieldsV1`:
    case 'io.k8s.apimachinery.pkg.runtime.RawExtension':
      return rawJson(value);
    case 'io.k8s.apimachinery.pkg.api.resource.Quantity':
      return only(value)[1] ?? '0';
    case 'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
      const parts = numbered(value);
      return Number(parts.get(1) ?? 0n) === 1 ? String(parts.get(3) ?? '') : Number(parts.get(2) ?? 0n);
    }
    default:
      return isList(type) ? (decodeMessage(value, type)['items'] ?? []) : decodeMessage(value, type);
  }
}

/** Named list types (`ExtraValue`) are a message around their items. */
const isList = (type: string): boolean => type.endsWith('.ExtraValue') || type.endsWith('.Verbs');

function numbered(bytes: Buffer): Map<number, bigint | Buffer> {
  const parts = new Map<number, bigint | Buffer>();
  const reader = new Reader(bytes);
  while (!reader.isDone) {
    const { number, value } = reader.field();
    parts.set(number, value);
  }
  return parts;
}

const only = (bytes: Buffer): { readonly [number: number]: string } =>
  Object.fromEntries([...numbered(bytes)].map(([number, value]) => [number, String(value)]));

function time(bytes: Buffer, isMicro: boolean): string | null {
  const parts = numbered(bytes);
  const seconds = Number(parts.get(1) ?? 0n);
  // Go's zero time is before the common era; JSON writes it as null.
  if (!parts.has(1) || seconds < -62_000_000_000) return null;
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  const micros = String(Math.trunc(Number(parts.get(2) ?? 0n) / 1000)).padStart(6, '0');
  return isMicro ? `${text}.${micros}Z` : `${text}Z`;
}

function rawJson(bytes: Buffer): unknown {
  const raw = numbered(bytes).get(1);
  return raw === undefined || typeof raw === 'bigint' || raw.length === 0
    ? null
    : (JSON.parse(raw.toString('utf8')) as unknown);
}
