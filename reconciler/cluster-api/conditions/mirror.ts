import type { Condition, ConditionReport } from '../../../machinery/conditions';
import { isJsonObject, valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { Reason } from './reasons';

export interface MirrorOptions {
  /** Type of the report. */
  readonly target: string;
  /** Type read from the object. */
  readonly source: string;
  readonly kind: string;
  readonly object: KubeObject | undefined;
  /** What failed while looking, if anything. */
  readonly error: unknown;
  /** The flag of the contract that stands in while the object does not report the condition. */
  readonly flag: { readonly path: string; readonly value: boolean };
  readonly reasons: { readonly good: string; readonly bad: string };
  /** The flag was seen before: an object that is missing now was deleted. */
  readonly seen: boolean;
}

/** What an object says about itself, as a condition of the object above it (`capi.md` 2.1, 2.2). */
export function mirrorOf(options: MirrorOptions): ConditionReport {
  const { target: type, object, kind, flag, reasons } = options;
  if (options.error !== undefined) {
    const message = 'The referenced object could not be read; the log of the reconciler says why';
    return { type, status: 'Unknown', reason: Reason.internalError, message };
  }
  if (object === undefined) {
    return options.seen
      ? { type, status: 'False', reason: Reason.objectDeleted, message: `${kind} has been deleted` }
      : { type, status: 'False', reason: Reason.objectDoesNotExist, message: `${kind} does not exist` };
  }
  const condition = conditionIn(object, options.source);
  if (condition !== undefined) {
    const fallback = condition.status === 'True' ? reasons.good : reasons.bad;
    return { type, status: condition.status, reason: condition.reason || fallback, message: condition.message };
  }
  if (flag.value) return { type, status: 'True', reason: reasons.good };
  return { type, status: 'False', reason: reasons.bad, message: `${kind} ${flag.path} is false` };
}

/** A `metav1.Condition` of an object of any provider; older contracts may leave parts of it out. */
export function conditionIn(object: KubeObject, type: string): Condition | undefined {
  const list = valueAt(object, 'status', 'conditions');
  if (!Array.isArray(list)) return undefined;
  for (const entry of list) {
    if (!isJsonObject(entry) || entry['type'] !== type) continue;
    const { status } = entry;
    if (status !== 'True' && status !== 'False' && status !== 'Unknown') return undefined;
    const text = (field: string) => (typeof entry[field] === 'string' ? entry[field] : '');
    return {
      type,
      status,
      reason: text('reason'),
      message: text('message'),
      lastTransitionTime: text('lastTransitionTime'),
    };
  }
  return undefined;
}

/** All such conditions of an object. */
export function conditionsIn(object: KubeObject): Condition[] {
  const list = valueAt(object, 'status', 'conditions');
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    const type = valueAt(entry, 'type');
    const condition = typeof type === 'string' ? conditionIn(object, type) : undefined;
    return condition === undefined ? [] : [condition];
  });
}
