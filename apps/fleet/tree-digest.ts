import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A rendered tree: path below the output folder → content. */
export type ManifestTree = ReadonlyMap<string, string>;

/**
 * The file in a cluster's folder that says where the rest comes from: written by `capstan publish`, never by synth. It is
 * JSON by content and not by name: kubectl and Argo CD take every `*.json` of a folder for an object.
 */
export const PROVENANCE_FILE = '.provenance';

/** True for the provenance of a cluster, by its path below the manifests. */
export function isProvenance(path: string): boolean {
  const [, file, more] = path.split('/');
  return file === PROVENANCE_FILE && more === undefined;
}

/** Content of a folder by path, without provenance. Empty when the folder does not exist. */
export function readFolder(folder: string): Map<string, string> {
  const tree = new Map<string, string>();
  const walk = (path: string, prefix: string) => {
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (isProvenance(`${prefix}${entry.name}`)) continue;
      if (entry.isDirectory()) walk(join(path, entry.name), `${prefix}${entry.name}/`);
      else tree.set(`${prefix}${entry.name}`, readFileSync(join(path, entry.name), 'utf8'));
    }
  };
  if (existsSync(folder)) walk(folder, '');
  return tree;
}

/** SHA-256 over paths and contents, in order of the paths: the same tree has the same digest everywhere. */
export function treeDigest(tree: ManifestTree): string {
  const hash = createHash('sha256');
  for (const path of [...tree.keys()].sort()) {
    const content = tree.get(path) ?? '';
    hash.update(`${path}\0${Buffer.byteLength(content)}\0`).update(content);
  }
  return `sha256:${hash.digest('hex')}`;
}

/** The digest of each cluster's folder, over paths inside it. */
export function clusterDigests(tree: ManifestTree): ReadonlyMap<string, string> {
  const folders = new Map<string, Map<string, string>>();
  for (const [path, content] of tree) {
    const slash = path.indexOf('/');
    // A file beside the folders is no cluster's.
    if (slash < 0) continue;
    const folder = folders.get(path.slice(0, slash)) ?? new Map<string, string>();
    folders.set(path.slice(0, slash), folder.set(path.slice(slash + 1), content));
  }
  return new Map([...folders].map(([cluster, folder]) => [cluster, treeDigest(folder)]));
}
