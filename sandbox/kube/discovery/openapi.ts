import { createHash } from 'node:crypto';
import { isJsonObject } from '../../../machinery/json';
import { goDefinitions } from '../builtins/catalog';
import catalog from '../builtins/catalog.json';
import type { Registry } from '../registry/registry';
import type { ResourceDefinition, VersionDefinition } from '../registry/resource';
import { swaggerOf } from './swagger';

type Json = { [key: string]: unknown };

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const PATCH_TYPES = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];

/** OpenAPI v3, one document per group and version: what `kubectl explain`, `apply` and `edit` read. */
export class OpenApiDocuments {
  #generation = -1;
  #documents = new Map<string, { readonly text: string; readonly hash: string }>();

  constructor(private readonly registry: Registry) {}

  /** `/openapi/v3`. */
  index(): object {
    const paths: Json = {};
    for (const [path, { hash }] of this.#current())
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
    return { paths };
  }

  /** `/openapi/v3/<path>` as JSON text. */
  document(path: string): string | undefined {
    return this.#current().get(path)?.text;
  }

  /** `/openapi/v2` as an object. */
  v2(): object {
    return swaggerOf([...this.#current().values()].map(({ text }) => JSON.parse(text) as Json));
  }

  #current(): ReadonlyMap<string, { readonly text: string; readonly hash: string }> {
    if (this.#generation === this.registry.generation) return this.#documents;
    const byPath = new Map<string, Served[]>();
    for (const resource of this.registry.all()) {
      for (const version of resource.versions) {
        if (!version.served) continue;
        const path = resource.group === '' ? `api/${version.name}` : `apis/${resource.group}/${version.name}`;
        byPath.set(path, [...(byPath.get(path) ?? []), { resource, version }]);
      }
    }
    this.#documents = new Map();
    for (const [path, served] of byPath) {
      const text = JSON.stringify(documentOf(path, served));
      this.#documents.set(path, { text, hash: createHash('sha256').update(text).digest('hex').toUpperCase() });
    }
    this.#generation = this.registry.generation;
    return this.#documents;
  }
}

interface Served {
  readonly resource: ResourceDefinition;
  readonly version: VersionDefinition;
}

function documentOf(path: string, served: readonly Served[]): object {
  const schemas: Json = {};
  const paths: Json = {};
  for (const entry of served) {
    const name = schemaName(entry);
    addSchema(schemas, entry, name);
    Object.assign(paths, pathsOf(path, entry, name));
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.2' },
    paths,
    components: { schemas },
  };
}

/** Catalog entries by `group/version/resource`, for the names of Go types. */
const definitionNames = new Map(
  catalog.resources.map((entry) => [`${entry.group}/${entry.version}/${entry.resource}`, entry.definition]),
);

function schemaName({ resource, version }: Served): string {
  const builtin = definitionNames.get(`${resource.group}/${version.name}/${resource.resource}`);
  if (builtin !== undefined) return builtin;
  return `${resource.group.split('.').reverse().join('.')}.${version.name}.${resource.kind}`;
}

function addSchema(schemas: Json, entry: Served, name: string): void {
  const kind = {
    group: entry.resource.group,
    version: entry.version.name,
    kind: entry.resource.kind,
  };
  if (entry.resource.isCustom) {
    addGoType(schemas, OBJECT_META);
    const { raw } = entry.version.schema;
    const properties = isJsonObject(raw['properties']) ? raw['properties'] : {};
    schemas[name] = {
      ...published(raw),
      properties: {
        ...Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, published(value)])),
        apiVersion: { type: 'string', description: API_VERSION },
        kind: { type: 'string', description: KIND },
        metadata: { allOf: [{ $ref: `#/components/schemas/${OBJECT_META}` }], description: METADATA },
      },
      'x-kubernetes-group-version-kind': [kind],
    };
  } else {
    addGoType(schemas, name);
    schemas[name] = { ...(schemas[name] as Json), 'x-kubernetes-group-version-kind': [kind] };
  }
}

// Every kind's words for these fields.
const CONVENTIONS = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';
const API_VERSION = `APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: ${CONVENTIONS}#resources`;
const KIND = `Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: ${CONVENTIONS}#types-kinds`;
const METADATA = `Standard object's metadata. More info: ${CONVENTIONS}#metadata`;

function addGoType(schemas: Json, name: string): void {
  if (schemas[name] !== undefined) return;
  schemas[name] = {};
  schemas[name] = published(goDefinitions[name] ?? {}, (reference) => addGoType(schemas, reference));
}

/** A schema as OpenAPI v3 shows it: references spelled out, our own keywords left out. */
function published(schema: unknown, onReference: (name: string) => void = () => undefined): Json {
  if (!isJsonObject(schema)) return {};
  const out: Json = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'empty') continue;
    if (key === '$ref' && typeof value === 'string') {
      onReference(value);
      out['allOf'] = [{ $ref: `#/components/schemas/${value}` }];
    } else if (key === 'properties' && isJsonObject(value)) {
      out[key] = Object.fromEntries(Object.entries(value).map(([name, item]) => [name, published(item, onReference)]));
    } else if ((key === 'items' || key === 'additionalProperties' || key === 'not') && isJsonObject(value)) {
      out[key] = published(value, onReference);
    } else out[key] = value;
  }
  if (schema['x-kubernetes-int-or-string'] === true && schema['anyOf'] === undefined) {
    out['anyOf'] = [{ type: 'integer' }, { type: 'string' }];
  }
  return out;
}

const parameter = (name: string, type = 'string'): Json => ({ name, in: 'query', schema: { type, uniqueItems: true } });
const WRITE_PARAMETERS = [parameter('dryRun'), parameter('fieldManager'), parameter('fieldValidation')];

/** Enough of the paths for clients that look for patch types and for server-side field validation. */
function pathsOf(base: string, { resource, version }: Served, schema: string): Json {
  const collection = `/${base}/${resource.namespaced ? 'namespaces/{namespace}/' : ''}${resource.resource}`;
  const kind = { group: resource.group, version: version.name, kind: resource.kind };
  const body = { schema: { $ref: `#/components/schemas/${schema}` } };
  const operation = (action: string, extra: Json = {}): Json => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kind,
    responses: { 200: { description: 'OK', content: { 'application/json': body } } },
    ...extra,
  });
  const patchTypes = resource.isCustom ? PATCH_TYPES : [...PATCH_TYPES, 'application/strategic-merge-patch+json'];
  const patch = operation('patch', {
    parameters: [...WRITE_PARAMETERS, parameter('force', 'boolean')],
    requestBody: { content: Object.fromEntries(patchTypes.map((type) => [type, { schema: { type: 'object' } }])) },
  });
  const write = { parameters: WRITE_PARAMETERS, requestBody: { content: { 'application/json': body } } };
  if (!resource.verbs.includes('get')) return { [collection]: { post: operation('post', write) } };
  return {
    [collection]: { get: operation('list'), post: operation('post', write), delete: operation('deletecollection') },
    [`${collection}/{name}`]: {
      get: operation('get'),
      put: operation('put', write),
      delete: operation('delete'),
      patch,
    },
  };
}
