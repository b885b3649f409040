import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDefinitionFile } from '../../apps/fleet/unread-files';
import { wrongInput } from '../command-error';

/**
 * To publish a folder without definitions takes all clusters out of git, which nobody means who names the folder.
 * @throws CommandError (2) when the folder is there and has no definition
 */
export function refuseEmptyFolder(directory: string): void {
  // That it is missing, or no folder, is told by who renders it.
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  if (!readdirSync(directory).some(isDefinitionFile)) throw wrongInput(`no cluster definitions in ${directory}`);
}

/** Where to edit a cluster: the file that is named after it when it speaks of it, else the folder. */
export function placeOfDefinition(directory: string, name: string): string {
  const file = join(directory, `${name}.ts`);
  const isDefinedThere = existsSync(file) && quotes(readFileSync(file, 'utf8'), name);
  return isDefinedThere ? file : join(directory, '/');
}

function quotes(text: string, name: string): boolean {
  return ["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote}`));
}
