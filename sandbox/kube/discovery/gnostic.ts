import { isJsonObject } from '../../../machinery/json';

/**
 * OpenAPI v2 in the protobuf of gnostic (`openapiv2/OpenAPIv2.proto`), the one form in which kubectl, Helm and Argo CD
 * ask for it. Field numbers of what our document says; what it does not say has none here.
 */

const VARINT = 0;
const FIXED64 = 1;
const CHUNK = 2;

/** Writes a value as the content of a field. */
type Codec = (value: unknown) => { readonly wire: number; readonly content: Buffer };

interface Fields {
  readonly [name: string]: readonly [number: number, codec: Codec];
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

function field(number: number, codec: Codec, value: unknown): Buffer {
  const { wire, content } = codec(value);
  const tag = varint(number * 8 + wire);
  return wire === CHUNK ? Buffer.concat([tag, varint(content.length), content]) : Buffer.concat([tag, content]);
}

const chunk = (content: Buffer) => ({ wire: CHUNK, content });

const text: Codec = (value) => chunk(Buffer.from(String(value)));
const bool: Codec = (value) => ({ wire: VARINT, content: varint(value === true ? 1 : 0) });
const int: Codec = (value) => ({ wire: VARINT, content: varint(Math.trunc(Number(value))) });

const double: Codec = (value) => {
  const content = Buffer.alloc(8);
  content.writeDoubleLE(Number(value));
  return { wire: FIXED64, content };
};

/** A message around one field. */
const wrapped =
  (number: number, codec: Codec): Codec =>
  (value) =>
    chunk(field(number, codec, value));

/** Any value, as YAML, of which JSON is a part. */
const any: Codec = (value) => wrapped(2, text)(JSON.stringify(value));

/** A map: a message of entries, each with its name. */
const named =
  (number: number, codec: Codec): Codec =>
  (value) => {
    const entry: Codec = (item) => {
      const [name, content] = item as [string, unknown];
      return chunk(Buffer.concat([field(1, text, name), field(2, codec, content)]));
    };
    return chunk(Buffer.concat(Object.entries(Object(value)).map((item) => field(number, entry, item))));
  };

/** A message. Of a list, each item is a field; names with `x-` are vendor extensions. */
const message =
  (fields: Fields, extensions: number): Codec =>
  (value) => {
    const parts: Buffer[] = [];
    for (const [name, content] of Object.entries(Object(value))) {
      const known = fields[name];
      if (known !== undefined) {
        for (const item of Array.isArray(content) ? content : [content]) parts.push(field(...known, item));
      } else if (name.startsWith('x-')) {
        parts.push(field(extensions, extension, [name, content]));
      } else throw new Error(`OpenAPI v2 of the sandbox has no place for ${JSON.stringify(name)}`);
    }
    return chunk(Buffer.concat(parts));
  };

const extension: Codec = (item) => {
  const [name, content] = item as [string, unknown];
  return chunk(Buffer.concat([field(1, text, name), field(2, any, content)]));
};

// A schema is made of schemas.
const schema: Codec = (value) => SCHEMA(value);

const SCHEMA = message(
  {
    $ref: [1, text],
    format: [2, text],
    title: [3, text],
    description: [4, text],
    multipleOf: [6, double],
    maximum: [7, double],
    exclusiveMaximum: [8, bool],
    minimum: [9, double],
    exclusiveMinimum: [10, bool],
    maxLength: [11, int],
    minLength: [12, int],
    pattern: [13, text],
    maxItems: [14, int],
    minItems: [15, int],
    uniqueItems: [16, bool],
    maxProperties: [17, int],
    minProperties: [18, int],
    required: [19, text],
    enum: [20, any],
    additionalProperties: [21, (value) => (isJsonObject(value) ? wrapped(1, schema) : wrapped(2, bool))(value)],
    type: [22, wrapped(1, text)],
    items: [23, wrapped(1, schema)],
    properties: [25, named(1, schema)],
  },
  31,
);

const BODY = message(
  { description: [1, text], name: [2, text], in: [3, text], required: [4, bool], schema: [5, schema] },
  6,
);
const OF_ALL: Fields = { required: [1, bool], in: [2, text], description: [3, text], name: [4, text] };
const QUERY = message({ ...OF_ALL, type: [6, text], uniqueItems: [20, bool] }, 23);
const PATH = message({ ...OF_ALL, type: [5, text], uniqueItems: [19, bool] }, 22);

const parameter: Codec = (value) => {
  const place = isJsonObject(value) ? value['in'] : undefined;
  const codec =
    place === 'body' ? wrapped(1, BODY) : wrapped(2, place === 'path' ? wrapped(4, PATH) : wrapped(3, QUERY));
  return wrapped(1, codec)(value);
};

const RESPONSE = message({ description: [1, text], schema: [2, wrapped(1, schema)] }, 5);
const OPERATION = message(
  {
    produces: [6, text],
    consumes: [7, text],
    parameters: [8, parameter],
    responses: [9, named(1, wrapped(1, RESPONSE))],
  },
  13,
);
const PATH_ITEM = message(
  {
    get: [2, OPERATION],
    put: [3, OPERATION],
    post: [4, OPERATION],
    delete: [5, OPERATION],
    patch: [8, OPERATION],
    parameters: [9, parameter],
  },
  10,
);
const DOCUMENT = message(
  {
    swagger: [1, text],
    info: [2, message({ title: [1, text], version: [2, text] }, 7)],
    paths: [8, named(2, PATH_ITEM)],
    definitions: [9, named(1, schema)],
  },
  16,
);

/** Encodes a document of OpenAPI v2. */
export const encodeSwagger = (document: object): Buffer => DOCUMENT(document).content;
