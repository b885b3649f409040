import type { Published } from '../publish/publish';

/**
 * What `up` says about what it published.
 * @param clusters - the folder of definitions, as the user named it
 */
export function publishedLines(published: Published, repository: string, clusters: string): string[] {
  const { warnings, uncommittedSources, commit } = published;
  const [first, ...others] = uncommittedSources;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    `Published revision ${commit.slice(0, 12)} to ${repository}.`,
    ...(first === undefined
      ? []
      : [`Not committed: ${first}${more}. The manifests came from there; commit that, too.`]),
    ...(published.clusters.length > 0
      ? []
      : [`No cluster is defined: write ${clusters}/NAME.ts, then npx capstan publish --push`]),
  ];
}
