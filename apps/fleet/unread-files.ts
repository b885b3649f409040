import { readdirSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';

const DEFINITION = /\.[jt]s$/;
const LEFT_OUT = /\.(d|test)\.ts$/;
const SCRIPT = /\.[cm]?[jt]sx?$/;

/** True for the files of the folder of definitions that are loaded: every `*.ts` and `*.js` but tests and types. */
export function isDefinitionFile(name: string): boolean {
  return DEFINITION.test(name) && !LEFT_OUT.test(name) && !name.startsWith('.');
}

/**
 * Names in the folder of definitions that look like definitions and are not read: other kinds of modules, and folders
 * with scripts. What a definition has imported is no surprise and is left out; ask when all are loaded.
 */
export function unreadFiles(directory: string): string[] {
  const loaded = Object.keys(require.cache);
  return readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules' && !LEFT_OUT.test(name))
    .filter((entry) => (entry.isDirectory() ? holdsScripts(join(directory, entry.name)) : isStrange(entry.name)))
    .map((entry) => (entry.isDirectory() ? `${entry.name}${sep}` : entry.name))
    .filter((name) => !loaded.some((file) => file.startsWith(join(realpathSync(directory), name))))
    .sort();
}

function isStrange(name: string): boolean {
  return SCRIPT.test(name) && !isDefinitionFile(name);
}

function holdsScripts(folder: string): boolean {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).some(
    (path) => SCRIPT.test(path) && !LEFT_OUT.test(path) && !path.includes('node_modules'),
  );
}
