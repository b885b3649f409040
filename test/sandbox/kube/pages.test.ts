import { configMap, configMaps, startWorld } from './world';

test('the pages of one list show one revision, whatever happens between them', async () => {
  const { api } = startWorld();
  for (const name of ['a', 'b', 'c', 'd', 'e']) await api.create(configMaps, configMap(name));

  const first = await api.list(configMaps, { limit: 2 });
  await api.delete(configMaps, { namespace: 'default', name: 'd' });
  await api.create(configMaps, configMap('bb'));
  const second = await api.list(configMaps, { limit: 2, continue: first.continue });
  const third = await api.list(configMaps, { limit: 2, continue: second.continue });

  const names = [first, second, third].map((page) => page.items.map((item) => item.metadata.name).join());
  expect(names).toEqual(['a,b', 'c,d', 'e']);
  expect(first.remainingItemCount).toBe(3);
  expect(second.resourceVersion).toBe(first.resourceVersion);
  expect(third.continue).toBeUndefined();
});

test('a page token from before a compaction answers with 410 Expired', async () => {
  const { api, server } = startWorld();
  for (const name of ['a', 'b', 'c']) await api.create(configMaps, configMap(name));
  const first = await api.list(configMaps, { limit: 2 });
  await api.create(configMaps, configMap('d'));
  server.compact();

  await expect(api.list(configMaps, { limit: 2, continue: first.continue })).rejects.toMatchObject({
    status: { code: 410, reason: 'Expired' },
  });
});
