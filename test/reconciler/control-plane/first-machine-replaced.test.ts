import { Machine } from '../../../api/kinds';
import { clusterManifests } from './manifests';
import { NAMESPACE, World } from './world';

const HOOK = 'pre-terminate.delete.hook.machine.cluster.x-k8s.io/test';

test('a first machine that finishes kubeadm init while it is being deleted is followed by one that initializes the cluster', async () => {
  const world = await World.start({ bootMs: 90_000 });
  await world.apply(...clusterManifests({ controlPlane: 1, workers: 1 }));
  await world.until(() => world.machines('control-plane').length === 1);
  const key = { namespace: NAMESPACE, name: world.machines('control-plane')[0]?.metadata.name ?? '' };
  const hooked = (value: string | null) => ({
    type: 'merge' as const,
    patch: { metadata: { annotations: { [HOOK]: value } } },
  });
  await world.api.patch(Machine, key, hooked(''));

  await world.api.delete(Machine, key);
  await world.clock.advance(180_000);
  expect(world.controlPlane?.status?.initialization).toBeUndefined();
  await world.api.patch(Machine, key, hooked(null));
  await world.until(() => world.isStable(1) && world.hasWorkers(1));

  expect(world.machines('control-plane').map(({ metadata }) => metadata.name)).not.toContain(key.name);
  await world.stop();
});
