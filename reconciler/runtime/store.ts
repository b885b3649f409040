import type { ObjectEvent, ObjectFilter } from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import { type KubeObject, keyOf, keyText, type ObjectKey } from '../../machinery/kube-object';
import { matchesSelector } from '../../machinery/selectors';
import { ApplyMemory } from './apply-memory';
import { forCache } from './frozen';
import { isNewerVersion } from './resource-version';

interface Entry {
  readonly object: KubeObject;
  readonly applied: ApplyMemory;
}

/** How long the uid of a deleted object is remembered; longer than any answer or watch event can be late. */
const TOMBSTONE_MS = 10 * 60_000;
const TOMBSTONES_BEFORE_SWEEP = 1024;

/**
 * The objects of one resource, with indexes by namespace and by owner.
 *
 * It is fed from two sides, the watch and the answers to this process's own writes, which arrive in any order:
 * the newer resource version wins, and an object known to be gone (by uid) never comes back.
 */
export class Store {
  readonly #entries = new Map<string, Entry>();
  readonly #byNamespace = new Map<string, Map<string, Entry>>();
  readonly #byOwner = new Map<string, Map<string, Entry>>();
  readonly #gone = new Map<string, number>();
  readonly #clock: Clock;
  readonly #emit: (event: ObjectEvent) => void;

  constructor(clock: Clock, emit: (event: ObjectEvent) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: ObjectKey): KubeObject | undefined {
    return this.#entries.get(keyText(key))?.object;
  }

  list(filter: ObjectFilter = {}): KubeObject[] {
    const { namespace, ownerUid, selector } = filter;
    const objects: KubeObject[] = [];
    for (const { object } of this.#candidates(namespace, ownerUid)) {
      if (namespace !== undefined && (object.metadata.namespace ?? '') !== namespace) continue;
      if (selector !== undefined && !matchesSelector(selector, object.metadata.labels)) continue;
      objects.push(object);
    }
    return objects;
  }

  /** What server-side apply is known to have left in an object; undefined when the object is not here. */
  appliedTo(key: ObjectKey): ApplyMemory | undefined {
    return this.#entries.get(keyText(key))?.applied;
  }

  /**
   * Takes a state of an object if it is newer than what is here.
   * @returns whether it was taken
   */
  offer(incoming: KubeObject): boolean {
    const uid = incoming.metadata.uid;
    if (uid !== undefined && this.#gone.has(uid)) return false;
    const text = keyText(keyOf(incoming));
    const before = this.#entries.get(text);
    if (before !== undefined) {
      if (!isNewerVersion(incoming.metadata.resourceVersion, before.object.metadata.resourceVersion)) return false;
      if (before.object.metadata.uid !== uid) this.#drop(text, before);
    }
    const kept = this.#entries.get(text);
    const applied = kept?.applied ?? new ApplyMemory();
    applied.observe(incoming);
    const object = forCache(incoming);
    if (kept !== undefined) this.#unindexOwners(text, kept, object);
    this.#index(text, { object, applied });
    this.#emit(kept === undefined ? { type: 'added', object } : { type: 'modified', object, previous: kept.object });
    return true;
  }

  /** The object is gone for good: removes it, and keeps late news of it from bringing it back. */
  remove(object: KubeObject): void {
    const uid = object.metadata.uid;
    if (uid !== undefined) this.#bury(uid);
    const text = keyText(keyOf(object));
    const entry = this.#entries.get(text);
    if (entry !== undefined && entry.object.metadata.uid === uid) this.#drop(text, entry);
  }

  /**
   * Takes the result of a complete list. Objects that are missing in it and not newer than it are gone.
   * @param anew - the server starts over (its versions went back): what is here is no longer compared with
   */
  replace(items: readonly KubeObject[], listVersion: string, anew = false): void {
    const listed = new Set<string>();
    for (const item of items) listed.add(keyText(keyOf(item)));
    for (const [text, entry] of [...this.#entries]) {
      const isLater = isNewerVersion(entry.object.metadata.resourceVersion, listVersion);
      if (anew || (!listed.has(text) && !isLater)) this.#drop(text, entry);
    }
    // A server restored from a backup serves the same uids again.
    if (anew) this.#gone.clear();
    for (const item of items) this.offer(item);
  }

  #candidates(namespace: string | undefined, ownerUid: string | undefined): Iterable<Entry> {
    if (ownerUid !== undefined) return this.#byOwner.get(ownerUid)?.values() ?? [];
    if (namespace !== undefined) return this.#byNamespace.get(namespace)?.values() ?? [];
    return this.#entries.values();
  }

  #drop(text: string, entry: Entry): void {
    if (entry.object.metadata.uid !== undefined) this.#bury(entry.object.metadata.uid);
    this.#unindex(text, entry);
    this.#emit({ type: 'deleted', object: entry.object, previous: entry.object });
  }

  #bury(uid: string): void {
    const now = this.#clock.now();
    this.#gone.set(uid, now);
    if (this.#gone.size < TOMBSTONES_BEFORE_SWEEP) return;
    for (const [old, at] of this.#gone) {
      // Insertion order is time order: the first young one ends the sweep.
      if (now - at < TOMBSTONE_MS) break;
      this.#gone.delete(old);
    }
  }

  #index(text: string, entry: Entry): void {
    this.#entries.set(text, entry);
    enter(this.#byNamespace, entry.object.metadata.namespace ?? '', text, entry);
    for (const owner of entry.object.metadata.ownerReferences ?? []) enter(this.#byOwner, owner.uid, text, entry);
  }

  /** Owners that the next state still names stay indexed, so that lists keep their order. */
  #unindexOwners(text: string, entry: Entry, next: KubeObject): void {
    const kept = next.metadata.ownerReferences ?? [];
    for (const owner of entry.object.metadata.ownerReferences ?? []) {
      if (!kept.some((reference) => reference.uid === owner.uid)) leave(this.#byOwner, owner.uid, text);
    }
  }

  #unindex(text: string, entry: Entry): void {
    this.#entries.delete(text);
    leave(this.#byNamespace, entry.object.metadata.namespace ?? '', text);
    for (const owner of entry.object.metadata.ownerReferences ?? []) leave(this.#byOwner, owner.uid, text);
  }
}

function enter(index: Map<string, Map<string, Entry>>, value: string, text: string, entry: Entry): void {
  const bucket = index.get(value);
  if (bucket === undefined) index.set(value, new Map([[text, entry]]));
  else bucket.set(text, entry);
}

function leave(index: Map<string, Map<string, Entry>>, value: string, text: string): void {
  const bucket = index.get(value);
  bucket?.delete(text);
  if (bucket?.size === 0) index.delete(value);
}
