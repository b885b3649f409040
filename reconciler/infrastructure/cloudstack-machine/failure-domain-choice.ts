import type { Random } from '../../../api/ports';
import { nonEmpty } from '../names';

export interface FailureDomainCandidate {
  readonly name: string;
  /** Machines of the same set that are there already. */
  readonly machines: number;
  /** Zone and network are usable. */
  readonly ready: boolean;
  /** Deployments failed there lately, or this machine's did. */
  readonly failed: boolean;
  /** A control-plane machine there could not be behind the endpoint. @default false */
  readonly outOfReach?: boolean | undefined;
}

export interface FailureDomainQuestion {
  /** `spec.failureDomainName` when it is set already, by the template or by an earlier choice. */
  readonly chosen?: string | undefined;
  /** `Machine.spec.failureDomain`. */
  readonly wanted?: string | undefined;
  readonly candidates: readonly FailureDomainCandidate[];
}

export type FailureDomainChoice =
  | { readonly kind: 'chosen'; readonly name: string }
  /** The cluster has no failure domain of that name: nothing may be deployed on a guess. */
  | { readonly kind: 'unknown'; readonly name: string }
  /** The cluster has none at all that may be drawn. */
  | { readonly kind: 'none' };

/**
 * Where a machine goes: where it was put before, else where its Machine says, else where the fewest of its set are,
 * with those that are not ready or that failed last. Equal ones are drawn by lot, none that is out of reach.
 */
export function chooseFailureDomain(question: FailureDomainQuestion, random: Random): FailureDomainChoice {
  const fixed = nonEmpty(question.chosen) ?? nonEmpty(question.wanted);
  if (fixed !== undefined) {
    const known = question.candidates.some((candidate) => candidate.name === fixed);
    return known ? { kind: 'chosen', name: fixed } : { kind: 'unknown', name: fixed };
  }
  const inReach = question.candidates.filter((candidate) => candidate.outOfReach !== true);
  const best = lowest(inReach, (candidate) => [candidate.failed ? 1 : 0, candidate.ready ? 0 : 1, candidate.machines]);
  const drawn = best[best.length > 1 ? random.below(best.length) : 0];
  return drawn === undefined ? { kind: 'none' } : { kind: 'chosen', name: drawn.name };
}

/** All items whose rank is the lowest, comparing rank by rank. */
function lowest<T>(items: readonly T[], rank: (item: T) => readonly number[]): readonly T[] {
  let best: T[] = [];
  let bestRank: readonly number[] | undefined;
  for (const item of items) {
    const itemRank = rank(item);
    const order = bestRank === undefined ? -1 : compare(itemRank, bestRank);
    if (order < 0) {
      best = [item];
      bestRank = itemRank;
    } else if (order === 0) best.push(item);
  }
  return best;
}

function compare(left: readonly number[], right: readonly number[]): number {
  for (let index = 0; index < left.length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
