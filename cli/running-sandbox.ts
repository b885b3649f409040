import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../machinery/errors';
import { isJsonObject } from '../machinery/json';
import { isAlive } from '../machinery/system-process';
import { CommandError } from './command-error';
import { foldersUpwards } from './project';

/** What a running `capstan up` or `capstan sandbox` leaves in the checkout, so that other commands find it. */
export interface RunningSandbox {
  readonly pid: number;
  readonly kubeconfig: string;
  /** Remote of the checkout that its reconciler reads; undefined for servers alone. */
  readonly remote?: string | undefined;
  /** Where that remote leads, so that it can be added again. */
  readonly repository?: string | undefined;
  /** On a system without 127.64.0.0/10: the file that tells where API servers of its clusters listen. */
  readonly translatedAddresses?: string | undefined;
}

function noteFile(directory: string): string {
  return join(directory, '.cdk8s', 'sandbox.json');
}

export function announceSandbox(directory: string, sandbox: RunningSandbox): void {
  write(directory, [sandbox, ...notesIn(directory).filter(({ pid }) => pid !== sandbox.pid)]);
}

/** Takes back the note of this process; those of others stay. */
export function withdrawSandbox(directory: string): void {
  write(
    directory,
    notesIn(directory).filter(({ pid }) => pid !== process.pid),
  );
}

/** The sandbox that was started last for the checkout that the folder is in and still runs, or undefined. */
export function findRunningSandbox(directory: string): RunningSandbox | undefined {
  return runningSandboxes(directory).find(({ kubeconfig }) => existsSync(kubeconfig));
}

/** All that run for the folder or one above it in the same work tree: the nearest and latest first. */
export function runningSandboxes(directory: string): readonly RunningSandbox[] {
  return foldersUpwards(directory).flatMap(notesIn);
}

function notesIn(directory: string): readonly RunningSandbox[] {
  const file = noteFile(directory);
  if (!existsSync(file)) return [];
  try {
    const notes: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return (Array.isArray(notes) ? notes : [])
      .flatMap((note) => parseNote(note) ?? [])
      .filter(({ pid }) => isAlive(pid));
  } catch {
    // A note is a convenience: a damaged one is none.
    return [];
  }
}

function parseNote(note: unknown): RunningSandbox | undefined {
  if (!isJsonObject(note)) return undefined;
  const { pid, kubeconfig } = note;
  if (typeof pid !== 'number' || typeof kubeconfig !== 'string') return undefined;
  const text = (field: 'remote' | 'repository' | 'translatedAddresses') => {
    const value = note[field];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    pid,
    kubeconfig,
    remote: text('remote'),
    repository: text('repository'),
    translatedAddresses: text('translatedAddresses'),
  };
}

function write(directory: string, notes: readonly RunningSandbox[]): void {
  const file = noteFile(directory);
  if (notes.length === 0) {
    rmSync(file, { force: true });
    return;
  }
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(notes));
    renameSync(`${file}.${process.pid}`, file);
  } catch (cause) {
    const why = `cannot note in ${file} what runs here (${messageOf(cause)})`;
    throw new CommandError(`${why}; run it in a directory that can be written`, 1, { cause });
  }
}
