import { done, isReason, type KubeApi, ownKind, type TypedResource, type WatchEvent } from '../../../api/ports';
import { SystemClock } from '../../../machinery/clock';
import type { KubeObject } from '../../../machinery/kube-object';
import { SystemRandom } from '../../../machinery/random';
import { connectKube, type KubeConnection } from '../../../reconciler/kube';
import { silentLog, startManager } from '../../../reconciler/runtime';

/** An API server to test against: a kubeconfig file of its administrator. */
export interface TestedServer {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

const configMaps: TypedResource = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
const namespaces: TypedResource = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};

function configMap(name: string, data: { [key: string]: string } = {}, namespace = 'default'): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

/** What the adapter and the runtime over it promise; the same against the sandbox and against a real kube-apiserver. */
export function adapterSuite(start: () => Promise<TestedServer>): void {
  let plane: TestedServer;
  let connection: KubeConnection;
  let api: KubeApi;
  const clock = new SystemClock();

  beforeAll(async () => {
    plane = await start();
    connection = await connectKube({ kind: 'kubeconfig', file: plane.kubeconfig }, { clock });
    api = connection.api;
  }, 60_000);

  afterAll(async () => {
    connection?.close();
    await plane?.stop();
  });

  async function until(what: string, holds: () => boolean): Promise<void> {
    for (let attempt = 0; attempt < 400; attempt++) {
      if (holds()) return;
      await clock.sleep(25);
    }
    throw new Error(`not reached: ${what}`);
  }

  test('every verb answers with raw JSON', async () => {
    const created = await api.create(configMaps, configMap('verbs', { a: '1' }));
    const read = await api.get(configMaps, { namespace: 'default', name: 'verbs' });
    const updated = await api.update(configMaps, { ...read, data: { a: '2' } });
    const merged = await api.patch(configMaps, keyOf('verbs'), { type: 'merge', patch: { data: { b: '3' } } });
    const json = await api.patch(configMaps, keyOf('verbs'), {
      type: 'json',
      patch: [{ op: 'add', path: '/data/c', value: '4' }],
    });
    const gone = await api.delete(configMaps, keyOf('verbs'), { preconditions: { uid: created.metadata.uid } });

    expect(read.metadata.uid).toBe(created.metadata.uid);
    expect(updated.data).toEqual({ a: '2' });
    expect(merged.data).toEqual({ a: '2', b: '3' });
    expect(json.data).toEqual({ a: '2', b: '3', c: '4' });
    expect(gone.kind).toBe('Status');
  });

  test('server-side apply keeps every field and names its manager', async () => {
    const intent = configMap('applied', { a: '1' });

    const applied = await api.patch(
      configMaps,
      keyOf('applied'),
      { type: 'apply', patch: intent, force: true },
      { fieldManager: 'capstan' },
    );

    expect(applied.metadata.managedFields).toMatchObject([{ manager: 'capstan', operation: 'Apply' }]);
  });

  test('refusals carry reason and causes', async () => {
    const outcome = (work: Promise<unknown>) =>
      work.then(
        () => 'no error',
        (error: unknown) => error,
      );

    expect(isReason(await outcome(api.get(configMaps, keyOf('missing'))), 'NotFound')).toBe(true);
    await api.create(configMaps, configMap('twice'));
    expect(isReason(await outcome(api.create(configMaps, configMap('twice'))), 'AlreadyExists')).toBe(true);
    const invalid = await outcome(api.create(configMaps, configMap('Not-A-Name')));
    expect(invalid).toMatchObject({
      status: { reason: 'Invalid', code: 422, details: { causes: [{ field: 'metadata.name' }] } },
    });
    const stale = { metadata: { resourceVersion: '1' }, data: { a: 'b' } };
    const conflict = outcome(api.patch(configMaps, keyOf('twice'), { type: 'merge', patch: stale }));
    expect(isReason(await conflict, 'Conflict')).toBe(true);
    const wrongUid = outcome(api.delete(configMaps, keyOf('twice'), { preconditions: { uid: 'other' } }));
    expect(isReason(await wrongUid, 'Conflict')).toBe(true);
  });

  test('pages of a list add up, and their items say what they are', async () => {
    for (let index = 0; index < 7; index++) await api.create(configMaps, configMap(`page-${index}`));
    const first = await api.list(configMaps, { namespace: 'default', limit: 3 });
    const rest = await api.list(configMaps, { namespace: 'default', limit: 500, continue: first.continue });

    expect(first.items).toHaveLength(3);
    expect(first.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(rest.items.length).toBeGreaterThanOrEqual(4);
    expect(rest.continue).toBeUndefined();
  });

  test('a watch tells what happens, from a version on', async () => {
    const { resourceVersion } = await api.list(configMaps);
    const abort = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of api.watch(configMaps, { resourceVersion, namespace: 'default' }, abort.signal)) {
        seen.push(nameOf(event));
      }
    })();
    await api.create(configMaps, configMap('watched'));
    await api.patch(configMaps, keyOf('watched'), { type: 'merge', patch: { data: { a: '1' } } });
    await api.delete(configMaps, keyOf('watched'));
    await until('three events', () => seen.length === 3);
    abort.abort();
    await reading;

    expect(seen).toEqual(['ADDED watched', 'MODIFIED watched', 'DELETED watched']);
  });

  test('kinds are found by discovery', async () => {
    expect(await api.resourceFor('v1', 'Secret')).toMatchObject({ plural: 'secrets', namespaced: true });
    expect(await api.resourceFor('apps/v1', 'Deployment')).toMatchObject({ plural: 'deployments' });
    expect(await api.resourceFor('v1', 'Nonsense')).toBeUndefined();
    expect(await api.resourceFor('no.such.group/v1', 'Nonsense')).toBeUndefined();
  });

  test('an address where nobody listens is unreachable, not refused', async () => {
    const nowhere = await connectKube({ kind: 'kubeconfig', file: plane.kubeconfig }, { clock });
    nowhere.close();

    await expect(nowhere.api.get(configMaps, keyOf('any'))).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
  });

  test('a manager reads its own writes, patches minimally, applies once and is silent when idle', async () => {
    const reconciled = new Set<string>();
    const manager = startManager({
      api,
      clock,
      random: new SystemRandom(),
      log: silentLog,
      controllers: () => [
        {
          name: 'config-maps',
          watches: [ownKind(configMaps)],
          async reconcile(key) {
            reconciled.add(key.name);
            return done();
          },
        },
      ],
    });
    await manager.started;
    const { objects } = manager;

    const created = await objects.create(configMaps, configMap('own', { a: '1' }));
    expect(objects.get(configMaps, keyOf('own'))?.metadata.uid).toBe(created.metadata.uid);
    await objects.patch(configMaps, created, {
      ...created,
      metadata: { ...created.metadata, finalizers: ['test.dev/x'] },
    });
    await objects.delete(configMaps, created);
    const deleting = objects.get(configMaps, keyOf('own'));
    expect(deleting?.metadata.deletionTimestamp).toBeDefined();
    if (deleting !== undefined) {
      await objects.patch(configMaps, deleting, { ...deleting, metadata: { ...deleting.metadata, finalizers: [] } });
    }
    expect(objects.get(configMaps, keyOf('own'))).toBeUndefined();

    const intent = configMap('own-applied', { a: '1' });
    await objects.apply(configMaps, intent, 'capstan');
    await clock.sleep(300);
    const before = connection.counter.byKind();
    await objects.apply(configMaps, intent, 'capstan');
    expect(connection.counter.byKind()).toEqual(before);
    await api.patch(configMaps, keyOf('own-applied'), { type: 'merge', patch: { data: { a: '2' } } });
    await until(
      'the change is seen',
      () => objects.get(configMaps, keyOf('own-applied'))?.data?.valueOf() !== undefined,
    );
    await clock.sleep(300);
    const repaired = await objects.apply(configMaps, intent, 'capstan');
    expect(repaired.data).toEqual({ a: '1' });

    expect(reconciled.has('own-applied')).toBe(true);
    expect(objects.get(configMaps, keyOf('own'))).toBeUndefined();
    await clock.sleep(500);
    const idle = connection.counter.totals();
    await clock.sleep(2000);
    expect(connection.counter.totals()).toEqual(idle);
    await manager.stop();
  });

  test('a namespace that is being deleted stays in the cache until it is gone', async () => {
    const manager = startManager({
      api,
      clock,
      random: new SystemRandom(),
      log: silentLog,
      controllers: () => [{ name: 'ns', watches: [ownKind(namespaces)], reconcile: async () => done() }],
    });
    await manager.started;
    const created = await manager.objects.create(namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'going' },
    });

    await manager.objects.delete(namespaces, created);

    expect(manager.objects.get(namespaces, { namespace: '', name: 'going' })?.metadata.deletionTimestamp).toBeDefined();
    await manager.stop();
  });
}

function keyOf(name: string) {
  return { namespace: 'default', name };
}

function nameOf(event: WatchEvent): string {
  return 'object' in event ? `${event.type} ${event.object.metadata.name}` : event.type;
}
