import { isJsonObject } from '../../../machinery/json';

/** One step of a path: a field, an index, all items, or the items with a field of a value. */
type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'filter'; readonly path: readonly Step[]; readonly value: unknown };

const cache = new Map<string, readonly Step[]>();

/** Values at a JSONPath as printer columns use it: `.a.b`, `['c']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`. */
export function jsonPathValues(root: unknown, path: string): unknown[] {
  let steps = cache.get(path);
  if (steps === undefined) {
    steps = parse(path.replace(/^\{|\}$/g, '').replace(/^\$/, ''));
    cache.set(path, steps);
  }
  return walk([root], steps);
}

function walk(values: readonly unknown[], steps: readonly Step[]): unknown[] {
  let current: unknown[] = [...values];
  for (const step of steps) current = current.flatMap((value) => take(value, step));
  return current;
}

function take(value: unknown, step: Step): unknown[] {
  switch (step.kind) {
    case 'field': {
      const item = isJsonObject(value) ? value[step.name] : undefined;
      return item === undefined ? [] : [item];
    }
    case 'index': {
      const item: unknown = Array.isArray(value) ? value.at(step.index) : undefined;
      return item === undefined ? [] : [item];
    }
    case 'all':
      return Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
    case 'filter':
      return Array.isArray(value) ? value.filter((item) => walk([item], step.path)[0] === step.value) : [];
  }
}

/** A name ends where Go's parser ends it; a backslash takes the next character as it is. */
const NAME = String.raw`(?:\\.|[^\\\s.,[\]$@{}()=!<>])+`;
const QUOTED = String.raw`'((?:\\.|[^\\'])*)'|"((?:\\.|[^\\"])*)"`;
const FILTER = String.raw`\?\(@((?:\.${NAME})+)\s*==\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))\)`;
const STEP = String.raw`\.(${NAME})|\[(?:${QUOTED}|(-?\d+)|(\*)|${FILTER})\]`;

function parse(path: string): Step[] {
  const steps: Step[] = [];
  const pattern = new RegExp(STEP, 'gy');
  const text = path.startsWith('.') || path.startsWith('[') ? path : `.${path}`;
  for (;;) {
    const match = pattern.exec(text);
    if (match === null) return steps;
    const [, name, quoted, doubleQuoted, index, all, filter, first, second, bare] = match;
    const field = name ?? quoted ?? doubleQuoted;
    if (name === '*' || all !== undefined) steps.push({ kind: 'all' });
    else if (field !== undefined) steps.push({ kind: 'field', name: field.replace(/\\(.)/g, '$1') });
    else if (index !== undefined) steps.push({ kind: 'index', index: Number(index) });
    else if (filter !== undefined) {
      const value = first ?? second ?? (bare === 'true' ? true : bare === 'false' ? false : Number(bare));
      steps.push({ kind: 'filter', path: parse(filter), value });
    }
  }
}
