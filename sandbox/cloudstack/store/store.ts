import { isJsonObject } from '../../../machinery/json';
import type { Journal } from '../../ports';
import { type Change, type Row, Table } from './table';

/** One journal entry: the rows a transaction left behind; `null` for one that went. */
type Entry = readonly (readonly [table: string, id: string, row: Row | null])[];

interface Snapshot {
  readonly [table: string]: { readonly rows: readonly Row[]; readonly gone: readonly string[] };
}

/**
 * All state of the cloud. A transaction is written to the journal as one entry before anybody hears of it, or undone
 * when it throws; what it wants done outside (machines powered on, timers started) happens after the write.
 */
export class Store {
  readonly #journal: Journal | undefined;
  readonly #tables = new Map<string, Table<Row>>();
  readonly #committed: ((changes: readonly Change[]) => void)[] = [];
  #changes: Change[] = [];
  #effects: (() => void)[] = [];
  #depth = 0;

  constructor(journal: Journal | undefined) {
    this.#journal = journal;
  }

  table<R extends Row>(name: string): Table<R> {
    const table = new Table<R>(name, (change) => this.#record(change));
    // The map only stores, restores and writes rows; it never looks inside.
    this.#tables.set(name, table as unknown as Table<Row>);
    return table;
  }

  knows(tables: readonly string[], id: string): boolean {
    return tables.some((name) => this.#tables.get(name)?.knows(id) === true);
  }

  /** Hears of the changes of every transaction, after it was written. */
  onCommit(listener: (changes: readonly Change[]) => void): void {
    this.#committed.push(listener);
  }

  /** Runs `work` when the current transaction is written; never when it is undone. */
  afterCommit(work: () => void): void {
    if (this.#depth === 0) work();
    else this.#effects.push(work);
  }

  /** Runs `work` as a whole or not at all. Inside another transaction it is part of that one. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#depth++;
    let result: T;
    try {
      result = work();
    } catch (error) {
      this.#undo();
      throw error;
    } finally {
      this.#depth--;
    }
    this.#commit();
    return result;
  }

  /** Loads what the journal holds. @returns false when it is empty: a new cloud */
  load(): boolean {
    if (this.#journal === undefined) return false;
    const { snapshot, entries } = this.#journal.load();
    if (!isJsonObject(snapshot) && entries.length === 0) return false;
    // Only this class writes the journal, so both have the shapes written below.
    for (const [name, saved] of Object.entries((snapshot ?? {}) as Snapshot)) {
      this.#tables.get(name)?.load(saved.rows, saved.gone);
    }
    for (const entry of entries as readonly Entry[]) {
      for (const [name, id, row] of entry) this.#tables.get(name)?.restore(id, row ?? undefined);
    }
    return true;
  }

  #record(change: Change): void {
    if (this.#depth === 0) throw new Error(`${change.table} ${change.id} changed outside a transaction`);
    this.#changes.push(change);
  }

  #undo(): void {
    for (const change of this.#changes.reverse()) {
      this.#tables.get(change.table)?.restore(change.id, change.before, change.before !== undefined);
    }
    this.#changes = [];
    this.#effects = [];
  }

  #commit(): void {
    const changes = this.#changes;
    const effects = this.#effects;
    this.#changes = [];
    this.#effects = [];
    if (changes.length > 0) {
      this.#write(changes);
      for (const listener of this.#committed) listener(changes);
    }
    for (const effect of effects) effect();
  }

  #write(changes: readonly Change[]): void {
    if (this.#journal === undefined) return;
    const last = new Map<string, readonly [string, string, Row | null]>();
    for (const { table, id, after } of changes) last.set(`${table} ${id}`, [table, id, after ?? null]);
    this.#journal.append([...last.values()]);
    this.#journal.compact(() => Object.fromEntries([...this.#tables].map(([name, table]) => [name, table.snapshot()])));
  }
}
