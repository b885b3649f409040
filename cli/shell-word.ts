import { relative } from 'node:path';

/** A text as one word of a command that is pasted into a shell. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A path as one word of a command that is pasted where this one was run. */
export function shellPath(path: string): string {
  return shellWord(relative(process.cwd(), path) || '.');
}
