import { type Condition, isTrue } from '../../machinery/conditions';
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

const SOON_MS = 500;
/** How long a change of the words may wait for company. */
const LATER_MS = 3000;

export interface PaceRules {
  /** How long what people see may wait, in milliseconds: short where progress shows first. @default 500 */
  readonly soonMs?: number;
  /** Types that others wait for to become True, or to be True no more. */
  readonly urgentConditions: readonly string[];
  /** Types of which others wait for a certain reason. */
  readonly urgentReasons?: readonly string[];
  /** Fields of the status that only inform. */
  readonly informativeFields: readonly string[];
}

/** The pace of the difference between the statuses of two states of an object; undefined: there is none. Pure. */
export function paceOf(before: Reported, after: Reported, rules: PaceRules): Pace | undefined {
  const { status: statusBefore } = before;
  const { status: statusAfter } = after;
  if (equalJson(statusBefore ?? {}, statusAfter ?? {})) return undefined;
  const ignored = ['conditions', 'observedGeneration', ...rules.informativeFields];
  if (!equalJson(without(statusBefore, ignored), without(statusAfter, ignored))) return 'now';
  if (rules.urgentConditions.some((type) => isTrue(before, type) !== isTrue(after, type))) return 'now';
  const isUrgent = ([type]: readonly [string, string]) => rules.urgentReasons?.includes(type) === true;
  const [verdictsBefore, verdictsAfter] = [verdicts(before), verdicts(after)];
  if (!equalJson(verdictsBefore.filter(isUrgent), verdictsAfter.filter(isUrgent))) return 'now';
  if (!equalJson(verdictsBefore, verdictsAfter)) return 'soon';
  const kept = ['conditions'];
  return equalJson(without(statusBefore, kept), without(statusAfter, kept)) ? 'later' : 'soon';
}

/** Absent and false say the same. */
function without(status: { readonly [field: string]: unknown } | undefined, fields: readonly string[]): object {
  const entries = Object.entries(status ?? {});
  return Object.fromEntries(entries.filter(([field, value]) => value !== false && !fields.includes(field)));
}

function verdicts(object: Reported): [string, string][] {
  return (object.status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status}/${reason}`]);
}

/** Older than this, a change belongs to an object that is gone: much longer than any queue. */
const ABANDONED_MS = 3_600_000;

/** Remembers since when a change of an object waits. Losing it costs a write that comes later. */
export class Pacer {
  /** By uid, in the order of time. */
  readonly #since = new Map<string, number>();
  readonly #rules: PaceRules;

  constructor(rules: PaceRules) {
    this.#rules = rules;
  }

  /** Milliseconds until the change of the status should be written; 0: now. */
  delay(before: Reported, after: Reported, now: number): number {
    this.#dropAbandoned(now);
    const uid = before.metadata.uid ?? '';
    const pace = paceOf(before, after, this.#rules);
    if (pace === undefined || pace === 'now') {
      this.#since.delete(uid);
      return 0;
    }
    const since = this.#since.get(uid) ?? now;
    const wait = pace === 'later' ? LATER_MS : (this.#rules.soonMs ?? SOON_MS);
    const left = since + wait - now;
    if (left <= 0) this.#since.delete(uid);
    else this.#since.set(uid, since);
    return Math.max(0, left);
  }

  #dropAbandoned(now: number): void {
    for (const [uid, since] of this.#since) {
      if (now - since < ABANDONED_MS) return;
      this.#since.delete(uid);
    }
  }
}
