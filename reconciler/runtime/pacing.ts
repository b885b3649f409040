import type { Condition } from '../../machinery/conditions';
import { equalJson } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';

/** An object whose status has conditions. */
export type Reported = KubeObject & {
  spec?: unknown;
  status?: { conditions?: Condition[] | undefined; observedGeneration?: number | undefined } | undefined;
};

/**
 * When a change of status is worth a write. Many small changes below an object would each make one; what nobody waits
 * for may be written together with what comes next.
 */
export type Pace =
  /** Something waits for it. */
  | 'now'
  /** People and aggregates see it. */
  | 'soon'
  /** Only the words changed. */
  | 'later';

/** How long a change may wait for company, in milliseconds. */
const WAIT_MS: { readonly [pace in Pace]: number } = { now: 0, soon: 100, later: 1000 };

export interface PaceRules {
  /** Types whose status others wait for. */
  readonly urgentConditions: readonly string[];
  /** Fields of the status that only inform. */
  readonly informativeFields: readonly string[];
}

/** The pace of the difference between two states of an object; undefined: there is none. Pure. */
export function paceOf(before: Reported, after: Reported, rules: PaceRules): Pace | undefined {
  const { status: statusBefore, ...mainBefore } = before;
  const { status: statusAfter, ...mainAfter } = after;
  if (!equalJson(mainBefore, mainAfter)) return 'now';
  if (equalJson(statusBefore ?? {}, statusAfter ?? {})) return undefined;
  const ignored = ['conditions', 'observedGeneration', ...rules.informativeFields];
  if (!equalJson(without(statusBefore, ignored), without(statusAfter, ignored))) return 'now';
  const verdictsBefore = verdicts(before);
  const verdictsAfter = verdicts(after);
  const urgent = ([type]: readonly [string, unknown]) => rules.urgentConditions.includes(type);
  if (!equalJson(verdictsBefore.filter(urgent), verdictsAfter.filter(urgent))) return 'now';
  if (!equalJson(verdictsBefore, verdictsAfter)) return 'soon';
  const kept = ['conditions'];
  return equalJson(without(statusBefore, kept), without(statusAfter, kept)) ? 'later' : 'soon';
}

function without(status: Reported['status'], fields: readonly string[]): object {
  return Object.fromEntries(Object.entries(status ?? {}).filter(([field]) => !fields.includes(field)));
}

function verdicts(object: Reported): [string, string][] {
  return (object.status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status}/${reason}`]);
}

/** Remembers since when a change of an object waits. Losing it costs one early write. */
export class Pacer {
  readonly #since = new Map<string, number>();
  readonly #rules: PaceRules;

  constructor(rules: PaceRules) {
    this.#rules = rules;
  }

  /** Milliseconds until the change should be written; 0: now. */
  delay(before: Reported, after: Reported, now: number): number {
    const uid = before.metadata.uid ?? '';
    const pace = paceOf(before, after, this.#rules);
    if (pace === undefined || pace === 'now') {
      this.#since.delete(uid);
      return 0;
    }
    const since = this.#since.get(uid) ?? now;
    const left = since + WAIT_MS[pace] - now;
    if (left <= 0) this.#since.delete(uid);
    else this.#since.set(uid, since);
    return Math.max(0, left);
  }

  forget(uid: string | undefined): void {
    this.#since.delete(uid ?? '');
  }
}
