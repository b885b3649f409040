import type { ObjectId } from '../object-id';

/** On the ConfigMaps that hold an inventory: the Fleet, by its name. */
export const FLEET_LABEL = 'capstan.dev/fleet';

/** What a Fleet has applied: id → uid. An empty uid is an intent: the object may or may not have been created. */
export type Inventory = ReadonlyMap<ObjectId, string>;

/** Entries of one ConfigMap: well below etcd's 1.5 MiB for an object. */
const ENTRIES_PER_SHARD = 4000;

/** The `data` of the ConfigMaps that hold an inventory, one entry a line. */
export function encodeInventory(inventory: Inventory): string[] {
  const lines = [...inventory].map(([id, uid]) => `${uid === '' ? '-' : uid} ${id}`).sort();
  const shards: string[] = [];
  for (let start = 0; start < lines.length; start += ENTRIES_PER_SHARD) {
    shards.push(lines.slice(start, start + ENTRIES_PER_SHARD).join('\n'));
  }
  return shards.length === 0 ? [''] : shards;
}

/** The inverse of {@link encodeInventory}; lines of another form are left out. */
export function decodeInventory(shards: readonly string[]): Map<ObjectId, string> {
  const inventory = new Map<ObjectId, string>();
  for (const shard of shards) {
    for (const line of shard.split('\n')) {
      const space = line.indexOf(' ');
      if (space <= 0) continue;
      const uid = line.slice(0, space);
      inventory.set(line.slice(space + 1), uid === '-' ? '' : uid);
    }
  }
  return inventory;
}
