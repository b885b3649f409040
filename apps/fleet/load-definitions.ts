import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { ClusterDefinition } from '../../constructs/define-cluster';
import { isClusterDefinition } from '../../constructs/define-cluster';
import type { Problem } from '../../constructs/problem';
import { messageOf } from '../../machinery/errors';

export interface LoadedDefinitions {
  readonly definitions: readonly { readonly file: string; readonly definition: ClusterDefinition }[];
  readonly problems: readonly Problem[];
}

/**
 * Loads every `*.ts` and `*.js` directly in `directory`, in order of their names. A default export is a definition or a
 * list of them. Files that fail to load, export something else, or define a name twice become problems.
 */
export function loadDefinitions(directory: string, load: (file: string) => unknown): LoadedDefinitions {
  const definitions: { file: string; definition: ClusterDefinition }[] = [];
  const problems: Problem[] = [];
  if (!existsSync(directory)) {
    const fix = 'create the folder, or name another one with --clusters';
    return {
      definitions,
      problems: [{ path: directory, field: 'clusters', value: undefined, message: 'there is no such folder', fix }],
    };
  }
  const owners = new Map<string, string>();
  for (const name of readdirSync(directory).sort()) {
    if (!/\.[jt]s$/.test(name) || /\.(d|test)\.ts$/.test(name) || name.startsWith('.')) continue;
    const path = join(directory, name);
    const file = relative(process.cwd(), path);
    for (const definition of definitionsOf(file, () => load(resolve(path)), problems)) {
      const owner = owners.get(definition.name);
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
      owners.set(definition.name, file);
      definitions.push({ file, definition });
    }
  }
  return { definitions, problems };
}

function definitionsOf(file: string, load: () => unknown, problems: Problem[]): ClusterDefinition[] {
  let loaded: unknown;
  try {
    loaded = load();
  } catch (error) {
    const message = `cannot be loaded (${failureOf(error)})`;
    const fix = 'correct the file; `npx tsc --noEmit` shows type errors';
    problems.push({ path: file, field: 'module', value: undefined, message, fix });
    return [];
  }
  const exported: unknown = typeof loaded === 'object' && loaded !== null ? Reflect.get(loaded, 'default') : undefined;
  const list: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  if (list.length > 0 && list.every(isClusterDefinition)) return [...list];
  const fix = "write: export default defineCluster('name', { … })";
  problems.push({ path: file, field: 'default export', value: undefined, message: 'is not a cluster definition', fix });
  return [];
}

/** What failed, in one line: without Node's list of importers, and with paths as the user writes them. */
function failureOf(error: unknown): string {
  return messageOf(error)
    .replace(/\nRequire stack:[\s\S]*$/, '')
    .replace(/^Transform failed with \d+ errors?:\n/, '')
    .replaceAll(`${process.cwd()}/`, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('; ');
}
