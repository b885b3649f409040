/**
 * When to look again at something that takes an unknown but usually similar time.
 *
 * A first wait is followed geometrically; later ones of the same command start looking when they are usually done. So a
 * wait costs one to three calls whether it lasts half a second or half a minute.
 */
export class Pace {
  readonly #usualMs = new Map<string, number>();

  /** Tells how long one took from start to end. */
  learn(command: string, tookMs: number): void {
    const known = this.#usualMs.get(command);
    this.#usualMs.set(command, known === undefined ? tookMs : known * 0.7 + tookMs * 0.3);
  }

  /** Milliseconds to the next look at something that has been running for `runningMs`. */
  nextMs(command: string, runningMs: number): number {
    const usual = this.#usualMs.get(command);
    if (usual !== undefined && runningMs < usual && !NOBODY_WAITS.has(command))
      return clamp(usual * 1.05 - runningMs, LONGEST_MS * 2);
    return clamp(
      Math.max(runningMs * 0.6, NOBODY_WAITS.has(command) && runningMs === 0 ? NOT_URGENT_MS : 0),
      LONGEST_MS,
    );
  }
}

/** Commands whose end holds up nothing: one look, when they have ended for sure, is enough. */
const NOBODY_WAITS = new Set(['createTags']);
const NOT_URGENT_MS = 2_000;

/** Below, the server would do nothing else; above, an end would be noticed late. */
const SHORTEST_MS = 150;
const LONGEST_MS = 5_000;

function clamp(delayMs: number, longestMs: number): number {
  return Math.min(longestMs, Math.max(SHORTEST_MS, delayMs));
}
