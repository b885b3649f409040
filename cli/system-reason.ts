import { messageOf } from '../machinery/errors';

/** What the system said of a path, without Node's call, and with the path when it is another one. */
export function systemReason(error: unknown, path: string): string {
  return messageOf(error).replace(/^[A-Z0-9]+: (.*), \w+ '(.*)'$/, (_all, why: string, where: string) =>
    where === path ? why : `${where}: ${why}`,
  );
}
