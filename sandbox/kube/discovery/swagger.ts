import { isJsonObject } from '../../../machinery/json';

type Json = { [key: string]: unknown };

/** Documents of OpenAPI v3 as one of v2, as the real server tells v2: without what only v3 can say. */
export function swaggerOf(documents: readonly Json[]): Json {
  const definitions: Json = {};
  const paths: Json = {};
  let info: unknown;
  for (const document of documents) {
    info = document['info'];
    const schemas = objectAt(objectAt(document, 'components'), 'schemas');
    for (const [name, schema] of Object.entries(schemas)) definitions[name] = swaggerSchema(schema);
    for (const [path, item] of Object.entries(objectAt(document, 'paths'))) paths[path] = swaggerPath(path, item);
  }
  return { swagger: '2.0', info, paths, definitions };
}

const objectAt = (parent: Json, field: string): Json => {
  const value = parent[field];
  return isJsonObject(value) ? value : {};
};

/** What both versions say of a value in the same words, but for what schemas are made of. */
const KEYWORDS: readonly string[] = [
  ...['format', 'title', 'description', 'required', 'enum', 'pattern', 'uniqueItems', 'multipleOf'],
  ...['maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'],
  ...['maxLength', 'minLength', 'maxItems', 'minItems', 'maxProperties', 'minProperties'],
];

function swaggerSchema(schema: unknown): Json {
  if (!isJsonObject(schema)) return {};
  const reference = referenceOf(schema);
  if (reference !== undefined) return { ...wordsOf(schema), $ref: reference };
  const out = wordsOf(schema);
  // What may be null, or hold more than its fields, can only be told as any value.
  if (schema['nullable'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true) return out;
  const type = typeOf(schema);
  if (type !== undefined) out['type'] = type;
  if (isJsonObject(schema['items'])) out['items'] = swaggerSchema(schema['items']);
  if (isJsonObject(schema['properties']) && type === 'object') {
    const properties = Object.entries(schema['properties']);
    out['properties'] = Object.fromEntries(properties.map(([name, property]) => [name, swaggerSchema(property)]));
  }
  const more = schema['additionalProperties'];
  if (more !== undefined) out['additionalProperties'] = isJsonObject(more) ? swaggerSchema(more) : more;
  return out;
}

function wordsOf(schema: Json): Json {
  const words = Object.entries(schema).filter(([key]) => KEYWORDS.includes(key) || key.startsWith('x-kubernetes-'));
  return Object.fromEntries(words);
}

function referenceOf(schema: Json): string | undefined {
  const [only] = Array.isArray(schema['allOf']) ? schema['allOf'] : [];
  const reference: unknown = schema['$ref'] ?? (isJsonObject(only) ? only['$ref'] : undefined);
  return typeof reference === 'string' ? reference.replace('#/components/schemas/', '#/definitions/') : undefined;
}

function typeOf(schema: Json): unknown {
  if (schema['x-kubernetes-int-or-string'] === true) return undefined;
  // Builtin types that are text or a number are told as text.
  if (schema['type'] === undefined && Array.isArray(schema['oneOf'])) return 'string';
  return schema['type'] === 'array' && !isJsonObject(schema['items']) ? undefined : schema['type'];
}

function swaggerPath(path: string, item: unknown): Json {
  const operations = Object.entries(isJsonObject(item) ? item : {});
  const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    type: 'string',
    uniqueItems: true,
  }));
  return {
    ...Object.fromEntries(operations.map(([method, operation]) => [method, swaggerOperation(operation)])),
    ...(placeholders.length === 0 ? {} : { parameters: placeholders }),
  };
}

function swaggerOperation(operation: unknown): Json {
  if (!isJsonObject(operation)) return {};
  const { requestBody, responses, parameters, ...rest } = operation;
  const bodies = Object.entries(isJsonObject(requestBody) ? objectAt(requestBody, 'content') : {});
  const [body] = bodies.map(([, content]) => swaggerContent(content));
  const queries = Array.isArray(parameters) ? parameters.filter(isJsonObject) : [];
  return {
    ...rest,
    ...(bodies.length === 0 ? {} : { consumes: bodies.map(([type]) => type) }),
    produces: ['application/json', 'application/yaml'],
    parameters: [
      ...(body === undefined ? [] : [{ name: 'body', in: 'body', required: true, ...body }]),
      ...queries.map(({ schema, ...parameter }) => ({ ...parameter, ...(isJsonObject(schema) ? schema : {}) })),
    ],
    responses: Object.fromEntries(
      Object.entries(isJsonObject(responses) ? responses : {}).map(([code, response]) => [
        code,
        swaggerResponse(isJsonObject(response) ? response : {}),
      ]),
    ),
  };
}

function swaggerResponse({ content, ...response }: Json): Json {
  const [first] = Object.values(isJsonObject(content) ? content : {});
  return { ...response, ...swaggerContent(first) };
}

const swaggerContent = (content: unknown): Json =>
  isJsonObject(content) ? { schema: swaggerSchema(content['schema']) } : {};
