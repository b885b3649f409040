import { notCommittedText } from '../publish/not-committed';
import type { Published } from '../publish/publish';

/**
 * What `up` says about what it published.
 * @param clusters - the folder of definitions, as the user named it
 */
export function publishedLines(published: Published, repository: string, clusters: string): string[] {
  const { warnings, uncommittedSources, commit } = published;
  const notCommitted = notCommittedText(uncommittedSources);
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    `Published revision ${commit.slice(0, 12)} to ${repository}.`,
    ...(notCommitted === undefined ? [] : [notCommitted]),
    ...(published.clusters.length > 0
      ? []
      : [`No cluster is defined: write ${clusters}/NAME.ts, then npx capstan publish --push`]),
  ];
}
