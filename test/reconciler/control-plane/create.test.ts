import { KubeadmConfig } from '../../../api/kinds';
import { clusterManifests } from './manifests';
import { NAMESPACE, World } from './world';

test('one control-plane machine and one worker become Ready, with few requests, and then nothing is written', async () => {
  const world = await World.start();
  await world.apply(...clusterManifests());

  await world.until(() => world.isStable(1) && world.hasWorkers(1));
  await world.clock.advance(60_000);
  const writes = world.requests.writes();
  console.log(writes.map((r) => `${r.verb} ${r.kind} ${r.name} ${r.subresource} ${JSON.stringify(r.body)?.slice(0, 400)}`).join('\n'), world.report());
  expect(writes.length).toBeLessThan(130);
  const before = world.requests.seen.length;
  await world.clock.advance(30 * 60_000);

  expect(world.requests.seen.slice(before).filter((request) => request.verb !== 'watch')).toEqual([]);
  expect(world.faults).toEqual([]);
  const configs = world.manager.objects.list(KubeadmConfig, { namespace: NAMESPACE });
  expect(configs).toHaveLength(2);
  await world.stop();
});
