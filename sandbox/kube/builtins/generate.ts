/**
 * Rewrites `catalog.json`, the facts about builtin kinds (names, field types, list types, patch keys, which Go fields
 * are written when empty), from a running kube-apiserver and the Go types of the same release.
 *
 *     node --require tsx/cjs sandbox/kube/builtins/generate.ts https://127.0.0.1:6443 TOKEN $(go env GOMODCACHE)/k8s.io
 *
 * Descriptions are left out. Set NODE_TLS_REJECT_UNAUTHORIZED=0 for a test server with its own certificate.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../../../machinery/json';

const KINDS: { readonly [groupVersion: string]: readonly string[] } = {
  v1: [
    'configmaps',
    'endpoints',
    'events',
    'limitranges',
    'namespaces',
    'nodes',
    'persistentvolumeclaims',
    'persistentvolumes',
    'pods',
    'replicationcontrollers',
    'resourcequotas',
    'secrets',
    'serviceaccounts',
    'services',
  ],
  'admissionregistration.k8s.io/v1': ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
  'apiextensions.k8s.io/v1': ['customresourcedefinitions'],
  'apps/v1': ['controllerrevisions', 'daemonsets', 'deployments', 'replicasets', 'statefulsets'],
  'authentication.k8s.io/v1': ['tokenreviews', 'selfsubjectreviews'],
  'authorization.k8s.io/v1': [
    'localsubjectaccessreviews',
    'selfsubjectaccessreviews',
    'selfsubjectrulesreviews',
    'subjectaccessreviews',
  ],
  'batch/v1': ['cronjobs', 'jobs'],
  'coordination.k8s.io/v1': ['leases'],
  'discovery.k8s.io/v1': ['endpointslices'],
  'events.k8s.io/v1': ['events'],
  'networking.k8s.io/v1': ['ingressclasses', 'ingresses', 'networkpolicies'],
  'policy/v1': ['poddisruptionbudgets'],
  'rbac.authorization.k8s.io/v1': ['clusterrolebindings', 'clusterroles', 'rolebindings', 'roles'],
  'scheduling.k8s.io/v1': ['priorityclasses'],
  'storage.k8s.io/v1': ['csidrivers', 'csinodes', 'storageclasses', 'volumeattachments'],
};

type Json = { [key: string]: unknown };
const REF = '#/components/schemas/';

async function main([server = '', token = '', modules = '']: readonly string[]): Promise<void> {
  const read = async (path: string, accept = 'application/json'): Promise<Json> => {
    const answer = await fetch(server + path, { headers: { authorization: `Bearer ${token}`, accept } });
    const body: unknown = await answer.json();
    if (!isJsonObject(body)) throw new Error(`${path}: not an object`);
    return body;
  };
  const go = goFields(modules);
  const all: { [name: string]: Json } = {};
  const resources: Json[] = [];
  const roots: string[] = [];
  for (const [groupVersion, wanted] of Object.entries(KINDS)) {
    const base = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
    const documents = await read(`/openapi/v3${base}`);
    const schemas = (documents['components'] as { schemas: { [name: string]: Json } }).schemas;
    Object.assign(all, schemas);
    const [group, version] = groupVersion === 'v1' ? ['', 'v1'] : groupVersion.split('/');
    const list = (await read(base))['resources'] as Json[];
    for (const resource of wanted) {
      const found = list.find((item) => item['name'] === resource);
      if (found === undefined) throw new Error(`${groupVersion} ${resource} is not served`);
      const definition = Object.keys(schemas).find((name) =>
        ((schemas[name]?.['x-kubernetes-group-version-kind'] ?? []) as Json[]).some(
          (gvk) => gvk['kind'] === found['kind'] && gvk['group'] === group && gvk['version'] === version,
        ),
      );
      if (definition === undefined) throw new Error(`${groupVersion} ${resource} has no schema`);
      roots.push(definition);
      const subresources = list
        .filter((item) => String(item['name']).startsWith(`${resource}/`))
        .map((item) => ({
          name: String(item['name']).slice(resource.length + 1),
          kind: item['kind'],
          verbs: item['verbs'],
          ...(item['group'] === undefined ? {} : { group: item['group'], version: item['version'] }),
        }));
      resources.push({
        group,
        version,
        resource,
        kind: found['kind'],
        singular: found['singularName'],
        namespaced: found['namespaced'],
        verbs: found['verbs'],
        shortNames: found['shortNames'],
        categories: found['categories'],
        subresources,
        definition: definition.replace(REF, ''),
      });
    }
  }
  const definitions: Json = {};
  const add = (name: string): void => {
    if (definitions[name] !== undefined) return;
    definitions[name] = {};
    definitions[name] = trim(all[name] ?? {}, go.get(name) ?? new Map(), add);
  };
  for (const root of roots) add(root);
  // Bodies of subresources.
  for (const name of [
    'io.k8s.api.autoscaling.v1.Scale',
    'io.k8s.api.policy.v1.Eviction',
    'io.k8s.api.core.v1.Binding',
    'io.k8s.api.authentication.v1.TokenRequest',
  ]) {
    add(name);
  }
  writeFileSync(join(__dirname, 'protobuf.json'), protobufTables(modules, definitions));
  const lines = Object.keys(definitions)
    .sort()
    .map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(definitions[name])}`);
  const resourceLines = resources.map((resource) => `  ${JSON.stringify(resource)}`);
  writeFileSync(
    join(__dirname, 'catalog.json'),
    `{"resources": [\n${resourceLines.join(',\n')}\n], "definitions": {\n${lines.join(',\n')}\n}}\n`,
  );
}

/** Field numbers of the wire format: message → `number name type`, with `*` before repeated and `{}` before map types. */
function protobufTables(modules: string, definitions: Json): string {
  const messages = new Map<string, string[]>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.name === 'generated.proto') parseProto(readFileSync(path, 'utf8'), messages);
    }
  };
  for (const module of ['api', 'apimachinery']) {
    const name = readdirSync(modules).find((entry) => entry.startsWith(`${module}@`));
    if (name !== undefined) visit(join(modules, name));
  }
  // What the kept definitions reach; custom resource definitions are written in JSON by every client.
  const wanted = new Set<string>();
  const reach = (name: string): void => {
    const fields = messages.get(name);
    if (wanted.has(name) || fields === undefined) return;
    wanted.add(name);
    for (const field of fields) reach(field.split(' ')[2]?.replace(/^(\*|\{\})/, '') ?? '');
  };
  for (const definition of Object.keys(definitions)) reach(definition);
  const rows = [...wanted].sort().map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(messages.get(name))}`);
  return `{\n${rows.join(',\n')}\n}\n`;
}

function parseProto(text: string, messages: Map<string, string[]>): void {
  const openApi = (name: string): string => name.replace(/^\.?k8s\.io\./, 'io.k8s.');
  const proto = openApi(/^package ([\w.]+);/m.exec(text)?.[1] ?? '');
  let fields: string[] = [];
  const named = (type: string): string => {
    if (/^[a-z0-9]+$/.test(type)) return type;
    return type.startsWith('.') ? openApi(type) : `${proto}.${type}`;
  };
  for (const line of text.split('\n')) {
    const start = /^message (\w+) \{/.exec(line);
    if (start !== null) {
      fields = [];
      messages.set(`${proto}.${start[1] ?? ''}`, fields);
    }
    const map = /^ {2}map<\w+, ([\w.-]+)> (\w+) = (\d+);/.exec(line);
    if (map !== null) fields.push(`${map[3] ?? ''} ${map[2] ?? ''} {}${named(map[1] ?? '')}`);
    const field = /^ {2}(optional|repeated) ([\w.-]+) (\w+) = (\d+);/.exec(line);
    if (field === null) continue;
    const [, label, type = '', name = '', number = ''] = field;
    fields.push(`${number} ${name} ${label === 'repeated' ? '*' : ''}${named(type)}`);
  }
}

/** What JSON writes for a Go field that is empty: nothing, its zero value, or (pointers) nothing unless it is set. */
type Emptiness = 'omit' | 'zero' | 'pointer';

function trim(schema: Json, fields: ReadonlyMap<string, Emptiness>, add: (name: string) => void): Json {
  const out: Json = {};
  const reference = schema['$ref'] ?? (schema['allOf'] as Json[] | undefined)?.[0]?.['$ref'];
  if (typeof reference === 'string') {
    const name = reference.slice(REF.length);
    add(name);
    out['$ref'] = name;
  }
  for (const [key, value] of Object.entries(schema)) {
    if (['description', '$ref', 'allOf', 'title'].includes(key)) continue;
    // Unions are not enforced by the server, and group-version-kinds are known from the list of resources.
    if (key === 'x-kubernetes-unions' || key === 'x-kubernetes-group-version-kind') continue;
    if (key === 'properties') {
      const properties: Json = {};
      for (const [name, property] of Object.entries(value as { [name: string]: Json })) {
        const trimmed = trim(property, new Map(), add);
        const emptiness = fields.get(name);
        properties[name] =
          emptiness === undefined || emptiness === 'pointer' ? trimmed : { ...trimmed, empty: emptiness };
      }
      out[key] = properties;
    } else if (key === 'items' || key === 'additionalProperties') {
      out[key] = isJsonObject(value) ? trim(value, new Map(), add) : value;
    } else out[key] = value;
  }
  return out;
}

/** Definition name → field → emptiness, read from the struct declarations of the Go modules. */
function goFields(modules: string): Map<string, Map<string, Emptiness>> {
  const result = new Map<string, Map<string, Emptiness>>();
  const find = (prefix: string): string => {
    const name = readdirSync(modules).find((entry) => entry.startsWith(`${prefix}@`));
    if (name === undefined) throw new Error(`${prefix} is not in ${modules}`);
    return join(modules, name);
  };
  const api = find('api');
  const visit = (folder: string, definition: string): void => {
    for (const file of ['types.go', 'types_jsonschema.go']) {
      try {
        parseGo(readFileSync(join(folder, file), 'utf8'), definition, result);
      } catch {
        // The package has no file of that name.
      }
    }
  };
  for (const group of readdirSync(api)) {
    try {
      for (const version of readdirSync(join(api, group)))
        visit(join(api, group, version), `io.k8s.api.${group}.${version}`);
    } catch {
      // Not a folder.
    }
  }
  visit(join(find('apimachinery'), 'pkg/apis/meta/v1'), 'io.k8s.apimachinery.pkg.apis.meta.v1');
  visit(
    join(find('apiextensions-apiserver'), 'pkg/apis/apiextensions/v1'),
    'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
  );
  // Embedded structs: their fields count as the outer struct's.
  return result;
}

function parseGo(text: string, prefix: string, result: Map<string, Map<string, Emptiness>>): void {
  const structs = new Map<string, { fields: Map<string, Emptiness>; embedded: string[] }>();
  let current: { fields: Map<string, Emptiness>; embedded: string[] } | undefined;
  for (const line of text.split('\n')) {
    const start = /^type (\w+) struct \{/.exec(line);
    if (start !== null) {
      current = { fields: new Map(), embedded: [] };
      structs.set(start[1] ?? '', current);
      continue;
    }
    if (/^\}/.test(line)) current = undefined;
    if (current === undefined || /^\s*\/\//.test(line)) continue;
    const embedded = /^\s+(?:\w+\.)?(\w+)\s+`json:",inline"/.exec(line);
    if (embedded !== null) current.embedded.push(embedded[1] ?? '');
    const field = /^\s+\w+\s+(\S+)\s+`json:"([$\w-]+)((?:,\w+)*)"/.exec(line);
    if (field === null) continue;
    const [, type = '', name = '', options = ''] = field;
    const omitted = options.includes('omitempty') || options.includes('omitzero');
    const isPointer = type.startsWith('*');
    current.fields.set(
      name,
      isPointer && omitted ? 'pointer' : omitted && !isGoStruct(type, options) ? 'omit' : 'zero',
    );
  }
  for (const [name, struct] of structs) {
    const fields = new Map(struct.fields);
    for (const inner of struct.embedded) {
      for (const [field, emptiness] of structs.get(inner)?.fields ?? []) fields.set(field, emptiness);
    }
    result.set(`${prefix}.${name}`, fields);
  }

  function isGoStruct(type: string, options: string): boolean {
    // `omitempty` never omits a struct; `omitzero` does.
    if (options.includes('omitzero')) return false;
    const bare = type.replace(/^.*\./, '');
    return (
      !type.startsWith('[]') &&
      !type.startsWith('map[') &&
      (structs.has(bare) ||
        /^(metav1\.)?(ObjectMeta|ListMeta|Time|MicroTime|LabelSelector|IntOrString)$/.test(type) ||
        type === 'v1.PodTemplateSpec' ||
        type === 'intstr.IntOrString' ||
        type === 'resource.Quantity' ||
        /^(v1|corev1|api)\.[A-Z]\w+(Spec|Status|Source|Reference)$/.test(type))
    );
  }
}

void main(process.argv.slice(2));
