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

/**
 * An accepted difference: where a fact of upstream reads `upstream`, ours reads `ours`. `*` is any text; in `ours` it is
 * the very text that it is in `upstream`, so that an entry accepts nothing but what it names.
 */
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
 * Compares facts as bags. A fact is as good as upstream's when it is the same, a shorter sequence of conditions
 * (README, "How to use it", 3), or either of these after accepted differences are put into upstream's.
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
    const entries = accepted.filter((entry) => matches(entry.object, object) && matches(entry.field, field));
    const isAsGood = (value: string) => (other: string) =>
      field.startsWith('sequence of ') &&
      (isShorter(other, value) || (isUnstable(object, field, unstable) && sameEnds(other, value)));
    const left = [...(mine.get(key) ?? [])];
    const without = (values: readonly string[], fits: (value: string) => (other: string) => boolean) =>
      values.filter((value) => {
        const index = left.findIndex(fits(value));
        if (index >= 0) left.splice(index, 1);
        return index < 0;
      });
    const isAccepted = (value: string) => (other: string) => {
      const way = variantsOf(value, entries).find(
        (variant) => variant.text === other || isAsGood(variant.text)(other),
      )?.entries;
      for (const entry of way ?? []) used.add(entry);
      return way !== undefined;
    };
    let values: readonly string[] = theirs.get(key) ?? [];
    for (const fits of [(value: string) => (other: string) => other === value, isAsGood, isAccepted]) {
      values = without(values, fits);
    }
    for (const value of values) differences.push({ object, field, upstream: value, ours: left.shift() ?? ABSENT });
    for (const value of left) differences.push({ object, field, upstream: ABSENT, ours: value });
  }
  return { differences, used };
}

interface Variant {
  readonly text: string;
  readonly entries: readonly Accepted[];
}

/** What upstream's text may be with accepted differences put in, each at most once, in the order of the list. */
function variantsOf(text: string, entries: readonly Accepted[]): Variant[] {
  let variants: Variant[] = [{ text, entries: [] }];
  for (const entry of entries) {
    const more = variants.flatMap((variant) => {
      const rewritten = rewrite(variant.text, entry);
      return rewritten === undefined ? [] : [{ text: rewritten, entries: [...variant.entries, entry] }];
    });
    variants = [...variants, ...more];
  }
  return variants.slice(1);
}

function rewrite(text: string, { upstream, ours }: Difference): string | undefined {
  const found = patternOf(upstream).exec(text);
  if (found === null) return undefined;
  const stars = found.slice(1);
  return ours.replace(/\*/g, () => stars.shift() ?? '');
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

/** Those that hold in a scenario. */
export function acceptedIn(scenario: string, accepted: readonly Accepted[]): Accepted[] {
  return accepted.filter((entry) => matches(entry.scenario, scenario));
}

function matches(pattern: string, text: string): boolean {
  return patternOf(pattern).test(text);
}

/** `*` is any text. Names in facts hold `*` too, which any text matches as well. */
function patternOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('(.*)')}$`, 's');
}
