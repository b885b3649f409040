import { type EtcdAdmin, EtcdUnavailable } from '../../../api/ports';
import { judge } from './health-check';
import { clusterManifests } from './manifests';
import { NAMESPACE, World } from './world';

const namesOf = (world: World) => world.machines('control-plane').map(({ metadata }) => metadata.name);

test('an unhealthy machine that leads etcd and cannot be asked is replaced, and another one leads', async () => {
  let mute: string | undefined;
  const etcd = (real: EtcdAdmin): EtcdAdmin => {
    const unless = <T>(cluster: { namespace: string; name: string }, node: string, ask: () => Promise<T>) =>
      node === mute ? Promise.reject(new EtcdUnavailable(cluster, node, new Error('no kubelet'))) : ask();
    return {
      members: (cluster, node) => unless(cluster, node, () => real.members(cluster, node)),
      status: (cluster, node) => unless(cluster, node, () => real.status(cluster, node)),
      alarms: (cluster, node) => unless(cluster, node, () => real.alarms(cluster, node)),
      moveLeader: (cluster, node, to) => unless(cluster, node, () => real.moveLeader(cluster, node, to)),
      removeMember: (cluster, node, id) => unless(cluster, node, () => real.removeMember(cluster, node, id)),
    };
  };
  let port: EtcdAdmin | undefined;
  const world = await World.start({
    etcd: (real) => {
      port = real;
      return etcd(real);
    },
  });
  await world.apply(...clusterManifests({ controlPlane: 3, workers: 0 }));
  await world.until(() => world.isStable(3));
  const [any = ''] = namesOf(world);
  const status = await port?.status({ namespace: NAMESPACE, name: 'c' }, any);
  const leader = (await world.etcdMembers()).find(({ id }) => id === status?.leaderId)?.name ?? '';

  mute = leader;
  await judge(world, leader, 'unhealthy');
  await world.until(() => world.isStable(3) && !namesOf(world).includes(leader));

  expect((await world.etcdMembers()).map(({ name }) => name).sort()).toEqual(namesOf(world).sort());
  await world.stop();
});
