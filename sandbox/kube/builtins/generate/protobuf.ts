import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderOf } from './go-types';

/** Field numbers of the wire format: message → `number name type`, with `*` before repeated and `{}` before map types. */
export function protobufTables(modules: string, release: string, definitions: readonly string[]): string {
  const messages = new Map<string, string[]>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.name === 'generated.proto') parseProto(readFileSync(path, 'utf8'), messages);
    }
  };
  for (const module of ['api', 'apimachinery']) visit(folderOf(modules, module, release));
  // What the kept definitions reach; custom resource definitions are written in JSON by every client.
  const wanted = new Set<string>();
  const reach = (name: string): void => {
    const fields = messages.get(name);
    if (wanted.has(name) || fields === undefined) return;
    wanted.add(name);
    for (const field of fields) reach(field.split(' ')[2]?.replace(/^(\*|\{\})/, '') ?? '');
  };
  for (const definition of definitions) reach(definition);
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
