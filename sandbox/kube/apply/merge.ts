import { isJsonObject } from '../../../machinery/json';
import type { SchemaNode } from '../schema/node';
import { fieldStep, type PathSet } from './path-set';
import { type Atom, atomOf, entryNode, itemStep } from './typed';

type Plain = { [key: string]: unknown };

/** The live object with an applied configuration laid over it; neither is changed, parts are shared. */
export function mergeApplied(live: unknown, applied: unknown, node: SchemaNode | undefined): unknown {
  if (applied === undefined) return live;
  if (live === undefined || live === null) return applied;
  const atom = atomOf(node, applied ?? live);
  if (atom.kind === 'scalar' || atom.atomic) return applied;
  // Where each entry counts by itself, null has none to say anything about.
  if (applied === null) return isBare(live) ? applied : live;
  if (atom.kind === 'list') {
    if (!Array.isArray(live) || !Array.isArray(applied)) return applied;
    return live.length === 0 && applied.length === 0 ? applied : mergeItems(live, applied, atom);
  }
  if (!isJsonObject(live) || !isJsonObject(applied)) return applied;
  const out: Plain = { ...live };
  for (const [name, value] of Object.entries(applied))
    out[name] = mergeApplied(live[name], value, entryNode(node, name));
  return out;
}

const isBare = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;

/**
 * Items of both lists. Applied items keep their order among themselves; live items that are not applied keep their
 * place relative to the shared item behind them.
 */
function mergeItems(live: readonly unknown[], applied: readonly unknown[], atom: Atom & { kind: 'list' }): unknown[] {
  const liveSteps = live.map((item) => itemStep(atom, item));
  const appliedSteps = applied.map((item) => itemStep(atom, item));
  const appliedSet = new Set(appliedSteps);
  const liveByStep = new Map<string, unknown>();
  for (const [index, step] of liveSteps.entries()) {
    // A key that occurs twice is replaced as a whole.
    liveByStep.set(step, liveByStep.has(step) ? undefined : live[index]);
  }
  const shared = appliedSteps.filter((step) => liveByStep.has(step));
  const out: unknown[] = [];
  const merged = new Set<string>();
  let nextShared = 0;
  let left = 0;
  let right = 0;
  const takeApplied = (): void => {
    const step = appliedSteps[right] ?? '';
    out.push(mergeApplied(liveByStep.get(step), applied[right], atom.items));
    merged.add(step);
    if (shared[nextShared] === step) nextShared++;
    right++;
  };
  while (left < live.length || right < applied.length) {
    const step = liveSteps[left];
    if (step !== undefined && right < applied.length) {
      if (step === appliedSteps[right]) {
        takeApplied();
        left++;
        continue;
      }
      if (appliedSet.has(step) && nextShared < shared.length && shared[nextShared] !== step) {
        left++;
        continue;
      }
    }
    if (step !== undefined) {
      if (!appliedSet.has(step)) {
        out.push(live[left]);
        left++;
        continue;
      }
      if (merged.has(step)) left++;
    }
    if (right < applied.length) takeApplied();
  }
  return out;
}

/**
 * The value without the paths of a set. A map or list that loses its last entry becomes null, as in the real server.
 */
export function removePaths(value: unknown, remove: PathSet, node: SchemaNode | undefined): unknown {
  const atom = atomOf(node, value);
  if (atom.kind === 'scalar') return value;
  if (atom.atomic) return null;
  if (atom.kind === 'list') {
    if (!Array.isArray(value)) return null;
    const kept: unknown[] = [];
    for (const item of value) {
      const step = itemStep(atom, item);
      if (remove.members.has(step)) continue;
      const below = remove.below(step);
      kept.push(below.isEmpty ? item : removePaths(item, below, atom.items));
    }
    return kept.length > 0 ? kept : null;
  }
  if (!isJsonObject(value)) return null;
  const kept: Plain = {};
  for (const [name, item] of Object.entries(value)) {
    const step = fieldStep(name);
    if (remove.members.has(step)) continue;
    const below = remove.below(step);
    kept[name] = below.isEmpty ? item : removePaths(item, below, entryNode(node, name));
  }
  return Object.keys(kept).length > 0 ? kept : null;
}
