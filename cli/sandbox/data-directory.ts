import { accessSync, constants, mkdirSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { wrongInput } from '../command-error';
import { systemReason } from '../system-reason';
import { makeTemporaryFolder } from '../temporary-folder';

/** Where a command keeps the state of what it simulates. */
export interface DataDirectory {
  readonly path: string;
  /** False: it is deleted when the command ends. */
  readonly persistent: boolean;
  remove(): void;
}

/**
 * The named folder, which stays, or a temporary one.
 * @throws CommandError (2) when the folder cannot be used
 */
export function openDataDirectory(named: string | undefined): DataDirectory {
  if (named === '') throw wrongInput('--data-dir: the name of the directory is empty');
  if (named !== undefined) {
    const path = resolve(named);
    makeDirectory(path);
    return { path, persistent: true, remove: () => undefined };
  }
  const path = makeTemporaryFolder('capstan-', '--data-dir');
  return { path, persistent: false, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** One folder after the other: `mkdir` with `recursive` never returns below a file system that makes none (`/proc`). */
function makeDirectory(path: string): void {
  try {
    const missing: string[] = [];
    for (let folder = path; !isDirectory(folder); folder = dirname(folder)) missing.unshift(folder);
    for (const folder of missing) mkdirSync(folder, { mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw wrongInput(
      `--data-dir: ${path} cannot be used: ${systemReason(error, path)}; name a directory that can be written`,
    );
  }
}

/** @throws Error when something else is there, or nobody can tell */
function isDirectory(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isDirectory()) throw new Error(`${path} is not a directory`);
  return found !== undefined;
}

/**
 * The folder that belongs to a real API server, by the uid of its `kube-system`: it must outlive the command, or objects
 * with finalizers would be left there whose CloudStack is gone.
 */
export function dataDirectoryFor(kubeSystemUid: string): DataDirectory {
  const state = process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state');
  return openDataDirectory(join(state, 'capstan', kubeSystemUid));
}
