import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isJsonObject } from '../machinery/json';

/** What a running `capstan up` or `capstan sandbox` leaves in the checkout, so that other commands find it. */
export interface RunningSandbox {
  readonly pid: number;
  readonly kubeconfig: string;
}

function file(directory: string): string {
  return join(directory, '.cdk8s', 'sandbox.json');
}

export function announceSandbox(directory: string, sandbox: RunningSandbox): void {
  mkdirSync(dirname(file(directory)), { recursive: true });
  writeFileSync(file(directory), JSON.stringify(sandbox));
}

/** Removes the note of this process; that of another one stays. */
export function withdrawSandbox(directory: string): void {
  if (readNote(directory)?.pid === process.pid) rmSync(file(directory), { force: true });
}

/** The sandbox that runs for this checkout, or undefined. */
export function findRunningSandbox(directory: string): RunningSandbox | undefined {
  const note = readNote(directory);
  return note !== undefined && isAlive(note.pid) && existsSync(note.kubeconfig) ? note : undefined;
}

function readNote(directory: string): RunningSandbox | undefined {
  if (!existsSync(file(directory))) return undefined;
  try {
    const note: unknown = JSON.parse(readFileSync(file(directory), 'utf8'));
    if (!isJsonObject(note)) return undefined;
    const { pid, kubeconfig } = note;
    return typeof pid === 'number' && typeof kubeconfig === 'string' ? { pid, kubeconfig } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
