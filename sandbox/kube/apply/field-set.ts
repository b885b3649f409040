import { isJsonObject } from '../../../machinery/json';
import type { SchemaNode } from '../schema/node';
import { fieldStep, PathCollector, PathSet } from './path-set';
import { atomOf, entryNode, isNamedField, itemStep } from './typed';

/** The paths an applied configuration speaks about. */
export function fieldSetOf(value: unknown, node: SchemaNode | undefined): PathSet {
  const root = new PathCollector();
  collect(value, node, { below: () => root, mark: () => undefined });
  return root.done();
}

/** Where a value sits: `mark` puts its own path into the set. */
interface Place {
  below(): PathCollector;
  mark(): void;
}

function collect(value: unknown, node: SchemaNode | undefined, place: Place): void {
  const atom = atomOf(node, value);
  if (atom.kind === 'scalar' || atom.atomic) {
    place.mark();
    return;
  }
  if (atom.kind === 'list') {
    if (!Array.isArray(value)) return;
    const counts = new Map<string, number>();
    const steps = value.map((item) => itemStep(atom, item));
    for (const step of steps) counts.set(step, (counts.get(step) ?? 0) + 1);
    for (const [index, step] of steps.entries()) {
      const at = place.below();
      at.members.add(step);
      // A key that occurs twice is owned as a whole.
      if ((counts.get(step) ?? 0) > 1) continue;
      collect(value[index], atom.items, { below: () => at.below(step), mark: () => at.members.add(step) });
    }
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [name, item] of Object.entries(value)) {
    const step = fieldStep(name);
    const at = place.below();
    collect(item, entryNode(node, name), { below: () => at.below(step), mark: () => at.members.add(step) });
    const isEmpty = item === null || (isJsonObject(item) && Object.keys(item).length === 0);
    if (isEmpty || !isNamedField(node, name)) at.members.add(step);
  }
}

/** Adds the named fields above the paths of a set: they can then be removed when nothing of them is left. */
export function withNamedFields(set: PathSet, node: SchemaNode | undefined): PathSet {
  const members = new Set(set.members);
  const children = new Map<string, PathSet>();
  for (const [step, child] of set.children) {
    const name = step.startsWith('f:') ? step.slice(2) : undefined;
    if (name !== undefined && isNamedField(node, name)) members.add(step);
    const below = name !== undefined ? entryNode(node, name) : step.startsWith('k:') ? node?.items : undefined;
    children.set(step, withNamedFields(child, below));
  }
  return new PathSet(members, children);
}
