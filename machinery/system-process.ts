import { readFileSync } from 'node:fs';
import { valueAt } from './json';

/**
 * True when a process of this machine has that id and runs. One that was killed keeps its id until its parent has asked
 * how it ended, which may be never: it runs no more.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process lives as well.
    if (valueAt(error, 'code') !== 'EPERM') return false;
  }
  const state = statOf(pid)?.[0];
  return state !== 'Z' && state !== 'X';
}

/** When a process started, where the system tells: ids are used again. */
export function processStart(pid: number): string | undefined {
  return statOf(pid)?.[19];
}

/** Fields of Linux's `/proc/<pid>/stat` from the third on. The second, a name in parentheses, may hold spaces. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
