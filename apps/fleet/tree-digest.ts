import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROVENANCE_FILE } from './manifest-tree';

/** Content of a folder by path, without the file that `capstan publish` adds. Empty when the folder does not exist. */
export function readFolder(folder: string): Map<string, string> {
  const tree = new Map<string, string>();
  const walk = (path: string, prefix: string) => {
    for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (`${prefix}${entry.name}` === PROVENANCE_FILE) continue;
      if (entry.isDirectory()) walk(join(path, entry.name), `${prefix}${entry.name}/`);
      else tree.set(`${prefix}${entry.name}`, readFileSync(join(path, entry.name), 'utf8'));
    }
  };
  if (existsSync(folder)) walk(folder, '');
  return tree;
}

/** SHA-256 over paths and contents, in order of the paths: the same tree has the same digest everywhere. */
export function treeDigest(tree: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const path of [...tree.keys()].sort()) {
    const content = tree.get(path) ?? '';
    hash.update(`${path}\0${Buffer.byteLength(content)}\0`).update(content);
  }
  return `sha256:${hash.digest('hex')}`;
}
