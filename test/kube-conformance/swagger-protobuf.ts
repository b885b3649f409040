import { parse } from 'yaml';

/**
 * What a document of OpenAPI v2 says in gnostic's protobuf, as far as clients that look for a kind need it. Field
 * numbers are those of `openapiv2/OpenAPIv2.proto`.
 */
export class SwaggerProtobuf {
  readonly #document: Message;

  constructor(bytes: Buffer) {
    this.#document = fieldsOf(bytes);
  }

  get swagger(): string {
    return text(this.#document, 1);
  }

  /** Properties of a definition, with the type or the reference of each; undefined: no such definition. */
  properties(definition: string): object | undefined {
    const found = namedIn(this.#document, 9, 1).get(definition);
    if (found === undefined) return undefined;
    const properties = [...namedIn(found, 25, 1)].map(([name, property]) => {
      const type = text(message(property, 22), 1);
      const format = text(property, 2);
      return [name, [text(property, 1), type, format].filter((word) => word !== '').join(' ')];
    });
    return Object.fromEntries(properties.sort(([left = ''], [right = '']) => (left < right ? -1 : 1)));
  }

  /** A vendor extension of a definition, as written. */
  extension(definition: string, name: string): unknown {
    const found = namedIn(this.#document, 9, 1).get(definition);
    return found === undefined ? undefined : extensionOf(found, 31, name);
  }

  /** The kind that a PATCH at a path changes, and the parameters of its query that are written in place. */
  patch(path: string): object | undefined {
    const item = namedIn(this.#document, 8, 2).get(path);
    if (item === undefined) return undefined;
    const operation = message(item, 8);
    const queries = (operation.get(8) ?? [])
      .map((item) => text(message(message(message(fieldsOf(item), 1), 2), 3), 4))
      .filter((name) => name === 'dryRun' || name === 'fieldValidation');
    return { kind: extensionOf(operation, 13, 'x-kubernetes-group-version-kind'), queries: queries.sort() };
  }
}

type Message = ReadonlyMap<number, readonly Buffer[]>;

function extensionOf(parent: Message, field: number, name: string): unknown {
  const extension = (parent.get(field) ?? []).map(fieldsOf).find((item) => text(item, 1) === name);
  // Written as YAML, by the sandbox as the part of it that is JSON.
  return extension === undefined ? undefined : parse(text(message(extension, 2), 2));
}

/** Entries of a map, which is a message around them. */
function namedIn(parent: Message, field: number, entries: number): ReadonlyMap<string, Message> {
  const items = (message(parent, field).get(entries) ?? []).map(fieldsOf);
  return new Map(items.map((item) => [text(item, 1), message(item, 2)]));
}

const message = (parent: Message, field: number): Message => fieldsOf(parent.get(field)?.[0] ?? Buffer.alloc(0));
const text = (parent: Message, field: number): string => parent.get(field)?.[0]?.toString('utf8') ?? '';

/** Fields with a length; numbers are skipped. */
function fieldsOf(bytes: Buffer): Message {
  const fields = new Map<number, Buffer[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag % 8 === 0) varint();
    else if (tag % 8 === 1) at += 8;
    else if (tag % 8 === 2) {
      const length = varint();
      const number = Math.floor(tag / 8);
      fields.set(number, [...(fields.get(number) ?? []), bytes.subarray(at, at + length)]);
      at += length;
    } else throw new Error(`wire type ${tag % 8} at ${at}`);
  }
  return fields;
}
