import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError } from './command-error';
import { systemReason } from './system-reason';

/**
 * A new folder of this process alone, among the system's temporary files.
 * @param instead - the option that names a folder to be used in its place, if there is one
 * @throws CommandError (1) when none can be made
 */
export function makeTemporaryFolder(prefix: string, instead?: string): string {
  const parent = tmpdir();
  try {
    return mkdtempSync(join(parent, prefix));
  } catch (cause) {
    const why = systemReason(cause, join(parent, `${prefix}XXXXXX`));
    const other = instead === undefined ? '' : `, or name a folder with ${instead}`;
    throw new CommandError(
      `no temporary folder can be made in ${parent}: ${why}; set TMPDIR to a folder that can be written${other}`,
      1,
      { cause },
    );
  }
}
