import type { KubeObject } from '../../../machinery/kube-object';
import { RevisionCompacted, type StoreEvent } from './event';
import { deepFreeze } from './freeze';

const byCodeUnit = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** The objects of one resource and their recent changes. */
export class Table {
  readonly #namespaces = new Map<string, Map<string, KubeObject>>();
  readonly #sorted = new Map<string, readonly KubeObject[]>();
  #events: StoreEvent[] = [];
  /** Changes up to and including this revision are forgotten. */
  #compacted = 0;

  constructor(private readonly history: number) {}

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  /** Sorted by namespace and name; the answer is shared and stays as it is. */
  list(namespace?: string): readonly KubeObject[] {
    if (namespace !== undefined) return this.#listNamespace(namespace);
    const names = [...this.#namespaces.keys()].sort(byCodeUnit);
    if (names.length === 1) return this.#listNamespace(names[0] ?? '');
    return names.flatMap((name) => this.#listNamespace(name));
  }

  /** Undoes the changes after `revision`. */
  listAt(revision: number, namespace?: string): readonly KubeObject[] {
    if (revision < this.#compacted) throw new RevisionCompacted(revision, this.#compacted);
    const undone = new Map<string, KubeObject | undefined>();
    for (let index = this.#events.length - 1; index >= 0; index--) {
      const event = this.#events[index];
      if (event === undefined || event.revision <= revision) break;
      undone.set(`${event.object.metadata.namespace ?? ''}/${event.object.metadata.name}`, event.previous);
    }
    if (undone.size === 0) return this.list(namespace);
    const objects = new Map(
      this.list(namespace).map((object) => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`, object]),
    );
    for (const [key, object] of undone) {
      if (namespace !== undefined && !key.startsWith(`${namespace}/`)) continue;
      if (object === undefined) objects.delete(key);
      else objects.set(key, object);
    }
    return [...objects.keys()].sort(byKey).flatMap((key) => objects.get(key) ?? []);
  }

  since(revision: number): readonly StoreEvent[] {
    if (revision < this.#compacted) throw new RevisionCompacted(revision, this.#compacted);
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }

  last(): StoreEvent | undefined {
    return this.#events.at(-1);
  }

  apply(
    namespace: string,
    name: string,
    object: KubeObject | undefined,
    previous: KubeObject | undefined,
    revision: number,
    final?: KubeObject,
  ): StoreEvent {
    this.restore(namespace, name, object);
    const event = eventOf(object, previous, revision, final);
    this.#events.push(event);
    // Dropping in halves keeps the cost of a write constant on average.
    if (this.#events.length > this.history * 2) {
      this.#compacted = this.#events[this.history]?.revision ?? revision;
      this.#events = this.#events.slice(this.history + 1);
    }
    return event;
  }

  /** Sets the state without a history entry. */
  restore(namespace: string, name: string, object: KubeObject | undefined): void {
    let names = this.#namespaces.get(namespace);
    if (object === undefined) {
      names?.delete(name);
      if (names?.size === 0) this.#namespaces.delete(namespace);
    } else {
      if (names === undefined) {
        names = new Map();
        this.#namespaces.set(namespace, names);
      }
      names.set(name, object);
    }
    this.#sorted.delete(namespace);
  }

  compact(revision: number): void {
    this.#events = [];
    this.#compacted = revision;
  }

  #listNamespace(namespace: string): readonly KubeObject[] {
    const ready = this.#sorted.get(namespace);
    if (ready !== undefined) return ready;
    const objects = [...(this.#namespaces.get(namespace)?.values() ?? [])];
    objects.sort((left, right) => byCodeUnit(left.metadata.name, right.metadata.name));
    this.#sorted.set(namespace, objects);
    return objects;
  }
}

function eventOf(
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
  revision: number,
  final?: KubeObject,
): StoreEvent {
  if (object !== undefined) {
    return { type: previous === undefined ? 'ADDED' : 'MODIFIED', revision, object, previous };
  }
  if (previous === undefined) throw new Error('nothing became nothing');
  const state = final ?? previous;
  const last = { ...state, metadata: { ...state.metadata, resourceVersion: String(revision) } };
  return { type: 'DELETED', revision, object: deepFreeze(last), previous };
}

function byKey(left: string, right: string): number {
  const [leftNamespace = '', leftName = ''] = left.split('/');
  const [rightNamespace = '', rightName = ''] = right.split('/');
  return byCodeUnit(leftNamespace, rightNamespace) || byCodeUnit(leftName, rightName);
}
