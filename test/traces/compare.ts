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

/** A difference that is accepted: in this scenario, this fact of this object has these two values. */
export interface Accepted extends Difference {
  readonly scenario: string;
  readonly reason: string;
}

export const ABSENT = '(absent)';

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Accepted differences that were met. */
  readonly used: ReadonlySet<Accepted>;
}

/**
 * Compares facts as bags. A fact is as good as upstream's when it is the same, or a shorter sequence of conditions
 * (README, "How to use it", 3), or when exactly this difference is accepted.
 * @param accepted - those of this scenario
 * @param unstable - sequences that differ between two runs of upstream
 */
export function compare(
  upstream: readonly Fact[],
  ours: readonly Fact[],
  accepted: readonly Accepted[],
  unstable: ReadonlySet<string>,
): Comparison {
  const theirs = grouped(upstream);
  const mine = grouped(ours);
  const differences: Difference[] = [];
  const used = new Set<Accepted>();
  for (const key of new Set([...theirs.keys(), ...mine.keys()])) {
    const [object = '', field = ''] = key.split('\n');
    const entries = accepted.filter((entry) => entry.object === object && entry.field === field);
    const isSame: Fit = (value, other) => other === value;
    const isAsGood: Fit = (value, other) =>
      field.startsWith('sequence of ') &&
      (isShorter(other, value) || (isUnstable(object, field, unstable) && sameEnds(other, value)));
    const isAccepted: Fit = (value, other) => {
      const entry = entries.find((candidate) => candidate.upstream === value && candidate.ours === other);
      if (entry !== undefined) used.add(entry);
      return entry !== undefined;
    };
    let values: readonly string[] = theirs.get(key) ?? [];
    let left: readonly string[] = mine.get(key) ?? [];
    for (const fits of [isSame, isAsGood, isAccepted]) [values, left] = withoutPairs(values, left, fits);
    // What has no counterpart is paired with "absent", which may be accepted as well.
    const count = Math.max(values.length, left.length);
    for (let index = 0; index < count; index++) {
      const pair = { upstream: values[index] ?? ABSENT, ours: left[index] ?? ABSENT };
      if (!isAccepted(pair.upstream, pair.ours)) differences.push({ object, field, ...pair });
    }
  }
  return { differences, used };
}

type Fit = (upstream: string, ours: string) => boolean;

/** Both lists without the values that fit together, each taken once. */
function withoutPairs(
  upstream: readonly string[],
  ours: readonly string[],
  fits: Fit,
): [readonly string[], readonly string[]] {
  const left = [...ours];
  const unmatched = upstream.filter((value) => {
    const index = left.findIndex((other) => fits(value, other));
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
  return [unmatched, left];
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
  return a.at(-1) === b.at(-1) && a[0] === b[0];
}

function isUnstable(object: string, field: string, unstable: ReadonlySet<string>): boolean {
  return unstable.has(`${object.replace(/#\d+/, '')} ${field.replace('sequence of', 'condition')}`);
}

/** The accepted differences: each entry of the file once for every scenario and object that it names. */
export function readAccepted(): Accepted[] {
  const list = load(readFileSync(join(__dirname, 'differences.yaml'), 'utf8'));
  if (!Array.isArray(list)) throw new Error('differences.yaml is not a list');
  return list.flatMap((entry: unknown, index): Accepted[] => {
    const fail = (problem: string) => new Error(`differences.yaml: entry ${index + 1} ${problem}`);
    const text = (field: string): string => {
      const value = isJsonObject(entry) ? entry[field] : undefined;
      if (typeof value !== 'string') throw fail(`has no ${field}`);
      return value;
    };
    const where = isJsonObject(entry) ? entry['where'] : undefined;
    if (!isJsonObject(where)) throw fail('does not say where');
    const common = { field: text('field'), upstream: text('upstream'), ours: text('ours'), reason: text('reason') };
    return Object.entries(where).flatMap(([scenario, objects]) => {
      if (!Array.isArray(objects)) throw fail(`has no list of objects in ${scenario}`);
      return objects.map((object: unknown) => ({ scenario, object: String(object), ...common }));
    });
  });
}

/** Those of a scenario. */
export function acceptedIn(scenario: string, accepted: readonly Accepted[]): Accepted[] {
  return accepted.filter((entry) => entry.scenario === scenario);
}
