import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** Files that a synth does not render and leaves as they are: written by `capstan publish`. */
export const PROVENANCE_FILE = '.provenance.json';

/** A rendered tree: path below the output folder → content. */
export type ManifestTree = ReadonlyMap<string, string>;

/**
 * Replaces `target` by `tree`, all or nothing: the new tree is written beside it and takes its place by rename, so a
 * crash leaves either the old tree or the new one (or, between the two renames, the old one under `.<name>.old`, which
 * the next run puts back).
 */
export function replaceTree(target: string, tree: ManifestTree): void {
  const folder = resolve(target);
  const next = `${folder}.next`;
  const old = `${folder}.old`;
  if (existsSync(old) && !existsSync(folder)) renameSync(old, folder);
  rmSync(next, { recursive: true, force: true });
  rmSync(old, { recursive: true, force: true });
  mkdirSync(next, { recursive: true });
  for (const [path, content] of tree) {
    mkdirSync(dirname(join(next, path)), { recursive: true });
    writeFileSync(join(next, path), content);
  }
  const provenance = join(folder, PROVENANCE_FILE);
  if (existsSync(provenance)) cpSync(provenance, join(next, PROVENANCE_FILE));
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(next, folder);
  rmSync(old, { recursive: true, force: true });
}

/**
 * Points the link `link` at `target`. The cdk8s CLI deletes its `output` before the app runs, so `output` is this link
 * and only the link goes.
 */
export function pointLink(link: string, target: string): void {
  const path = resolve(link);
  mkdirSync(dirname(path), { recursive: true });
  const destination = relative(dirname(path), resolve(target));
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present?.isSymbolicLink() === true && readlinkSync(path) === destination) return;
  if (present !== undefined) rmSync(path, { recursive: true, force: true });
  symlinkSync(destination, path);
}
