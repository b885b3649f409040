import { type ConditionReport, conditionOf, type WithConditions } from '../../../machinery/conditions';
import type { KubeObject } from '../../../machinery/kube-object';

/** How long a report that nobody acts on waits for a better one. */
const PATIENCE_MS = 1_000;

/** Reports that wait: machine and type → since when, in milliseconds. Losing it costs some early writes. */
export type WithheldConditions = ReadonlyMap<string, number>;

export interface Sifted {
  /** To be written now. */
  readonly due: readonly ConditionReport[];
  readonly held: WithheldConditions;
}

/**
 * Holds back, for a moment, that a condition which was not good is now not good in another way: nobody acts on that.
 * A machine that joins passes through several such states within a second (its Node is there, its pods and its etcd
 * member are not yet), and each would be a write. What becomes good, or ceases to be, is always due. Pure.
 * @param before - what waited until now
 */
export function sift(
  machine: KubeObject & WithConditions,
  reports: readonly ConditionReport[],
  before: WithheldConditions,
  now: number,
): Sifted {
  const due: ConditionReport[] = [];
  const held = new Map<string, number>();
  for (const report of reports) {
    const id = `${machine.metadata.name} ${report.type}`;
    const since = before.get(id) ?? now;
    if (mayWait(machine, report) && now - since < PATIENCE_MS) held.set(id, since);
    else due.push(report);
  }
  return { due, held };
}

function mayWait(machine: WithConditions, report: ConditionReport): boolean {
  const stored = conditionOf(machine, report.type);
  if (stored === undefined || stored.status === 'True' || report.status === 'True') return false;
  return stored.status !== report.status || stored.reason !== report.reason;
}

/** Milliseconds until the first of them is due; undefined: none waits. */
export function patienceLeft(held: WithheldConditions, now: number): number | undefined {
  if (held.size === 0) return undefined;
  return Math.max(0, Math.min(...held.values()) + PATIENCE_MS - now);
}
