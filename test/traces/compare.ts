import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { isJsonObject } from '../../machinery/json';
import type { Fact } from './facts';

/** A fact that is not the same in both traces. */
export interface Difference {
  readonly object: string;
  readonly field: string;
  readonly upstream: string;
  readonly ours: string;
}

/** An accepted difference; `*` stands for any text in every field but the reason. */
export interface Accepted extends Difference {
  readonly scenario: string;
  readonly reason: string;
}

export const ABSENT = '(absent)';

/** Facts that differ. Condition sequences may be shorter than upstream's (README, "How to use it", 3). */
export function differencesOf(
  upstream: readonly Fact[],
  ours: readonly Fact[],
  unstable: ReadonlySet<string>,
): Difference[] {
  const theirs = grouped(upstream);
  const mine = grouped(ours);
  const differences: Difference[] = [];
  for (const key of new Set([...theirs.keys(), ...mine.keys()])) {
    const [object = '', field = ''] = key.split('\n');
    const left = [...(mine.get(key) ?? [])];
    const take = (fits: (value: string) => boolean) => {
      const index = left.findIndex(fits);
      return index < 0 ? undefined : left.splice(index, 1)[0];
    };
    const unmatched = (theirs.get(key) ?? []).filter((value) => take((other) => other === value) === undefined);
    const isAsGood = (value: string) => (other: string) =>
      field.startsWith('sequence of ') &&
      (isShorter(other, value) || (isUnstable(object, field, unstable) && sameEnds(other, value)));
    for (const value of unmatched.filter((candidate) => take(isAsGood(candidate)) === undefined)) {
      differences.push({ object, field, upstream: value, ours: left.shift() ?? ABSENT });
    }
    for (const value of left) differences.push({ object, field, upstream: ABSENT, ours: value });
  }
  return differences;
}

function grouped(facts: readonly Fact[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { object, field, value } of facts) {
    const key = `${object}\n${field}`;
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return groups;
}

/** The same in the same order with some left out, and the same end. */
function isShorter(ours: string, upstream: string): boolean {
  const wanted = ours.split(' > ');
  const all = upstream.split(' > ');
  if (wanted.at(-1) !== all.at(-1)) return false;
  let index = 0;
  for (const entry of all) if (entry === wanted[index]) index++;
  return index === wanted.length;
}

function sameEnds(ours: string, upstream: string): boolean {
  const a = ours.split(' > ');
  const b = upstream.split(' > ');
  return a.at(-1) === b.at(-1) && b.includes(a[0] ?? '');
}

function isUnstable(object: string, field: string, unstable: ReadonlySet<string>): boolean {
  return unstable.has(`${object.replace(/#\d+/, '')} ${field.replace('sequence of', 'condition')}`);
}

/** The list of accepted differences. */
export function readAccepted(): Accepted[] {
  const list = load(readFileSync(join(__dirname, 'differences.yaml'), 'utf8'));
  if (!Array.isArray(list)) throw new Error('differences.yaml is not a list');
  return list.map((entry: unknown) => {
    const text = (field: string): string => {
      const value = isJsonObject(entry) ? entry[field] : undefined;
      if (typeof value !== 'string' || value === '') throw new Error(`differences.yaml: an entry has no ${field}`);
      return value;
    };
    return {
      scenario: text('scenario'),
      object: text('object'),
      field: text('field'),
      upstream: text('upstream'),
      ours: text('ours'),
      reason: text('reason'),
    };
  });
}

export function accepts(entry: Accepted, scenario: string, difference: Difference): boolean {
  return (
    matches(entry.scenario, scenario) &&
    matches(entry.object, difference.object) &&
    matches(entry.field, difference.field) &&
    matches(entry.upstream, difference.upstream) &&
    matches(entry.ours, difference.ours)
  );
}

/** `*` is any text. Names in facts hold `*` too, which any text matches as well. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}
