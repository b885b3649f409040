import type { Random } from '../../machinery/random';

export interface BackoffOptions {
  /** Delay after the first failure. */
  readonly baseMs: number;
  /** No delay is longer. */
  readonly capMs: number;
}

/**
 * The delay after the n-th failure in a row (n ≥ 1): doubles each time, and is shortened by up to a quarter at random
 * so that what failed together does not come back together.
 */
export function backoffMs(failures: number, { baseMs, capMs }: BackoffOptions, random: Random): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30));
  return full * (1 - random.fraction() / 4);
}
