import { KubeadmControlPlane, Machine } from '../../../api/kinds';
import type { EtcdAdmin } from '../../../api/ports';
import { hold } from './health-check';
import { clusterManifests } from './manifests';
import { CLUSTER, NAMESPACE, World } from './world';

test('a control plane that waits for its workers to go asks an unhealthy etcd ever more seldom', async () => {
  let asked = 0;
  let isSick = false;
  const etcd = (real: EtcdAdmin): EtcdAdmin => ({
    ...real,
    status: (cluster, node) => {
      asked++;
      return real.status(cluster, node);
    },
    alarms: async (cluster, node) => {
      const { memberId } = await real.status(cluster, node);
      return isSick ? [{ memberId, alarm: 'NOSPACE' }] : [];
    },
  });
  const world = await World.start({ etcd });
  await world.apply(...clusterManifests({ controlPlane: 1, workers: 1 }));
  await world.until(() => world.isStable(1) && world.hasWorkers(1));
  const [worker] = world.machines('worker');
  const release = await hold(world, worker?.metadata.name ?? '');

  isSick = true;
  await world.api.delete(KubeadmControlPlane, { namespace: NAMESPACE, name: `${CLUSTER}-cp` });
  await world.clock.advance(60_000);
  const before = asked;
  await world.clock.advance(10 * 60_000);

  expect(asked - before).toBeLessThan(60);
  await world.deleteCluster();
  await release();
  await world.until(() => world.cluster === undefined);
  expect(world.manager.objects.list(Machine, { namespace: NAMESPACE })).toEqual([]);
  await world.stop();
});
