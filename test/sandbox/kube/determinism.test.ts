import type { KubeObject, Resource } from '../../../machinery/kube-object';
import { configMap, configMaps, customResourceDefinitions, definition, namespaces, startWorld } from './world';

const things: Resource = { group: 'test.example', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true };

async function run(): Promise<string> {
  const { api, clock, server } = startWorld();
  await api.create(customResourceDefinitions, definition('things', 'Thing'));
  await clock.settle();
  const owner = await api.create<KubeObject>(things, {
    apiVersion: 'test.example/v1',
    kind: 'Thing',
    metadata: { name: '', generateName: 'thing-', namespace: 'default' },
    spec: { size: 1 },
  });
  const reference = {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
  };
  const owned = configMap('owned');
  await api.create(configMaps, { ...owned, metadata: { ...owned.metadata, ownerReferences: [reference] } });
  await api.delete(things, { namespace: 'default', name: owner.metadata.name });
  await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gone' } });
  await api.delete(namespaces, { namespace: '', name: 'gone' });
  await clock.settle();
  const { store } = server.engine.core;
  return JSON.stringify([store.revision, store.tables().map((table) => store.list(table))]);
}

test('the same seed gives the same state, uids and versions', async () => {
  expect(await run()).toBe(await run());
});

test('what a custom resource owned is collected, and a deleted namespace goes', async () => {
  const state = await run();

  expect(state).not.toContain('"owned"');
  expect(state).not.toContain('"gone"');
});
