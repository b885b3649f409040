import { Fleet } from '../../../api/kinds';
import type { Objects } from '../../../api/ports';
import { keyOf, keyText } from '../../../machinery/kube-object';
import type { DesiredObject } from '../build/build-objects';
import type { InventoryStore } from '../inventory/inventory-store';
import type { ObjectId } from '../object-id';

/** What several Fleets of one API server know of each other: an object belongs to one of them. */
export class Neighbours {
  /** What the revision of each Fleet asks for that was read last, applied or refused. */
  readonly #wanted = new Map<string, ReadonlySet<ObjectId>>();

  constructor(
    private readonly objects: Objects,
    private readonly inventories: InventoryStore,
  ) {}

  note(fleet: Fleet, desired: readonly DesiredObject[]): void {
    this.#wanted.set(keyText(keyOf(fleet)), new Set(desired.map(({ id }) => id)));
  }

  forget(fleet: string): void {
    this.#wanted.delete(fleet);
  }

  /** The Fleets that have applied an object and still ask for it. One that was not read yet may do so. */
  holders(fleet: Fleet, ids: Iterable<ObjectId>): Map<ObjectId, Fleet> {
    const others = this.inventories.others(fleet);
    const found = new Map<ObjectId, Fleet>();
    for (const id of ids) {
      for (const key of others.get(id) ?? []) {
        const other = this.objects.get(Fleet, key);
        const asks = this.#wanted.get(keyText(key))?.has(id) ?? true;
        if (other !== undefined && asks) found.set(id, other);
      }
    }
    return found;
  }

  /** Of these objects those that another Fleet asks for, whether it has applied them or waits until it may. */
  claimed(fleet: Fleet, ids: readonly ObjectId[]): ReadonlySet<ObjectId> {
    const claimed = new Set(this.holders(fleet, ids).keys());
    for (const [other, wanted] of this.#wanted) {
      if (other !== keyText(keyOf(fleet))) for (const id of ids) if (wanted.has(id)) claimed.add(id);
    }
    return claimed;
  }
}

/** Of two Fleets that list an object both, the elder keeps it. */
export function isElder(fleet: Fleet, other: Fleet): boolean {
  const rank = (one: Fleet) => `${one.metadata.creationTimestamp ?? ''} ${keyText(keyOf(one))}`;
  return rank(fleet) < rank(other);
}
