import {
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
import { type ManifestTree, PROVENANCE_FILE, readFolder, treeDigest } from './tree-digest';
import { removeUntrueProvenance, trueProvenance } from './true-provenance';

/**
 * Makes `tree` the content of `target`, where provenance stays that is still true. An unchanged tree is left alone: no
 * file changes under the eyes of another synth or an editor.
 */
export function writeTree(target: string, tree: ManifestTree): void {
  if (treeDigest(readFolder(target)) !== treeDigest(tree)) replaceTree(resolve(target), tree);
  else removeUntrueProvenance(target, tree);
}

/**
 * All or nothing: the new tree is written beside the old one and takes its place by rename, so a crash leaves either the
 * old tree or the new one (or, between the two renames, the old one under `<name>.old`, which the next run puts back).
 */
function replaceTree(folder: string, tree: ManifestTree): void {
  const next = `${folder}.next`;
  const old = `${folder}.old`;
  putBack(folder);
  rmSync(next, { recursive: true, force: true });
  rmSync(old, { recursive: true, force: true });
  mkdirSync(next, { recursive: true });
  for (const [path, content] of tree) {
    mkdirSync(dirname(join(next, path)), { recursive: true });
    writeFileSync(join(next, path), content);
  }
  for (const [cluster, provenance] of trueProvenance(folder, tree))
    writeFileSync(join(next, cluster, PROVENANCE_FILE), provenance);
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(next, folder);
  rmSync(old, { recursive: true, force: true });
}

/** Undoes what a killed `writeTree` left: the old tree in its place again. */
export function putBack(target: string): void {
  const folder = resolve(target);
  if (existsSync(`${folder}.old`) && !existsSync(folder)) renameSync(`${folder}.old`, folder);
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
