import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAlive } from '../machinery/system-process';

const SEPARATOR = '_';

/**
 * Who this process is: host, process namespace, process id and something that never comes again. Another process on this
 * machine sees by it whether this one still lives.
 * @param unique - without underscores
 */
export function processIdentity(unique: string): string {
  return [hostname(), processNamespace(), process.pid, unique].join(SEPARATOR);
}

/** True only when that process certainly lives no more: it was one of this machine, and its id is free. */
export function isGoneHere(identity: string): boolean {
  // The name of a host may have the separator in it.
  const [, pid, namespace, ...host] = identity.split(SEPARATOR).reverse();
  if (host.reverse().join(SEPARATOR) !== hostname() || namespace !== processNamespace()) return false;
  const id = Number(pid);
  // Our own id in somebody else's name was given to us after that one.
  if (!Number.isInteger(id) || id <= 0) return false;
  return id === process.pid || !isAlive(id);
}

/** Ids of processes mean something within one namespace (a container) alone; empty where there are none. */
function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return '';
  }
}
