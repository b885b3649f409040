/**
 * Conversions as lenses: each is declared once and works both ways, in place, on plain JSON. `up` goes from an old
 * version to the hub, `down` back. Lenses may lose what the other side cannot say; `lossless.ts` looks after that.
 */
import { isJsonObject, valueAt } from '../../machinery/json';

export type Fields = { [key: string]: unknown };

export interface Lens {
  up(fields: Fields): void;
  down(fields: Fields): void;
}

/** Translates one value; undefined: the other side cannot say it. */
export interface Codec {
  up(value: unknown): unknown;
  down(value: unknown): unknown;
}

const same: Codec = { up: (value) => value, down: (value) => value };

/** Lenses one after the other; on the way down in reverse order. */
export function sequence(...lenses: readonly Lens[]): Lens {
  return {
    up(fields) {
      for (const lens of lenses) lens.up(fields);
    },
    down(fields) {
      for (const lens of [...lenses].reverse()) lens.down(fields);
    },
  };
}

/** A field that stands elsewhere, or in another form. Paths are dotted; objects on the way come and go as needed. */
export function move(old: string, hub: string, codec: Codec = same): Lens {
  return {
    up: (fields) => carry(fields, old, hub, codec.up),
    down: (fields) => carry(fields, hub, old, codec.down),
  };
}

/** A field in another form. */
export function recode(path: string, codec: Codec): Lens {
  return move(path, path, codec);
}

/** Fields that the hub does not have. */
export function oldOnly(...paths: readonly string[]): Lens {
  return { up: (fields) => paths.forEach((path) => void take(fields, path)), down: () => {} };
}

/** Fields that only the hub has. */
export function hubOnly(...paths: readonly string[]): Lens {
  return { up: () => {}, down: (fields) => paths.forEach((path) => void take(fields, path)) };
}

/** Fields that the old version requires; filled in with what it means by "not set". */
export function oldNeeds(path: string, empty: unknown): Lens {
  return {
    up: () => {},
    down(fields) {
      if (valueAt(fields, ...path.split('.')) === undefined) put(fields, path, empty);
    },
  };
}

/** A lens on the object at a path, when there is one. `a.b[].c` goes through every entry of the list `a.b`. */
export function within(path: string, ...lenses: readonly Lens[]): Lens {
  const lens = sequence(...lenses);
  return {
    up: (fields) => objectsAt(fields, path).forEach((inner) => void lens.up(inner)),
    down: (fields) => objectsAt(fields, path).forEach((inner) => void lens.down(inner)),
  };
}

function objectsAt(root: unknown, path: string): Fields[] {
  const found = path.split('.').reduce<unknown[]>(
    (values, step) => {
      const name = step.endsWith('[]') ? step.slice(0, -2) : step;
      return values.flatMap((value) => {
        const next = valueAt(value, name);
        return name !== step && Array.isArray(next) ? next : [next];
      });
    },
    [root],
  );
  return found.filter(isJsonObject);
}

function carry(fields: Fields, from: string, to: string, translate: (value: unknown) => unknown): void {
  const value = take(fields, from);
  const translated = value === undefined ? undefined : translate(value);
  if (translated !== undefined) put(fields, to, translated);
}

/** Removes and returns a value, and the objects around it that are empty then. */
export function take(fields: Fields, path: string): unknown {
  const [step = '', ...rest] = path.split('.');
  const value = fields[step];
  if (rest.length === 0) {
    delete fields[step];
    return value;
  }
  if (!isJsonObject(value)) return undefined;
  const taken = take(value, rest.join('.'));
  if (taken !== undefined && Object.keys(value).length === 0) delete fields[step];
  return taken;
}

/** Sets a value, making the objects on the way. */
export function put(fields: Fields, path: string, value: unknown): void {
  const [step = '', ...rest] = path.split('.');
  if (rest.length === 0) {
    fields[step] = value;
    return;
  }
  const existing = fields[step];
  const inner: Fields = isJsonObject(existing) ? existing : {};
  fields[step] = inner;
  put(inner, rest.join('.'), value);
}
