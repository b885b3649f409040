import type { TraceLine } from './scenario';

/** The part of a name that is chance. */
export const RANDOM = /-[bcdfghjklmnpqrstvwxz2456789]{5}(?=-|$)/g;

/**
 * `c-cp-*#2`: the second control-plane machine by creation; `c-md-0-*#1`: the first MachineSet. Workers of one set are
 * equal, and which of them goes first is chance: all are called `c-md-0-*#1-*`, and facts are compared as a bag.
 */
export function aliasesOf(lines: readonly TraceLine[]): (text: string) => string {
  const counts = new Map<string, number>();
  const aliases: { name: string; alias: string }[] = [];
  for (const { type, kind, name, object } of lines) {
    if (type !== 'ADDED' || !['Machine', 'MachineSet'].includes(kind) || name.search(RANDOM) < 0) continue;
    const set = object.metadata.labels?.['cluster.x-k8s.io/set-name'];
    if (kind === 'Machine' && set !== undefined) {
      const above = aliases.find((entry) => entry.name === set)?.alias ?? set;
      aliases.push({ name, alias: `${above}-*` });
      continue;
    }
    const pattern = name.replace(RANDOM, '-*');
    const number = (counts.get(pattern) ?? 0) + 1;
    counts.set(pattern, number);
    aliases.push({ name, alias: `${pattern}#${number}` });
  }
  aliases.sort((a, b) => b.name.length - a.name.length);
  return (text) => aliases.reduce((result, { name, alias }) => result.replaceAll(name, alias), text);
}

/** `Kind/name` with the name made comparable. */
export function idOf(line: { kind: string; name: string }, names: (text: string) => string): string {
  return `${line.kind}/${names(line.name)}`;
}
