import { clusterManifests } from './manifests';
import { World } from './world';

test('one control-plane machine and one worker become Ready with few requests, and then nothing is asked or written', async () => {
  const world = await World.start();
  await world.apply(...clusterManifests());

  await world.until(() => world.isStable(1) && world.hasWorkers(1));
  await world.clock.advance(60_000);
  const requests = world.requests.seen.length;
  await world.clock.advance(30 * 60_000);

  expect(world.requests.seen.slice(requests).filter(({ verb }) => verb !== 'watch')).toEqual([]);
  expect(world.faults).toEqual([]);
  // What the bootstrap and control-plane loops write of their own; Machines are written by several loops.
  const count = (kind: string, subresource = '') =>
    world.requests.writes().filter((write) => write.kind === kind && write.subresource === subresource).length;
  expect(count('Secret')).toBe(7);
  expect(count('ConfigMap')).toBe(2);
  expect(count('KubeadmControlPlane')).toBe(2);
  expect(count('KubeadmControlPlane', 'status')).toBeLessThanOrEqual(9);
  expect(count('KubeadmConfig', 'status')).toBeLessThanOrEqual(3);
  expect(world.requests.writes().length).toBeLessThanOrEqual(120);
  await world.stop();
});
