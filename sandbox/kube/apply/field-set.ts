import { isJsonObject } from '../../../machinery/json';
import type { SchemaNode } from '../schema/node';
import { fieldStep, PathCollector, PathSet, type Step } from './path-set';
import { type Atom, atomOf, entryNode, isNamedField, itemStep } from './typed';

/** The paths an applied configuration speaks about. */
export function fieldSetOf(value: unknown, node: SchemaNode | undefined): PathSet {
  const root = new PathCollector();
  if (isJsonObject(value)) collectEntries(value, node, root);
  return root.done();
}

/** Collects the paths of a value that sits at `step` of `parent`. */
function collect(value: unknown, node: SchemaNode | undefined, parent: PathCollector, step: Step): void {
  const atom = atomOf(node, value);
  if (atom.kind === 'scalar' || atom.atomic) parent.members.add(step);
  else if (atom.kind === 'list') {
    if (Array.isArray(value) && value.length > 0) collectItems(value, atom, parent.below(step));
  } else if (isJsonObject(value)) collectEntries(value, node, parent, step);
}

function collectItems(items: readonly unknown[], atom: Atom & { kind: 'list' }, at: PathCollector): void {
  const steps = items.map((item) => itemStep(atom, item));
  const twice = new Set(steps).size < steps.length ? steps.filter((step, index) => steps.indexOf(step) !== index) : [];
  for (const [index, step] of steps.entries()) {
    at.members.add(step);
    // A key that occurs twice is owned as a whole.
    if (!twice.includes(step)) collect(items[index], atom.items, at, step);
  }
}

/** Entries of a map; it is `outer` itself, or sits at `step` of it. */
function collectEntries(
  value: { readonly [key: string]: unknown },
  node: SchemaNode | undefined,
  outer: PathCollector,
  step?: Step,
): void {
  const names = Object.keys(value);
  if (names.length === 0) return;
  const at = step === undefined ? outer : outer.below(step);
  for (const name of names) {
    const item = value[name];
    if (item === undefined) continue;
    const below = fieldStep(name);
    collect(item, entryNode(node, name), at, below);
    const isEmpty = item === null || (isJsonObject(item) && Object.keys(item).length === 0);
    if (isEmpty || !isNamedField(node, name)) at.members.add(below);
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
