import type { MachineSpec, Taint } from '../../../api/kinds';
import { OUTDATED_REVISION_TAINT, UNINITIALIZED_TAINT } from '../../../api/labels';

/** Which taints a Node shall have because of its Machine (`capi.md` 4.3, "taints"). Pure. */

export type MachineTaint = NonNullable<MachineSpec['taints']>[number];

/**
 * Annotation of a Node: the taints that are kept on it from its Machine, `key:Effect,…`. That it is there says as well
 * that the Node is initialized: taints for the initialization alone are not added any more.
 */
export const TAINTS_FROM_MACHINE_ANNOTATION = 'cluster.x-k8s.io/taints-from-machine';

export interface TaintIntent {
  /** `spec.taints` of the Machine. */
  readonly wanted: readonly MachineTaint[];
  /** What the Node's annotation says; undefined: it has none. */
  readonly tracked: string | undefined;
  /** Its MachineSet is of an older revision than its MachineDeployment; undefined: not known, leave the taint alone. */
  readonly outdated: boolean | undefined;
}

/** The taints as they should be, in their order; foreign ones stay as they are. */
export function taintsAsIntended(current: readonly Taint[], intent: TaintIntent): Taint[] {
  const { wanted, tracked, outdated } = intent;
  const before = new Set((tracked ?? '').split(','));
  const removed = (taint: Taint): boolean => {
    if (isSame(taint, UNINITIALIZED_TAINT)) return true;
    if (isSame(taint, OUTDATED_REVISION_TAINT)) return outdated === false;
    return before.has(idOf(taint)) && !wanted.some((other) => isSame(taint, other));
  };
  let taints = current.filter((taint) => !removed(taint));
  for (const { propagation, ...taint } of wanted) {
    const present = taints.find((other) => isSame(other, taint));
    if (present === undefined) {
      if (propagation === 'Always' || tracked === undefined) taints.push(taint);
    } else if (propagation === 'Always' && (present.value ?? '') !== (taint.value ?? '')) {
      taints = taints.map((other) => (other === present ? taint : other));
    }
  }
  if (outdated === true && !taints.some((taint) => isSame(taint, OUTDATED_REVISION_TAINT))) {
    taints.push({ ...OUTDATED_REVISION_TAINT });
  }
  return taints;
}

/** Value of the annotation: taints that were set once are not followed. */
export function trackedTaints(wanted: readonly MachineTaint[]): string {
  return wanted
    .filter((taint) => taint.propagation === 'Always')
    .map(idOf)
    .sort()
    .join(',');
}

function idOf(taint: { readonly key: string; readonly effect: string }): string {
  return `${taint.key}:${taint.effect}`;
}

/** Kubernetes tells taints apart by key and effect; the value is not part of that. */
function isSame(a: { key: string; effect: string }, b: { key: string; effect: string }): boolean {
  return a.key === b.key && a.effect === b.effect;
}
