import { cloneJson } from '../../../machinery/json';
import type { KubeObject, ObjectKey, OwnerReference } from '../../../machinery/kube-object';
import { parseApiVersion } from '../../../machinery/kube-object';
import { managersAfterUpdate } from '../apply/field-manager';
import type { ResourceDefinition } from '../registry/resource';
import type { Caller, Core, Target } from '../rest/core';
import { ADMINISTRATOR } from '../rest/core';
import { setManagers } from '../rest/create';
import { deleteObject } from '../rest/delete';
import { fieldContext } from '../rest/fields';
import { Refusal } from '../rest/refusal';
import { modifyObject } from '../rest/update';
import { KeyedWorker } from '../work/keyed-worker';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

/** Where an object is stored. */
interface Place extends ObjectKey {
  readonly table: string;
}

const COLLECTOR: Caller = { user: ADMINISTRATOR, userAgent: 'kube-controller-manager', warnings: [] };

/**
 * The garbage collector: deletes objects whose owners are gone, in the background or before their owner (foreground),
 * or cuts them loose (orphan).
 */
export class GarbageCollector {
  /** Owner uid → its dependents. */
  readonly #dependents = new Map<string, Map<string, Place>>();
  /** Uid → its owners, and whether it blocks them. */
  readonly #owners = new Map<string, ReadonlyMap<string, boolean>>();
  /** Every live object by uid. */
  readonly #byUid = new Map<string, Place>();
  readonly #worker: KeyedWorker;

  constructor(private readonly core: Core) {
    this.#worker = new KeyedWorker((key) => this.#visit(key), core.log);
  }

  start(): void {
    for (const table of this.core.store.tables()) {
      for (const object of this.core.store.list(table)) this.#index(table, object);
    }
    for (const uid of [...this.#byUid.keys()]) this.#worker.add(uid);
    this.core.store.subscribe((table, event) => {
      if (event.type === 'DELETED') this.#forget(event.object);
      else {
        this.#index(table, event.object);
        const { metadata } = event.object;
        const isWaiting = metadata.deletionTimestamp !== undefined || (metadata.ownerReferences ?? []).length > 0;
        if (isWaiting) this.#worker.add(metadata.uid ?? '');
      }
    });
  }

  #index(table: string, object: KubeObject): void {
    const { uid = '', namespace = '', name } = object.metadata;
    const place: Place = { table, namespace, name };
    this.#byUid.set(uid, place);
    const references = object.metadata.ownerReferences ?? [];
    const owners = new Map(references.map((owner) => [owner.uid, owner.blockOwnerDeletion === true]));
    const before = this.#owners.get(uid) ?? new Map<string, boolean>();
    this.#owners.set(uid, owners);
    for (const [owner, isBlocking] of before) {
      if (!owners.has(owner)) this.#disown(owner, uid);
      // An owner that waits for its dependents may go on.
      if (isBlocking && owners.get(owner) !== true) this.#worker.add(owner);
    }
    for (const owner of owners.keys()) {
      const dependents = this.#dependents.get(owner) ?? new Map<string, Place>();
      this.#dependents.set(owner, dependents.set(uid, place));
    }
  }

  #disown(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner);
    dependents?.delete(dependent);
    if (dependents?.size === 0) this.#dependents.delete(owner);
  }

  #forget(object: KubeObject): void {
    const { uid = '' } = object.metadata;
    for (const owner of this.#owners.get(uid)?.keys() ?? []) {
      this.#disown(owner, uid);
      this.#worker.add(owner);
    }
    this.#owners.delete(uid);
    this.#byUid.delete(uid);
    for (const dependent of this.#dependents.get(uid)?.keys() ?? []) this.#worker.add(dependent);
  }

  async #visit(uid: string): Promise<void> {
    const place = this.#byUid.get(uid);
    const object = place === undefined ? undefined : this.core.store.get(place.table, place);
    if (place === undefined || object === undefined || object.metadata.uid !== uid) return;
    const { metadata } = object;
    if (metadata.deletionTimestamp !== undefined) {
      if ((metadata.finalizers ?? []).includes(ORPHAN)) return this.#orphan(place, object);
      if ((metadata.finalizers ?? []).includes(FOREGROUND)) return this.#foreground(place, object);
    }
    if ((metadata.ownerReferences ?? []).length > 0) await this.#checkOwners(place, object);
  }

  /** Cuts dependents loose, then lets the owner go. */
  async #orphan(place: Place, owner: KubeObject): Promise<void> {
    const { uid = '' } = owner.metadata;
    for (const dependent of [...(this.#dependents.get(uid)?.values() ?? [])]) {
      await this.#change(dependent, (next) => {
        const kept = (next.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid);
        if (kept.length === 0) delete next.metadata.ownerReferences;
        else next.metadata.ownerReferences = kept;
      });
    }
    await this.#dropFinalizer(place, ORPHAN);
  }

  /** Deletes dependents; the owner goes when no dependent that blocks it is left. */
  async #foreground(place: Place, owner: KubeObject): Promise<void> {
    const { uid = '' } = owner.metadata;
    const blocking = [...(this.#dependents.get(uid)?.entries() ?? [])];
    let blocked = false;
    for (const [dependentUid, dependentPlace] of blocking) {
      const dependent = this.core.store.get(dependentPlace.table, dependentPlace);
      if (dependent === undefined || dependent.metadata.uid !== dependentUid) continue;
      const reference = dependent.metadata.ownerReferences?.find((candidate) => candidate.uid === uid);
      if (reference?.blockOwnerDeletion === true) blocked = true;
      if (dependent.metadata.deletionTimestamp === undefined) this.#worker.add(dependentUid);
    }
    if (!blocked) await this.#dropFinalizer(place, FOREGROUND);
  }

  async #checkOwners(place: Place, object: KubeObject): Promise<void> {
    if (object.metadata.deletionTimestamp !== undefined) return;
    const references = object.metadata.ownerReferences ?? [];
    let solid = 0;
    let waiting = 0;
    const dangling: string[] = [];
    for (const reference of references) {
      const owner = this.#findOwner(reference, place.namespace);
      if (owner === 'unknown') return;
      if (owner === undefined) dangling.push(reference.uid);
      else if (isDeletingDependents(owner)) {
        waiting++;
        dangling.push(reference.uid);
      } else solid++;
    }
    if (dangling.length === 0) return;
    if (solid > 0) {
      await this.#change(place, (next) => {
        next.metadata.ownerReferences = (next.metadata.ownerReferences ?? []).filter(
          (reference) => !dangling.includes(reference.uid),
        );
      });
      return;
    }
    const dependents = [...(this.#dependents.get(object.metadata.uid ?? '')?.values() ?? [])];
    const isForeground = waiting > 0 && dependents.length > 0;
    // Of a circle, none may wait for the others.
    if (isForeground && dependents.some((dependent) => this.#isDeletingDependents(dependent))) {
      await this.#change(place, (next) => {
        for (const reference of next.metadata.ownerReferences ?? []) reference.blockOwnerDeletion = false;
      });
    }
    const propagationPolicy = isForeground ? 'Foreground' : policyOf(object);
    const target = this.#target(place);
    if (target === undefined) return;
    await tolerating(
      deleteObject(this.core, COLLECTOR, target, {
        propagationPolicy,
        preconditions: { uid: object.metadata.uid },
      }),
    );
  }

  #isDeletingDependents(place: Place): boolean {
    const object = this.core.store.get(place.table, place);
    return object !== undefined && isDeletingDependents(object);
  }

  /**
   * The owner; undefined when it is gone for sure; `unknown` when it cannot be looked at, because its kind is not served
   * in that version or lives in a namespace that its dependent does not have. Nothing is concluded from that.
   */
  #findOwner(reference: OwnerReference, namespace: string): KubeObject | undefined | 'unknown' {
    const { group, version } = parseApiVersion(reference.apiVersion);
    const resource = this.core.registry.forKind(group, reference.kind);
    const isServed = resource?.versions.some((candidate) => candidate.name === version && candidate.served);
    if (resource === undefined || isServed !== true || (resource.namespaced && namespace === '')) return 'unknown';
    const place = { namespace: resource.namespaced ? namespace : '', name: reference.name };
    const owner = this.core.store.get(resource.table, place);
    return owner?.metadata.uid === reference.uid ? owner : undefined;
  }

  #dropFinalizer(place: Place, finalizer: string): Promise<void> {
    return this.#change(place, (next) => {
      const kept = (next.metadata.finalizers ?? []).filter((name) => name !== finalizer);
      if (kept.length === 0) delete next.metadata.finalizers;
      else next.metadata.finalizers = kept;
    });
  }

  async #change(place: Place, change: (next: KubeObject) => void): Promise<void> {
    const target = this.#target(place);
    if (target === undefined) return;
    await tolerating(
      modifyObject(this.core, COLLECTOR, target, {}, async (live) => {
        const next = cloneJson(live);
        change(next);
        const context = fieldContext(this.core, target, '', COLLECTOR, {});
        setManagers(next, await managersAfterUpdate(live, next, context));
        return next;
      }),
    );
  }

  #target(place: Place): Target | undefined {
    const resource = this.#resource(place.table);
    const version = resource?.versions.find((candidate) => candidate.served);
    if (resource === undefined || version === undefined) return undefined;
    return { resource, version, namespace: place.namespace, name: place.name, subresource: '' };
  }

  #resource(table: string): ResourceDefinition | undefined {
    const slash = table.indexOf('/');
    return this.core.registry.find(table.slice(0, slash), table.slice(slash + 1));
  }
}

const isDeletingDependents = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(FOREGROUND);

/** How an object goes whose owners are gone: as its finalizers say. */
function policyOf({ metadata }: KubeObject): 'Orphan' | 'Foreground' | 'Background' {
  const finalizers = metadata.finalizers ?? [];
  if (finalizers.includes(ORPHAN)) return 'Orphan';
  return finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background';
}

/** The object may have gone or changed in the meantime; its next event brings it back. */
async function tolerating(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Refusal) || !['NotFound', 'Conflict', 'Invalid'].includes(error.status.reason)) throw error;
  }
}
