import type { KubeObject, ObjectKey } from '../../../machinery/kube-object';
import type { Journal } from '../../ports';
import type { StoreEvent } from './event';
import { deepFreeze } from './freeze';
import { Table } from './table';

interface JournalEntry {
  readonly revision: number;
  readonly table: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | null;
}

/** Changes kept per table for watches and consistent pages, unless `compact` drops them sooner. */
const DEFAULT_HISTORY = 10_000;

export interface StoreOptions {
  readonly journal?: Journal | undefined;
  /** Changes kept per table. @default 10000 */
  readonly history?: number | undefined;
}

/**
 * Objects by table (`group/resource`), namespace and name under one revision counter, with a history of changes: what
 * etcd is to a real API server. Writes compare by identity: the writer hands in the state it has seen.
 */
export class Store {
  readonly #tables = new Map<string, Table>();
  readonly #journal: Journal | undefined;
  readonly #history: number;
  readonly #listeners = new Set<(table: string, event: StoreEvent) => void>();
  #revision = 1;

  constructor(options: StoreOptions = {}) {
    this.#journal = options.journal;
    this.#history = options.history ?? DEFAULT_HISTORY;
    this.#load();
  }

  get revision(): number {
    return this.#revision;
  }

  get(table: string, key: ObjectKey): KubeObject | undefined {
    return this.#tables.get(table)?.get(key.namespace, key.name);
  }

  /** In the order of etcd's keys: namespace, then name, by code unit. */
  list(table: string, namespace?: string): readonly KubeObject[] {
    return this.#tables.get(table)?.list(namespace) ?? [];
  }

  /**
   * The state at an earlier revision.
   * @throws RevisionCompacted
   */
  listAt(table: string, revision: number, namespace?: string): readonly KubeObject[] {
    return this.#table(table).listAt(revision, namespace);
  }

  /**
   * Changes after a revision, oldest first.
   * @throws RevisionCompacted
   */
  since(table: string, revision: number): readonly StoreEvent[] {
    return this.#table(table).since(revision);
  }

  /** A table that begins now: there is nothing to tell about before. Of no effect on one that is there. */
  begin(table: string): void {
    if (!this.#tables.has(table)) this.#table(table).compact(this.#revision);
  }

  tables(): readonly string[] {
    return [...this.#tables.keys()];
  }

  /**
   * Writes `object` where `expected` is the current state (undefined: nothing is there).
   * Returns the stored object with its new resourceVersion, or undefined when somebody else wrote in between.
   */
  put(table: string, object: KubeObject, expected: KubeObject | undefined): KubeObject | undefined {
    const namespace = object.metadata.namespace ?? '';
    const place = this.#table(table);
    const previous = place.get(namespace, object.metadata.name);
    if (previous !== expected) return undefined;
    const revision = this.#revision + 1;
    const stored = deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
    this.#commit(place, table, { revision, table, namespace, name: object.metadata.name, object: stored }, previous);
    return stored;
  }

  /**
   * Removes `expected`. Watchers see `final` (by default the stored state) under the revision of the deletion; it is
   * returned, or undefined on a lost race.
   */
  remove(table: string, expected: KubeObject, final: KubeObject = expected): KubeObject | undefined {
    const namespace = expected.metadata.namespace ?? '';
    const { name } = expected.metadata;
    const place = this.#table(table);
    if (place.get(namespace, name) !== expected) return undefined;
    const revision = this.#revision + 1;
    this.#commit(place, table, { revision, table, namespace, name, object: null }, expected, final);
    return place.last()?.object;
  }

  /** Called after every commit, in order, synchronously. Listeners must not throw. */
  subscribe(listener: (table: string, event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets the history, as etcd's compaction does: older watches and pages answer 410. */
  compact(): void {
    for (const table of this.#tables.values()) table.compact(this.#revision);
  }

  close(): void {
    this.#journal?.close();
  }

  #commit(
    place: Table,
    table: string,
    entry: JournalEntry,
    previous: KubeObject | undefined,
    final?: KubeObject,
  ): void {
    this.#journal?.append(entry);
    this.#revision = entry.revision;
    const event = place.apply(entry.namespace, entry.name, entry.object ?? undefined, previous, entry.revision, final);
    this.#journal?.compact(() => this.#snapshot());
    for (const listener of this.#listeners) listener(table, event);
  }

  #table(name: string): Table {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = new Table(this.#history);
      this.#tables.set(name, table);
    }
    return table;
  }

  #snapshot(): unknown {
    const tables: { [name: string]: readonly KubeObject[] } = {};
    for (const [name, table] of this.#tables) tables[name] = table.list();
    return { revision: this.#revision, tables };
  }

  #load(): void {
    const loaded = this.#journal?.load();
    if (loaded === undefined) return;
    // Both were written by this class; the journal refuses files it cannot read.
    const snapshot = loaded.snapshot as { revision: number; tables: { [name: string]: KubeObject[] } } | undefined;
    for (const [name, objects] of Object.entries(snapshot?.tables ?? {})) {
      const table = this.#table(name);
      for (const object of objects) {
        deepFreeze(object);
        table.restore(object.metadata.namespace ?? '', object.metadata.name, object);
      }
    }
    this.#revision = Math.max(this.#revision, snapshot?.revision ?? 0);
    for (const entry of loaded.entries as readonly JournalEntry[]) {
      // A crash between snapshot and truncation leaves entries the snapshot has already.
      if (entry.revision <= (snapshot?.revision ?? 0)) continue;
      const object = entry.object === null ? undefined : deepFreeze(entry.object);
      this.#table(entry.table).restore(entry.namespace, entry.name, object);
      this.#revision = Math.max(this.#revision, entry.revision);
    }
    // History does not survive: a watch from before the restart gets 410 and lists again.
    this.compact();
  }
}
