import { CustomResourceDefinition, Secret } from '../../../api';
import { done, ownKind, type TypedResource } from '../../../api/ports';
import type { Condition } from '../../../machinery/conditions';
import { cloneJson } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { type Manager, silentLog, startManager } from '../../../reconciler/runtime';
import { createKubeServer } from '../../../sandbox/kube';

type Gadget = KubeObject & {
  spec?: { size?: number; tags?: string[] };
  status?: { phase?: string; conditions?: Condition[] };
};

const gadgets: TypedResource<Gadget> = {
  group: 'test.dev',
  version: 'v1',
  kind: 'Gadget',
  plural: 'gadgets',
  namespaced: true,
};

const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const crd: CustomResourceDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.test.dev', labels: { 'cluster.x-k8s.io/v1beta2': 'v1' } },
  spec: {
    group: 'test.dev',
    scope: 'Namespaced',
    names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget', listKind: 'GadgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } },
      },
    ],
  },
};

function gadget(name: string, rest: Partial<Gadget> = {}): Gadget {
  return {
    apiVersion: 'test.dev/v1',
    kind: 'Gadget',
    ...rest,
    metadata: { name, namespace: 'default', ...rest.metadata },
  };
}

const condition = (type: string, status: 'True' | 'False'): Condition => ({
  type,
  status,
  reason: 'Test',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

async function start() {
  const clock = new VirtualClock();
  const server = createKubeServer({ clock, random: new SeededRandom(2) });
  await server.api().create(CustomResourceDefinition, crd);
  const seen: string[] = [];
  const manager: Manager = startManager({
    api: server.api(),
    clock,
    random: new SeededRandom(3),
    log: silentLog,
    controllers: () => [
      {
        name: 'gadget',
        watches: [ownKind(gadgets), { resource: Secret, keys: () => [] }],
        async reconcile(key) {
          seen.push(key.name);
          return done();
        },
      },
    ],
  });
  await clock
    .runUntil(() => manager.activity().warm, 60_000)
    .catch((error: unknown) => {
      throw new Error(JSON.stringify(manager.cold()), { cause: error });
    });
  return {
    clock,
    server,
    manager,
    seen,
    objects: manager.objects,
    key: (name: string) => ({ namespace: 'default', name }),
    async stop() {
      await manager.stop();
      server.close();
    },
  };
}

test('a whole life: created, patched, told to others, deleted, finished', async () => {
  const { clock, objects, key, seen, server, stop } = await start();

  const created = await objects.create(
    gadgets,
    gadget('a', { spec: { size: 1 }, metadata: { name: 'a', finalizers: ['test.dev/x'] } }),
  );
  const after = cloneJson(created);
  after.spec = { size: 2 };
  after.status = { phase: 'Ready', conditions: [condition('Ready', 'True')] };
  const patched = await objects.patch(gadgets, created, after, { ownedConditions: ['Ready'] });
  await objects.delete(gadgets, patched);
  const deleting = objects.get(gadgets, key('a'));
  expect(deleting).toMatchObject({ spec: { size: 2 }, status: { phase: 'Ready' } });
  expect(deleting?.metadata.deletionTimestamp).toBeDefined();
  if (deleting !== undefined) {
    await objects.patch(gadgets, deleting, { ...deleting, metadata: { ...deleting.metadata, finalizers: [] } });
  }
  await clock.settle();

  expect(objects.get(gadgets, key('a'))).toBeUndefined();
  expect((await server.api().list(gadgets)).items).toEqual([]);
  expect(seen.length).toBeGreaterThan(0);
  await stop();
});

test('what the cache holds cannot be changed by those who read it, nor the server through it', async () => {
  const { objects, key, server, stop } = await start();
  await objects.create(gadgets, gadget('a', { spec: { tags: ['x'] } }));

  expect(() => objects.get(gadgets, key('a'))?.spec?.tags?.push('y')).toThrow(TypeError);
  await server.api().patch(gadgets, key('a'), { type: 'merge', patch: { spec: { size: 5 } } });

  expect((await server.api().get(gadgets, key('a'))).spec).toEqual({ tags: ['x'], size: 5 });
  await stop();
});

test('apply sends nothing twice, and again when somebody else took a field', async () => {
  const { clock, objects, key, server, stop } = await start();
  const intent = gadget('a', { spec: { size: 1 } });
  await objects.apply(gadgets, intent, 'capstan');
  const first = (await server.api().get(gadgets, key('a'))).metadata;
  await clock.advance(5000);

  const again = await objects.apply(gadgets, intent, 'capstan');
  await server
    .api()
    .patch(gadgets, key('a'), { type: 'merge', patch: { spec: { size: 2 } } }, { fieldManager: 'kubectl' });
  await clock.settle();
  await objects.apply(gadgets, intent, 'capstan');

  expect(again.metadata.resourceVersion).toBe(first.resourceVersion);
  expect((await server.api().get(gadgets, key('a'))).spec).toEqual({ size: 1 });
  await stop();
});

test('a stale status write is merged: each controller keeps its own conditions', async () => {
  const { objects, key, server, stop } = await start();
  const created = await objects.create(gadgets, gadget('a'));
  const theirs = { status: { conditions: [condition('Theirs', 'True')] } };
  await server.api().patch(gadgets, key('a'), { type: 'merge', patch: theirs }, { subresource: 'status' });

  await objects.patch(gadgets, created, { ...created, status: { conditions: [condition('Mine', 'True')] } });

  const live = await server.api().get(gadgets, key('a'));
  expect(live.status?.conditions?.map(({ type }) => type)).toEqual(['Mine', 'Theirs']);
  await stop();
});

test('contracts are read from the CRDs of the server, and its history may be forgotten', async () => {
  const { clock, objects, key, server, stop } = await start();

  const resolved = await objects.resolveContract('test.dev', 'Gadget');
  server.compact();
  await server.api().create(gadgets, gadget('late'));
  await clock.advance(600_000);

  expect(resolved).toEqual({ contract: 'v1beta2', resource: gadgets });
  expect(objects.get(gadgets, key('late'))?.metadata.name).toBe('late');
  await stop();
});
