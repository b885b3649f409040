import { ConfigMap, Fleet } from '../../../api/kinds';
import type { Objects } from '../../../api/ports';
import type { KubeObject, ObjectKey } from '../../../machinery/kube-object';
import type { ObjectId } from '../object-id';
import { decodeInventory, encodeInventory, FLEET_LABEL, type Inventory } from './inventory';

const ENTRIES = 'entries';

/**
 * Keeps the inventory of a Fleet in ConfigMaps beside it, `<fleet>-inventory-<n>`. It is written before the first object
 * it lists, so that a crash leaves an entry without object, never an object without entry.
 */
export class InventoryStore {
  constructor(private readonly objects: Objects) {}

  load(fleet: KubeObject): Map<ObjectId, string> {
    const shards = this.#shards(fleet).map((shard) => shard.data?.[ENTRIES] ?? '');
    return decodeInventory(shards);
  }

  /** The other Fleets that list an object. */
  others(fleet: KubeObject): Map<ObjectId, ObjectKey[]> {
    const found = new Map<ObjectId, ObjectKey[]>();
    const selector = { matchExpressions: [{ key: FLEET_LABEL, operator: 'Exists' as const }] };
    for (const shard of this.objects.list(ConfigMap, { selector })) {
      const { namespace = '', labels } = shard.metadata;
      const name = labels?.[FLEET_LABEL] ?? '';
      if (namespace === fleet.metadata.namespace && name === fleet.metadata.name) continue;
      for (const id of decodeInventory([shard.data?.[ENTRIES] ?? '']).keys())
        found.set(id, [...(found.get(id) ?? []), { namespace, name }]);
    }
    return found;
  }

  /** The Fleet that keeps its inventory in ConfigMaps of such a name. */
  keeper({ apiVersion, kind, metadata: { namespace = '', name } }: KubeObject): Fleet | undefined {
    const fleet = apiVersion === 'v1' && kind === 'ConfigMap' ? /^(.+)-inventory-\d+$/.exec(name)?.[1] : undefined;
    return fleet === undefined ? undefined : this.objects.get(Fleet, { namespace, name: fleet });
  }

  /** Writes the shards that differ. */
  async save(fleet: KubeObject, inventory: Inventory): Promise<void> {
    const prefix = `${fleet.metadata.name}-inventory-`;
    const present = new Map(
      this.#shards(fleet).map((shard) => [Number(shard.metadata.name.slice(prefix.length)), shard]),
    );
    const before = new Map([...present].map(([index, shard]) => [index, shard.data?.[ENTRIES] ?? '']));
    for (const [index, entries] of encodeInventory(inventory, before)) {
      const shard = present.get(index);
      present.delete(index);
      if (shard === undefined) await this.objects.create(ConfigMap, newShard(fleet, `${prefix}${index}`, entries));
      else if (shard.data?.[ENTRIES] !== entries) {
        await this.objects.patch(ConfigMap, shard, { ...shard, data: { [ENTRIES]: entries } });
      }
    }
    for (const shard of present.values()) await this.objects.delete(ConfigMap, shard);
  }

  #shards(fleet: KubeObject): readonly ConfigMap[] {
    const namespace = fleet.metadata.namespace;
    return this.objects.list(ConfigMap, {
      namespace,
      selector: { matchLabels: { [FLEET_LABEL]: fleet.metadata.name } },
    });
  }
}

function newShard(fleet: KubeObject, name: string, entries: string): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: fleet.metadata.namespace, labels: { [FLEET_LABEL]: fleet.metadata.name } },
    data: { [ENTRIES]: entries },
  };
}
