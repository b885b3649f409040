/** Everything stored has an id; rows are never changed in place. */
export interface Row {
  readonly id: string;
}

/** One row that became another, appeared (`before` undefined) or went (`after` undefined). */
export interface Change {
  readonly table: string;
  readonly id: string;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

export type Listener<R extends Row> = (before: R | undefined, after: R | undefined) => void;

/** Rows of one kind, in the order they were made. Every change is reported, so that it can be undone and written. */
export class Table<R extends Row> {
  readonly #rows = new Map<string, R>();
  /** Ids that were here: CloudStack resolves them still and then lists nothing (`cloudstack.md` 1.2). */
  readonly #gone = new Set<string>();
  readonly #listeners: Listener<R>[] = [];
  readonly #record: (change: Change) => void;

  constructor(
    readonly name: string,
    record: (change: Change) => void,
  ) {
    this.#record = record;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(id: string | undefined): R | undefined {
    return id === undefined ? undefined : this.#rows.get(id);
  }

  /** @throws Error when it is not there: rows refer only to rows that exist. */
  need(id: string): R {
    const row = this.#rows.get(id);
    if (row === undefined) throw new Error(`${this.name} ${id} is not there`);
    return row;
  }

  /** There is, or was, a row with this id. */
  knows(id: string): boolean {
    return this.#rows.has(id) || this.#gone.has(id);
  }

  values(): IterableIterator<R> {
    return this.#rows.values();
  }

  filter(keep: (row: R) => boolean): R[] {
    const found: R[] = [];
    for (const row of this.#rows.values()) if (keep(row)) found.push(row);
    return found;
  }

  find(matches: (row: R) => boolean): R | undefined {
    for (const row of this.#rows.values()) if (matches(row)) return row;
    return undefined;
  }

  put(row: R): R {
    this.#change(row.id, row);
    return row;
  }

  patch(id: string, change: Partial<R>): R {
    return this.put({ ...this.need(id), ...change });
  }

  remove(id: string): void {
    if (this.#rows.has(id)) this.#change(id, undefined);
  }

  /** Hears of every change, loading and undoing included, and at once of all rows that are here. */
  listen(listener: Listener<R>): void {
    this.#listeners.push(listener);
    for (const row of this.#rows.values()) listener(undefined, row);
  }

  /** Sets a row without reporting it: for loading and undoing. */
  restore(id: string, row: R | undefined, wasKnown = true): void {
    const before = this.#rows.get(id);
    if (row === undefined) {
      this.#rows.delete(id);
      if (wasKnown) this.#gone.add(id);
    } else {
      this.#rows.set(id, row);
      this.#gone.delete(id);
    }
    for (const listener of this.#listeners) listener(before, row);
  }

  snapshot(): { readonly rows: readonly R[]; readonly gone: readonly string[] } {
    return { rows: [...this.#rows.values()], gone: [...this.#gone] };
  }

  load(rows: readonly R[], gone: readonly string[]): void {
    for (const id of gone) this.#gone.add(id);
    for (const row of rows) this.restore(row.id, row);
  }

  #change(id: string, after: R | undefined): void {
    const before = this.#rows.get(id);
    this.#record({ table: this.name, id, before, after });
    this.restore(id, after);
  }
}
