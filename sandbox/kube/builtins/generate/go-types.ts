import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What JSON writes for a Go field that is empty: nothing, its zero value, or (pointers) nothing unless it is set. */
export type Emptiness = 'omit' | 'zero' | 'pointer';

/** Definition name → field → emptiness. */
export type GoFields = ReadonlyMap<string, ReadonlyMap<string, Emptiness>>;

/** The folder of a Go module of a Kubernetes release (`v1.34.2`), whose modules are `v0.34.2`. */
export function folderOf(modules: string, module: string, release: string): string {
  const name = `${module}@${release.replace(/^v1\./, 'v0.')}`;
  if (!readdirSync(modules).includes(name)) throw new Error(`${name} is not in ${modules}`);
  return join(modules, name);
}

/** Definition name → field → emptiness, read from the struct declarations of the Go modules. */
export function goFields(modules: string, release: string): GoFields {
  const result = new Map<string, Map<string, Emptiness>>();
  const find = (module: string): string => folderOf(modules, module, release);
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
    if (line.startsWith('}')) current = undefined;
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
