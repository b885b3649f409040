/** What is said of sources that are not committed; undefined when all are. */
export function notCommittedText([first, ...others]: readonly string[]): string | undefined {
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `Not committed: ${first}${more}. The manifests came from there; commit that, too.`;
}
