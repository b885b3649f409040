import { isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../machinery/errors';

/** A line of a stack that names a place; for a file with a syntax error it is the first one, without `at`. */
const FRAME = /^(?:\s+at (?:.*\()?)?((?:file:\/\/|[A-Za-z]:)?[\\/].*?):(\d+)(?::\d+)?\)?$/;
/** Folders of this package: what runs there is not the user's code. */
const OURS = ['api', 'apps', 'constructs', 'machinery'].map((name) => join(__dirname, '../..', name) + sep);

/**
 * What failed in the user's code, in one line, and where: without Node's list of importers, and with paths as the user
 * writes them.
 */
export function failureText(error: unknown): string {
  const text = messageOf(error)
    .replace(/\nRequire stack:[\s\S]*$/, '')
    .replace(/^Transform failed with \d+ errors?:\n/, '')
    .replaceAll(`${process.cwd()}${sep}`, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('; ');
  const place = placeOf(error);
  return place === undefined || text.includes(place) ? text : `${text}, at ${place}`;
}

/** `file:line` of the innermost call in the project's own code; undefined when the stack has none. */
export function placeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  for (const line of (error.stack ?? '').split('\n')) {
    const [, path = '', number = ''] = FRAME.exec(line) ?? [];
    const file = path.startsWith('file://') ? fileURLToPath(path) : path;
    if (file === '' || OURS.some((folder) => file.startsWith(folder))) continue;
    const inProject = relative(process.cwd(), file);
    if (inProject.startsWith('..') || isAbsolute(inProject) || inProject.split(sep).includes('node_modules')) continue;
    return `${inProject}:${number}`;
  }
  return undefined;
}
