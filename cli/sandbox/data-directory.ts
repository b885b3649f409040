import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where a command keeps the state of what it simulates. */
export interface DataDirectory {
  readonly path: string;
  /** False: it is deleted when the command ends. */
  readonly persistent: boolean;
  remove(): void;
}

/** The named folder, which stays, or a temporary one. */
export function openDataDirectory(named: string | undefined): DataDirectory {
  if (named !== undefined) {
    const path = resolve(named);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return { path, persistent: true, remove: () => undefined };
  }
  const path = mkdtempSync(join(tmpdir(), 'capstan-'));
  return { path, persistent: false, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * The folder that belongs to a real API server, by the uid of its `kube-system`: it must outlive the command, or objects
 * with finalizers would be left there whose CloudStack is gone.
 */
export function dataDirectoryFor(kubeSystemUid: string): DataDirectory {
  const state = process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state');
  return openDataDirectory(join(state, 'capstan', kubeSystemUid));
}
