import { KubeadmConfig } from '../../../api/kinds';
import { clusterManifests } from './manifests';
import { NAMESPACE, World } from './world';

test('one control-plane machine and one worker become Ready, with few requests, and then nothing is written', async () => {
  const world = await World.start();
  await world.apply(...clusterManifests());

  await world.until(() => world.isStable(1) && world.hasWorkers(1));
  await world.clock.advance(60_000);
  const writes = world.requests.writes();
  const mine = writes.map(
    (r) => `${r.verb} ${r.kind} ${r.name.replace(/-[a-z0-9]{5}/g, '')} ${r.subresource} ${(r.body as any)?.type ?? ''}`,
  );
  const counts = new Map<string, number>();
  for (const w of mine) counts.set(w, (counts.get(w) ?? 0) + 1);
  console.log(writes.length, [...counts].map(([k, n]) => `${n} ${k}`).join('\n'));
  const before = world.requests.seen.length;
  await world.clock.advance(30 * 60_000);

  expect(world.requests.seen.slice(before).filter((request) => request.verb !== 'watch')).toEqual([]);
  expect(world.faults).toEqual([]);
  const configs = world.manager.objects.list(KubeadmConfig, { namespace: NAMESPACE });
  expect(configs).toHaveLength(2);
  await world.stop();
});
