import { isJsonObject } from '../../../machinery/json';

/**
 * A step of a path as FieldsV1 writes it: `f:<field>`, `k:{<keys of a list item>}`, `v:<value in a set>`.
 * The text is canonical, so that equal steps are equal strings.
 */
export type Step = string;

export const fieldStep = (name: string): Step => `f:${name}`;

/** A set of field paths: which steps belong to it here, and the sets below steps. Immutable by convention. */
export class PathSet {
  static readonly empty = new PathSet(new Set(), new Map());

  constructor(
    readonly members: ReadonlySet<Step>,
    readonly children: ReadonlyMap<Step, PathSet>,
  ) {}

  get isEmpty(): boolean {
    if (this.members.size > 0) return false;
    for (const child of this.children.values()) if (!child.isEmpty) return false;
    return true;
  }

  below(step: Step): PathSet {
    return this.children.get(step) ?? PathSet.empty;
  }

  has(path: readonly Step[]): boolean {
    const [step, ...rest] = path;
    if (step === undefined) return false;
    return rest.length === 0 ? this.members.has(step) : this.below(step).has(rest);
  }

  union(other: PathSet): PathSet {
    if (other.isEmpty) return this;
    if (this.isEmpty) return other;
    const children = new Map(this.children);
    for (const [step, child] of other.children) children.set(step, this.below(step).union(child));
    return new PathSet(new Set([...this.members, ...other.members]), children);
  }

  intersection(other: PathSet): PathSet {
    const members = [...this.members].filter((step) => other.members.has(step));
    return PathSet.of(members, this.children, (step, child) => child.intersection(other.below(step)));
  }

  /** Takes away exactly the paths of `other`; what lies below them stays. */
  difference(other: PathSet): PathSet {
    if (other.isEmpty) return this;
    const members = [...this.members].filter((step) => !other.members.has(step));
    return PathSet.of(members, this.children, (step, child) => child.difference(other.below(step)));
  }

  /** Takes away the paths of `other` and everything below them. */
  without(other: PathSet): PathSet {
    if (other.isEmpty) return this;
    const members = [...this.members].filter((step) => !other.members.has(step));
    return PathSet.of(members, this.children, (step, child) =>
      other.members.has(step) ? PathSet.empty : child.without(other.below(step)),
    );
  }

  /** Every path, in the order of the text form. */
  paths(): Step[][] {
    const found: Step[][] = [];
    for (const step of [...new Set([...this.members, ...this.children.keys()])].sort(byStep)) {
      if (this.members.has(step)) found.push([step]);
      for (const rest of this.below(step).paths()) found.push([step, ...rest]);
    }
    return found;
  }

  equals(other: PathSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty;
  }

  private static of(
    members: Iterable<Step>,
    children: ReadonlyMap<Step, PathSet>,
    change: (step: Step, child: PathSet) => PathSet,
  ): PathSet {
    const kept = new Map<Step, PathSet>();
    for (const [step, child] of children) {
      const changed = change(step, child);
      if (!changed.isEmpty) kept.set(step, changed);
    }
    return new PathSet(new Set(members), kept);
  }
}

/** Collects paths, then becomes a PathSet. */
export class PathCollector {
  readonly members = new Set<Step>();
  readonly children = new Map<Step, PathCollector>();

  below(step: Step): PathCollector {
    let child = this.children.get(step);
    if (child === undefined) {
      child = new PathCollector();
      this.children.set(step, child);
    }
    return child;
  }

  done(): PathSet {
    if (this.members.size === 0 && this.children.size === 0) return PathSet.empty;
    const children = new Map<Step, PathSet>();
    for (const [step, child] of this.children) {
      const set = child.done();
      if (!set.isEmpty) children.set(step, set);
    }
    return new PathSet(this.members, children);
  }
}

/** Builds a set from paths of field names. */
export function pathSetOf(...paths: readonly (readonly string[])[]): PathSet {
  const root = new PathCollector();
  for (const path of paths) {
    let at = root;
    for (const [index, name] of path.entries()) {
      if (index === path.length - 1) at.members.add(fieldStep(name));
      else at = at.below(fieldStep(name));
    }
  }
  return root.done();
}

/** `fieldsV1` as stored in managedFields. */
export function toFieldsV1(set: PathSet): { [step: string]: unknown } {
  const out: { [step: string]: unknown } = {};
  for (const step of [...new Set([...set.members, ...set.children.keys()])].sort(byStep)) {
    const below = set.children.get(step);
    if (below === undefined || below.isEmpty) out[step] = {};
    else out[step] = set.members.has(step) ? { '.': {}, ...toFieldsV1(below) } : toFieldsV1(below);
  }
  return out;
}

/**
 * Reads `fieldsV1`.
 * @throws Error when it is not a tree of steps.
 */
export function fromFieldsV1(fields: unknown): PathSet {
  if (!isJsonObject(fields)) throw new Error('fieldsV1 is not an object');
  const members = new Set<Step>();
  const children = new Map<Step, PathSet>();
  for (const [step, below] of Object.entries(fields)) {
    if (step === '.') continue;
    if (!/^[fkvi]:/.test(step)) throw new Error(`fieldsV1 has an unknown step ${step}`);
    const isLeaf = !isJsonObject(below) || Object.keys(below).length === 0;
    if (isLeaf || '.' in below) members.add(step);
    if (isLeaf) continue;
    const child = fromFieldsV1(below);
    if (!child.isEmpty) children.set(step, child);
  }
  return new PathSet(members, children);
}

const ORDER = 'fkvi';

function byStep(left: Step, right: Step): number {
  const kind = ORDER.indexOf(left.charAt(0)) - ORDER.indexOf(right.charAt(0));
  return kind !== 0 ? kind : left < right ? -1 : left > right ? 1 : 0;
}

/** How conflict messages print a path: `.spec.containers[name="a"].image`. */
export function printPath(path: readonly Step[]): string {
  return path
    .map((step) => {
      const text = step.slice(2);
      if (step.startsWith('f:')) return `.${text}`;
      if (step.startsWith('v:')) return `[=${text}]`;
      if (step.startsWith('i:')) return `[${text}]`;
      const keys = Object.entries(JSON.parse(text) as { [key: string]: unknown });
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}
