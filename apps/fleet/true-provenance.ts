/** Provenance outlives a render only where it is still true. */
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../../machinery/json';
import { clusterDigests, type ManifestTree, PROVENANCE_FILE } from './tree-digest';

/** The provenance files below `manifests` whose digest is that of the cluster in `tree`: content by cluster. */
export function trueProvenance(manifests: string, tree: ManifestTree): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [cluster, digest] of clusterDigests(tree)) {
    const file = join(manifests, cluster, PROVENANCE_FILE);
    const content = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (digestIn(content) === digest) found.set(cluster, content);
  }
  return found;
}

/** Removes the others, and the folders in which nothing else was. */
export function removeUntrueProvenance(manifests: string, tree: ManifestTree): void {
  if (!existsSync(manifests)) return;
  const kept = trueProvenance(manifests, tree);
  for (const entry of readdirSync(manifests, { withFileTypes: true })) {
    if (!entry.isDirectory() || kept.has(entry.name)) continue;
    const folder = join(manifests, entry.name);
    rmSync(join(folder, PROVENANCE_FILE), { force: true });
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  }
}

/** Undefined for what is no provenance: an empty file, or the two sides of a conflict. */
function digestIn(content: string): string | undefined {
  try {
    const provenance: unknown = JSON.parse(content);
    const digest = isJsonObject(provenance) ? provenance['treeDigest'] : undefined;
    return typeof digest === 'string' ? digest : undefined;
  } catch {
    return undefined;
  }
}
