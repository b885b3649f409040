/** Where rendered manifests come from, for readers of the commit and of the tree. */
import { resolve } from 'node:path';
import type { Checkout } from './checkout';

/** What manifests were rendered from. */
export interface Source {
  /** Commit of the definitions; null before the first one. */
  readonly sourceCommit: string | null;
  /** Files that were not as in that commit: it alone does not render these manifests. Absent when there are none. */
  readonly uncommittedSources?: readonly string[];
  readonly toolVersion: string;
}

/** More names would only make the commit message long. */
const NAMES_LIMIT = 20;

/**
 * Files that differ from HEAD: tracked ones anywhere but in the manifests, and new ones in the folder of definitions.
 * Before the first commit all of them do.
 */
export async function uncommittedSources(
  { git, root, head }: Checkout,
  folders: { readonly clusters: string; readonly manifests: string },
): Promise<readonly string[]> {
  const tracked = (await head()) === undefined ? ['ls-files'] : ['diff', '--name-only', 'HEAD'];
  const changed = await git.raw([...tracked, '-z', '--', root, `:(exclude)${folders.manifests}`]);
  const fresh = await git
    .raw(['ls-files', '--others', '--exclude-standard', '-z', '--', resolve(folders.clusters)])
    // A folder of definitions outside of the work tree is not git's.
    .catch(() => '');
  return `${changed}${fresh}`.split('\0').filter((name) => name !== '');
}

/** The commit message: a heading, and trailers that `git interpret-trailers` reads. */
export function commitMessage(heading: string, source: Source, treeDigest: string): string {
  const { sourceCommit, uncommittedSources: uncommitted = [], toolVersion } = source;
  const more = uncommitted.length > NAMES_LIMIT ? [`and ${uncommitted.length - NAMES_LIMIT} more`] : [];
  const names = [...uncommitted.slice(0, NAMES_LIMIT), ...more].join(', ');
  return [
    heading,
    '',
    `Source-Commit: ${sourceCommit ?? 'none'}`,
    ...(uncommitted.length === 0 ? [] : [`Uncommitted-Sources: ${names}`]),
    `Rendered-By: ${toolVersion}`,
    `Tree-Digest: ${treeDigest}`,
  ].join('\n');
}

/** The provenance file of a cluster: its source, and the digest by which one sees whether it still fits the folder. */
export function formatProvenance(source: Source, treeDigest: string): string {
  return `${JSON.stringify({ ...source, treeDigest }, null, 2)}\n`;
}
