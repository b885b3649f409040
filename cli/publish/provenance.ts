/** Where rendered manifests come from, for readers of the commit and of the tree. */
import { resolve } from 'node:path';
import type { Checkout } from './checkout';

export interface Provenance {
  /** Commit of the definitions; null before the first one. */
  readonly sourceCommit: string | null;
  /** Files that were not as in that commit: it alone does not render these manifests. Absent when there are none. */
  readonly uncommittedSources?: readonly string[];
  readonly toolVersion: string;
  readonly treeDigest: string;
}

/** More names would only make the commit message long. */
const NAMES_LIMIT = 20;

/**
 * Files that differ from HEAD: tracked ones anywhere but in the manifests, and new ones in the folder of definitions.
 */
export async function uncommittedSources(
  { git, root, head }: Checkout,
  folders: { readonly clusters: string; readonly manifests: string },
): Promise<readonly string[]> {
  if ((await head()) === undefined) return [];
  const changed = await git.raw(['diff', '--name-only', 'HEAD', '--', root, `:(exclude)${folders.manifests}`]);
  const fresh = await git
    .raw(['ls-files', '--others', '--exclude-standard', '--', resolve(folders.clusters)])
    // A folder of definitions outside of the work tree is not git's.
    .catch(() => '');
  return `${changed}\n${fresh}`.split('\n').filter((name) => name !== '');
}

/** The commit message: a heading, and trailers that `git interpret-trailers` reads. */
export function commitMessage(folder: string, provenance: Provenance): string {
  const { sourceCommit, uncommittedSources: uncommitted = [], toolVersion, treeDigest } = provenance;
  const more = uncommitted.length > NAMES_LIMIT ? [`and ${uncommitted.length - NAMES_LIMIT} more`] : [];
  const names = [...uncommitted.slice(0, NAMES_LIMIT), ...more].join(', ');
  return [
    `Render ${folder}`,
    '',
    `Source-Commit: ${sourceCommit ?? 'none'}`,
    ...(uncommitted.length === 0 ? [] : [`Uncommitted-Sources: ${names}`]),
    `Rendered-By: ${toolVersion}`,
    `Tree-Digest: ${treeDigest}`,
  ].join('\n');
}

export function formatProvenance(provenance: Provenance): string {
  return `${JSON.stringify(provenance, null, 2)}\n`;
}
