import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { ClusterDefinition } from '../../constructs/define-cluster';
import { isClusterDefinition } from '../../constructs/define-cluster';
import type { Problem } from '../../constructs/problem';
import { failureText } from './failure-text';
import { isDefinitionFile, unreadFiles } from './unread-files';

export interface LoadedDefinitions {
  readonly definitions: readonly { readonly file: string; readonly definition: ClusterDefinition }[];
  readonly problems: readonly Problem[];
  /** Files that look like definitions and were not read. */
  readonly unread: readonly string[];
}

/**
 * Loads every `*.ts` and `*.js` directly in `directory`, in order of their names. A default export is a definition or a
 * list of them. Files that fail to load, export something else, or define a name twice become problems.
 * @param mayBeGone - git keeps no empty folder: without the last definition there is none
 */
export function loadDefinitions(
  directory: string,
  load: (file: string) => unknown,
  mayBeGone = false,
): LoadedDefinitions {
  const definitions: { file: string; definition: ClusterDefinition }[] = [];
  const problems: Problem[] = [];
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (stat === undefined && mayBeGone) return { definitions, problems, unread: [] };
  if (stat?.isDirectory() !== true) {
    const message = stat === undefined ? 'does not exist' : 'is not a folder';
    const fix = 'create the folder, or name another one with --clusters';
    problems.push({ path: directory, field: 'folder', value: undefined, message, fix });
    return { definitions, problems, unread: [] };
  }
  const owners = new Map<string, string>();
  for (const name of readdirSync(directory).sort()) {
    if (!isDefinitionFile(name)) continue;
    const path = join(directory, name);
    const file = relative(process.cwd(), path);
    for (const definition of definitionsOf(file, () => load(resolve(path)), problems)) {
      // Each name is a folder, and not every file system tells upper case from lower case.
      const folder = String(definition.name).toLowerCase();
      const owner = owners.get(folder);
      if (owner !== undefined) {
        const fix = 'give each cluster a name of its own';
        problems.push({
          path: file,
          field: 'name',
          value: definition.name,
          message: `already defined in ${owner}`,
          fix,
        });
        continue;
      }
      owners.set(folder, file);
      definitions.push({ file, definition });
    }
  }
  return { definitions, problems, unread: unreadFiles(directory).map((name) => join(directory, name)) };
}

function definitionsOf(file: string, load: () => unknown, problems: Problem[]): ClusterDefinition[] {
  let loaded: unknown;
  try {
    loaded = load();
  } catch (error) {
    const message = `cannot be loaded (${failureText(error)})`;
    problems.push({
      path: file,
      field: 'module',
      value: undefined,
      message,
      fix: `correct the file${typeCheck(file)}`,
    });
    return [];
  }
  const exported: unknown = typeof loaded === 'object' && loaded !== null ? Reflect.get(loaded, 'default') : undefined;
  const list: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  if (list.length === 0) problems.push({ path: file, field: 'default export', value: undefined, ...NO_DEFINITION });
  return list.flatMap((item, index) => {
    if (isClusterDefinition(item)) return [item];
    const field = Array.isArray(exported) ? `default export[${index}]` : 'default export';
    problems.push({ path: file, field, value: undefined, ...(item instanceof Promise ? PROMISE : NO_DEFINITION) });
    return [];
  });
}

/** The compiler wants the file by name where no configuration says what belongs to the project. */
function typeCheck(file: string): string {
  if (!file.endsWith('.ts')) return '';
  return `; \`npx tsc --noEmit${existsSync('tsconfig.json') ? '' : ` ${file}`}\` shows type errors`;
}

const NO_DEFINITION = {
  message: 'is not a cluster definition',
  fix: "write: export default defineCluster('name', { … })",
};
const PROMISE = {
  message: 'is a promise, and nothing waits for definitions',
  fix: 'export the definition itself',
};
