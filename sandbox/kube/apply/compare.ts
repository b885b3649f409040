import { equalJson, isJsonObject } from '../../../machinery/json';
import type { SchemaNode } from '../schema/node';
import { fieldStep, PathCollector, type PathSet } from './path-set';
import { type Atom, atomOf, entryNode, itemStep } from './typed';

/** What differs between two states of an object, by path. */
export interface Comparison {
  readonly removed: PathSet;
  readonly modified: PathSet;
  readonly added: PathSet;
}

/** One place in both states; `undefined` is absence, null is a value. */
interface Walk {
  readonly removed: PathCollector;
  readonly modified: PathCollector;
  readonly added: PathCollector;
}

export function compare(left: unknown, right: unknown, node: SchemaNode | undefined): Comparison {
  const root: Walk = { removed: new PathCollector(), modified: new PathCollector(), added: new PathCollector() };
  walkBelow(left, right, node, root);
  return { removed: root.removed.done(), modified: root.modified.done(), added: root.added.done() };
}

const isBare = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0);

/** Compares what lies at `step` below `at`. */
function walk(left: unknown, right: unknown, node: SchemaNode | undefined, at: Walk, step: string): void {
  if (left === right && left !== undefined) return;
  const leftAtom = atomOf(node, left);
  const rightAtom = atomOf(node, right);
  let isLeaf = false;
  const visit = (atom: Atom): void => {
    if (atom.kind === 'scalar' || atom.atomic || (isBare(left) && isBare(right))) {
      if (!isLeaf && left !== undefined && right !== undefined && !equalJson(left, right))
        at.modified.members.add(step);
      isLeaf ||= atom.kind === 'scalar' || atom.atomic || (isBare(left) && isBare(right));
      if (left === undefined) at.added.members.add(step);
      else if (right === undefined) at.removed.members.add(step);
      return;
    }
    const below: Walk = {
      removed: at.removed.below(step),
      modified: at.modified.below(step),
      added: at.added.below(step),
    };
    if (atom.kind === 'list') walkItems(left, right, atom, below);
    else walkEntries(left, right, node, below);
  };
  if (right === undefined) visit(leftAtom);
  else if (left === undefined || sameAtom(leftAtom, rightAtom)) visit(rightAtom);
  else {
    visit(leftAtom);
    visit(rightAtom);
  }
  if (isLeaf) return;
  if (left === undefined) at.added.members.add(step);
  else if (right === undefined) at.removed.members.add(step);
}

const sameAtom = (left: Atom, right: Atom): boolean =>
  left.kind === right.kind && (left.kind === 'scalar' || right.kind === 'scalar' || left.atomic === right.atomic);

/** The root has no path of its own. */
function walkBelow(left: unknown, right: unknown, node: SchemaNode | undefined, at: Walk): void {
  walkEntries(left, right, node, at);
}

function walkEntries(left: unknown, right: unknown, node: SchemaNode | undefined, at: Walk): void {
  const before = isJsonObject(left) ? left : {};
  const after = isJsonObject(right) ? right : {};
  for (const name of Object.keys(before)) {
    walk(before[name], after[name], entryNode(node, name), at, fieldStep(name));
  }
  for (const name of Object.keys(after)) {
    if (before[name] === undefined) walk(undefined, after[name], entryNode(node, name), at, fieldStep(name));
  }
}

function walkItems(left: unknown, right: unknown, atom: Atom & { kind: 'list' }, at: Walk): void {
  const before = group(left, atom);
  const after = group(right, atom);
  for (const step of new Set([...before.keys(), ...after.keys()])) {
    const lefts = before.get(step) ?? [];
    const rights = after.get(step) ?? [];
    if (lefts.length <= 1 && rights.length <= 1) walk(lefts[0], rights[0], atom.items, at, step);
    else if (lefts.length >= 2 && rights.length >= 2) {
      if (!equalJson(lefts, rights)) at.modified.members.add(step);
    } else if (lefts.length >= 2) {
      if (rights.length > 0) walk(undefined, rights[0], atom.items, at, step);
      at.removed.members.add(step);
    } else {
      if (lefts.length > 0) walk(lefts[0], undefined, atom.items, at, step);
      at.added.members.add(step);
    }
  }
}

function group(list: unknown, atom: Atom & { kind: 'list' }): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  if (!Array.isArray(list)) return groups;
  for (const item of list) {
    const step = itemStep(atom, item);
    const found = groups.get(step);
    if (found === undefined) groups.set(step, [item]);
    else found.push(item);
  }
  return groups;
}
