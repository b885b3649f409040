import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { valueAt } from '../machinery/json';
import { isAlive, processStart } from '../machinery/system-process';

/** A file that names the process which holds it, by its id and the time of its start: ids are used again. */
interface Holder {
  readonly pid: number;
  readonly started: string;
}

/**
 * True when this process holds the lock now. One whose process is gone (`kill -9`, reboot) is taken over, by one process
 * alone, however many meet it at the same moment; the others may try again.
 */
export function tryTakeLock(path: string): boolean {
  // Linked into place when it is complete: nobody reads half a lock. What a killed process of our id left may be a lock.
  const own = `${path}.${process.pid}`;
  rmSync(own, { force: true });
  writeFileSync(own, `${process.pid} ${processStart(process.pid) ?? ''}\n`);
  try {
    return tryLink(own, path) || (isAbandoned(path) && tryTakeOver(own, path));
  } finally {
    rmSync(own, { force: true });
  }
}

/** For the process that holds it. */
export function releaseLock(path: string): void {
  rmSync(path, { force: true });
}

/** Id of the process that lives and holds the lock. */
export function lockHolder(path: string): number | undefined {
  const holder = readHolder(path);
  return holder !== 'none' && isHeld(holder) ? holder.pid : undefined;
}

/** Who removes an abandoned lock holds a lock on that: else it might remove the one that another process took since. */
function tryTakeOver(own: string, path: string): boolean {
  const guard = `${path}.takeover`;
  if (!tryTakeLock(guard)) return false;
  try {
    if (isAbandoned(path)) rmSync(path, { force: true });
    return tryLink(own, path);
  } finally {
    releaseLock(guard);
  }
}

function isAbandoned(path: string): boolean {
  const holder = readHolder(path);
  return holder !== 'none' && !isHeld(holder);
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (valueAt(error, 'code') === 'EEXIST') return false;
    throw error;
  }
}

/** A file that cannot be read counts as none: it is left to its owner. */
function readHolder(path: string): Holder | 'none' {
  try {
    const [pid = '', started = ''] = readFileSync(path, 'utf8').trim().split(' ');
    // What a crash of the machine has damaged names no process.
    return { pid: /^\d+$/.test(pid) ? Number(pid) : 0, started };
  } catch {
    return 'none';
  }
}

function isHeld({ pid, started }: Holder): boolean {
  if (pid === 0 || !isAlive(pid)) return false;
  const current = processStart(pid);
  return current === undefined || started === '' || current === started;
}
