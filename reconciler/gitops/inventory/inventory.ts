import type { ObjectId } from '../object-id';

/** On the ConfigMaps that hold an inventory: the Fleet, by its name. */
export const FLEET_LABEL = 'capstan.dev/fleet';

/** What a Fleet has applied: id → uid. An empty uid is an intent: the object may or may not have been created. */
export type Inventory = ReadonlyMap<ObjectId, string>;

/** Entries of one ConfigMap, and their bytes: well below the 1 MiB that it can hold. */
const ENTRIES_PER_SHARD = 4000;
const BYTES_PER_SHARD = 700_000;
const UID_LENGTH = 36;

/**
 * The `data` of the ConfigMaps that hold an inventory by their numbers, one entry a line. An entry stays in the shard
 * where it is: shards are written one by one, and one that moved could be in none when the process is killed in between.
 * @param present - the shards as they are
 */
export function encodeInventory(
  inventory: Inventory,
  present: ReadonlyMap<number, string> = new Map(),
): Map<number, string> {
  const places = new Map<ObjectId, number>();
  for (const [index, shard] of present)
    for (const id of decodeInventory([shard]).keys()) if (!places.has(id)) places.set(id, index);
  const shards = new Map<number, Shard>([[0, { lines: [], bytes: 0 }]]);
  const put = (index: number, id: ObjectId, uid: string) => {
    const shard = shards.get(index) ?? { lines: [], bytes: 0 };
    shard.lines.push(`${uid === '' ? '-' : uid} ${id}`);
    shard.bytes += entryBytes(id);
    shards.set(index, shard);
  };
  for (const [id, uid] of inventory) {
    const place = places.get(id);
    if (place !== undefined) put(place, id, uid);
  }
  let open = 0;
  for (const [id, uid] of [...inventory].sort()) {
    if (places.has(id)) continue;
    while (isFull(shards.get(open), id)) open += 1;
    put(open, id, uid);
  }
  return new Map([...shards].map(([index, { lines }]) => [index, lines.sort().join('\n')]));
}

interface Shard {
  readonly lines: string[];
  bytes: number;
}

function isFull(shard: Shard | undefined, id: ObjectId): boolean {
  if (shard === undefined) return false;
  return shard.lines.length >= ENTRIES_PER_SHARD || shard.bytes + entryBytes(id) > BYTES_PER_SHARD;
}

/** Of an intent, too, as it gets its uid in its place. */
function entryBytes(id: ObjectId): number {
  return UID_LENGTH + 1 + id.length + 1;
}

/** The inverse of {@link encodeInventory}; lines of another form are left out. */
export function decodeInventory(shards: readonly string[]): Map<ObjectId, string> {
  const inventory = new Map<ObjectId, string>();
  for (const shard of shards) {
    for (const line of shard.split('\n')) {
      const space = line.indexOf(' ');
      if (space <= 0) continue;
      const uid = line.slice(0, space);
      const id = line.slice(space + 1);
      // Of an entry that is in two shards the intent says less.
      if (uid !== '-' || !inventory.has(id)) inventory.set(id, uid === '-' ? '' : uid);
    }
  }
  return inventory;
}
