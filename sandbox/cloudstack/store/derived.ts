import type { Row, Table } from './table';

const NONE: ReadonlySet<string> = new Set();

/** Ids of rows by key, kept true by the table itself. A row may have several keys, or none. */
export class Index<R extends Row> {
  readonly #ids = new Map<string, Set<string>>();

  constructor(table: Table<R>, keysOf: (row: R) => readonly string[]) {
    table.listen((before, after) => {
      const old = before === undefined ? [] : keysOf(before);
      const now = after === undefined ? [] : keysOf(after);
      const id = after?.id ?? before?.id ?? '';
      // Keys that stay are left alone, so that rows may be changed while somebody walks over their ids.
      for (const key of old) if (!now.includes(key)) this.#remove(key, id);
      for (const key of now) if (!old.includes(key)) this.#add(key, id);
    });
  }

  get(key: string): ReadonlySet<string> {
    return this.#ids.get(key) ?? NONE;
  }

  #add(key: string, id: string): void {
    const ids = this.#ids.get(key);
    if (ids === undefined) this.#ids.set(key, new Set([id]));
    else ids.add(id);
  }

  #remove(key: string, id: string): void {
    const ids = this.#ids.get(key);
    ids?.delete(id);
    if (ids?.size === 0) this.#ids.delete(key);
  }
}

/** Sums over rows by key, kept true by the tables themselves. */
export class Tally {
  readonly #sums = new Map<string, number>();

  count<R extends Row>(
    table: Table<R>,
    sharesOf: (row: R) => readonly (readonly [key: string, amount: number])[],
  ): void {
    table.listen((before, after) => {
      for (const [key, amount] of before === undefined ? [] : sharesOf(before)) this.#add(key, -amount);
      for (const [key, amount] of after === undefined ? [] : sharesOf(after)) this.#add(key, amount);
    });
  }

  get(key: string): number {
    return this.#sums.get(key) ?? 0;
  }

  #add(key: string, amount: number): void {
    this.#sums.set(key, this.get(key) + amount);
  }
}
