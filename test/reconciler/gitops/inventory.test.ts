import type { Objects } from '../../../api/ports';
import type { KubeObject } from '../../../machinery/kube-object';
import { InventoryStore } from '../../../reconciler/gitops/inventory/inventory-store';

const fleet = {
  apiVersion: 'capstan.dev/v1alpha1',
  kind: 'Fleet',
  metadata: { name: 'fleet', namespace: 'capstan-system' },
};

/** ConfigMaps that can be written so many times, then the process is killed. */
class Shards {
  readonly maps = new Map<string, KubeObject>();
  writes = 0;
  limit = Number.POSITIVE_INFINITY;

  store(): InventoryStore {
    const put = async <T extends KubeObject>(object: T): Promise<T> => {
      this.#count();
      this.maps.set(object.metadata.name, object);
      return object;
    };
    const objects = {
      list: () => [...this.maps.values()],
      create: (_: unknown, object: KubeObject) => put(object),
      patch: (_: unknown, __: unknown, after: KubeObject) => put(after),
      delete: async (_: unknown, object: KubeObject) => {
        this.#count();
        this.maps.delete(object.metadata.name);
      },
    };
    return new InventoryStore(objects as unknown as Objects);
  }

  #count(): void {
    if (this.writes >= this.limit) throw new Error('killed');
    this.writes += 1;
  }
}

const inventory = (from: number, to: number, uid: (index: number) => string) =>
  new Map(
    Array.from({ length: to - from }, (_, offset): [string, string] => {
      const index = from + offset;
      return [`ConfigMap default/object-${index}`, uid(index)];
    }),
  );

test.each([
  ['grows', inventory(0, 9000, (index) => `uid-${index}`), inventory(0, 13_000, (index) => `uid-${index}`)],
  ['shrinks', inventory(0, 9000, (index) => `uid-${index}`), inventory(3000, 8000, (index) => `uid-${index}`)],
  ['gets its uids', inventory(0, 9000, () => ''), inventory(0, 9000, (index) => `${(index * 7919) % 9001}-uid`)],
])('no object is forgotten when the process is killed while an inventory %s', async (_, before, after) => {
  for (let killedAt = 0; killedAt < 8; killedAt++) {
    const shards = new Shards();
    await shards.store().save(fleet, before);
    shards.writes = 0;
    shards.limit = killedAt;
    await shards
      .store()
      .save(fleet, after)
      .catch(() => {});

    const known = shards.store().load(fleet);
    const lost = [...before.keys()].filter((id) => after.has(id) && !known.has(id));
    expect(lost).toEqual([]);

    shards.limit = Number.POSITIVE_INFINITY;
    await shards.store().save(fleet, after);
    expect(new Map([...shards.store().load(fleet)].sort())).toEqual(new Map([...after].sort()));
  }
});

test('a shard stays below what a ConfigMap can hold, however long the names are', async () => {
  const shards = new Shards();
  const long = 'n'.repeat(250);
  const entries = Array.from({ length: 8000 }, (_, index): [string, string] => [
    `CloudStackMachineTemplate.infrastructure.cluster.x-k8s.io ${'s'.repeat(63)}/${long}${index}`,
    'c0ffee00-0000-0000-0000-000000000000',
  ]);

  await shards.store().save(fleet, new Map(entries));

  const sizes = [...shards.maps.values()].map((shard) => JSON.stringify(shard).length);
  expect(Math.max(...sizes)).toBeLessThan(1024 * 1024);
  expect(shards.store().load(fleet).size).toBe(8000);
});
