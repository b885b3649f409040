import { isJsonObject } from '../../../../machinery/json';
import type { GoFields } from './go-types';
import { KINDS } from './kinds';

/** Reads a JSON document from a running kube-apiserver. */
export type ReadServer = (path: string, accept?: string) => Promise<unknown>;

type Json = { readonly [key: string]: unknown };

/** What a server tells of the builtin kinds. */
export interface ServedFacts {
  /** `v1.34.2`. */
  readonly release: string;
  readonly resources: readonly Json[];
  /** OpenAPI definitions without descriptions, by name. */
  readonly definitions: Definitions;
  /** Columns of Tables, by `group/resource`. */
  readonly columns: { readonly [resource: string]: unknown };
}

/** Raw definitions of Go types, by name. */
export type Definitions = { readonly [name: string]: Json };

const REF = '#/components/schemas/';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** Bodies of subresources: no resources of their own. */
const BODIES: readonly string[] = [
  'io.k8s.api.autoscaling.v1.Scale',
  'io.k8s.api.policy.v1.Eviction',
  'io.k8s.api.core.v1.Binding',
  'io.k8s.api.authentication.v1.TokenRequest',
];

export async function servedFacts(read: ReadServer): Promise<ServedFacts> {
  const schemas: { [name: string]: Json } = {};
  const resources: Json[] = [];
  const columns: { [resource: string]: unknown } = {};
  for (const [groupVersion, wanted] of Object.entries(KINDS)) {
    const base = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
    Object.assign(schemas, objects(field(field(await read(`/openapi/v3${base}`), 'components'), 'schemas')));
    const list = maps(field(await read(base), 'resources'));
    for (const name of wanted) {
      const resource = resourceOf(groupVersion, name, list, schemas);
      resources.push(resource);
      const table = list.find((item) => item['name'] === name)?.['verbs'];
      if (!Array.isArray(table) || !table.includes('list')) continue;
      columns[`${String(resource['group'])}/${name}`] = field(
        await read(`${base}/${name}`, TABLE),
        'columnDefinitions',
      );
    }
  }
  const roots = [...resources.map((resource) => String(resource['definition'])), ...BODIES];
  const release = String(field(await read('/version'), 'gitVersion'));
  return { release, resources, definitions: reachable(roots, schemas), columns };
}

function resourceOf(groupVersion: string, name: string, list: readonly Json[], schemas: Definitions): Json {
  const [group = '', version = ''] = groupVersion === 'v1' ? ['', 'v1'] : groupVersion.split('/');
  const found = list.find((item) => item['name'] === name);
  if (found === undefined) throw new Error(`${groupVersion} ${name} is not served`);
  const definition = Object.keys(schemas).find((candidate) =>
    maps(schemas[candidate]?.['x-kubernetes-group-version-kind']).some(
      (gvk) => gvk['kind'] === found['kind'] && gvk['group'] === group && gvk['version'] === version,
    ),
  );
  if (definition === undefined) throw new Error(`${groupVersion} ${name} has no schema`);
  const subresources = list
    .filter((item) => String(item['name']).startsWith(`${name}/`))
    .map((item) => ({
      name: String(item['name']).slice(name.length + 1),
      kind: item['kind'],
      verbs: item['verbs'],
      ...(item['group'] === undefined ? {} : { group: item['group'], version: item['version'] }),
    }));
  return {
    group,
    version,
    resource: name,
    kind: found['kind'],
    singular: found['singularName'],
    namespaced: found['namespaced'],
    verbs: found['verbs'],
    shortNames: found['shortNames'],
    categories: found['categories'],
    subresources,
    definition,
  };
}

/** The definitions that roots lead to, trimmed and sorted. */
function reachable(roots: readonly string[], schemas: Definitions): Definitions {
  const found = new Map<string, Json>();
  const add = (name: string): void => {
    if (found.has(name)) return;
    found.set(name, {});
    found.set(name, trim(schemas[name] ?? {}, add));
  };
  for (const root of roots) add(root);
  return Object.fromEntries([...found].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Unions are not enforced by the server, group-version-kinds are known from the resources. */
const LEFT_OUT: readonly string[] = [
  ...['description', '$ref', 'allOf', 'title'],
  ...['x-kubernetes-unions', 'x-kubernetes-group-version-kind'],
];

function trim(schema: Json, add: (name: string) => void): Json {
  const out: { [keyword: string]: unknown } = {};
  const reference = schema['$ref'] ?? maps(schema['allOf'])[0]?.['$ref'];
  if (typeof reference === 'string') {
    const name = reference.slice(REF.length);
    add(name);
    out['$ref'] = name;
  }
  for (const [keyword, value] of Object.entries(schema)) {
    if (LEFT_OUT.includes(keyword)) continue;
    if (keyword === 'properties') {
      const properties = Object.entries(objects(value)).map(([name, property]) => [name, trim(property, add)]);
      out[keyword] = Object.fromEntries(properties);
    } else if (isJsonObject(value) && (keyword === 'items' || keyword === 'additionalProperties')) {
      out[keyword] = trim(value, add);
    } else out[keyword] = value;
  }
  return out;
}

/** Definitions with what Go's types say of empty fields, which the server does not tell. */
export function withEmptiness(definitions: Definitions, fields: GoFields): Definitions {
  const extended = Object.entries(definitions).map(([name, definition]) => {
    const known = fields.get(name);
    if (known === undefined || definition['properties'] === undefined) return [name, definition];
    const properties = Object.entries(objects(definition['properties'])).map(([field, property]) => {
      const empty = known.get(field);
      return [field, empty === undefined || empty === 'pointer' ? property : { ...property, empty }];
    });
    return [name, { ...definition, properties: Object.fromEntries(properties) }];
  });
  return Object.fromEntries(extended);
}

const field = (value: unknown, name: string): unknown => (isJsonObject(value) ? value[name] : undefined);

const maps = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);

function objects(value: unknown): { readonly [name: string]: Json } {
  const out: { [name: string]: Json } = {};
  for (const [name, item] of Object.entries(isJsonObject(value) ? value : {})) if (isJsonObject(item)) out[name] = item;
  return out;
}
