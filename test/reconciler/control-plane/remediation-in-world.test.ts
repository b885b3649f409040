import { KubeadmConfig, Machine } from '../../../api/kinds';
import { conditionOf } from '../../../machinery/conditions';
import { readRemediation } from '../../../reconciler/control-plane/kubeadm-control-plane/remediation-data';
import { hold, judge } from './health-check';
import { clusterManifests } from './manifests';
import { NAMESPACE, World } from './world';

const IN_PROGRESS = 'controlplane.cluster.x-k8s.io/remediation-in-progress';
const FOR = 'controlplane.cluster.x-k8s.io/remediation-for';

const namesOf = (world: World) => world.machines('control-plane').map(({ metadata }) => metadata.name);

test('an unhealthy machine of three leaves etcd, goes, and its replacement knows what it replaces', async () => {
  const world = await World.start();
  await world.apply(...clusterManifests({ controlPlane: 3, workers: 0 }));
  await world.until(() => world.isStable(3));
  const [sick = ''] = namesOf(world);
  const release = await hold(world, sick);

  await judge(world, sick, 'unhealthy');
  await world.until(() => world.controlPlane?.metadata.annotations?.[IN_PROGRESS] !== undefined);
  await world.clock.advance(5000);
  const going = await world.api.get(Machine, { namespace: NAMESPACE, name: sick });
  const remediating = conditionOf(world.controlPlane ?? {}, 'Remediating');
  await release();
  await world.until(() => world.isStable(3) && !namesOf(world).includes(sick));

  expect(going.metadata.deletionTimestamp).toBeDefined();
  expect(conditionOf(going, 'OwnerRemediated')).toMatchObject({ reason: 'MachineDeleting' });
  expect(remediating).toMatchObject({ status: 'True', message: `* Machine ${sick}: Machine is deleting` });
  const marks = world.machines('control-plane').flatMap(({ metadata }) => metadata.annotations?.[FOR] ?? []);
  expect(marks.map(readRemediation)).toEqual([expect.objectContaining({ machine: sick, retryCount: 0 })]);
  expect(world.controlPlane?.status?.lastRemediation).toMatchObject({ machine: sick, retryCount: 0 });
  expect(world.controlPlane?.metadata.annotations?.[IN_PROGRESS]).toBeUndefined();
  expect(conditionOf(world.controlPlane ?? {}, 'Remediating')?.status).toBe('False');
  expect((await world.etcdMembers()).map(({ name }) => name).sort()).toEqual(namesOf(world).sort());
  expect(world.faults).toEqual([]);
  await world.stop();
});

test('the only machine of a running control plane is not replaced, and says why until it is healthy again', async () => {
  const world = await World.start();
  await world.apply(...clusterManifests({ controlPlane: 1, workers: 0 }));
  await world.until(() => world.isStable(1));
  const [name = ''] = namesOf(world);
  const remediated = async () => {
    await world.clock.advance(5000);
    return conditionOf(await world.api.get(Machine, { namespace: NAMESPACE, name }), 'OwnerRemediated');
  };

  await judge(world, name, 'unhealthy');
  const refused = await remediated();
  await judge(world, name, 'healthy');
  const withdrawn = await remediated();

  expect(refused).toMatchObject({
    reason: 'CannotBeRemediated',
    message: "KubeadmControlPlane can't remediate if current replicas are less or equal to 1",
  });
  expect(withdrawn).toBeUndefined();
  expect(namesOf(world)).toEqual([name]);
  await world.stop();
});

test('a first machine that never comes up is replaced by one that initializes the cluster', async () => {
  const world = await World.start({ bootMs: 120_000 });
  await world.apply(...clusterManifests({ controlPlane: 1, workers: 0 }));
  await world.until(() => namesOf(world).length === 1);
  await world.clock.advance(60_000);
  const [dead = ''] = namesOf(world);

  await judge(world, dead, 'unhealthy');
  await world.until(() => world.isStable(1));

  expect(namesOf(world)).not.toContain(dead);
  const configs = world.manager.objects.list(KubeadmConfig, { namespace: NAMESPACE });
  expect(configs.map(({ spec }) => spec?.initConfiguration !== undefined)).toEqual([true]);
  expect(world.faults).toEqual([]);
  await world.stop();
});

test('a machine that dies during a rollout is replaced, and so is the one that could not join because of it', async () => {
  const world = await World.start();
  await world.apply(...clusterManifests({ controlPlane: 3, workers: 0 }));
  await world.until(() => world.isStable(3));
  const before = namesOf(world);
  const [dead] = world.machines('control-plane');

  await world.patchControlPlane({ kubeadmConfigSpec: { preKubeadmCommands: ['true'] } });
  await world.until(() => namesOf(world).length === 4);
  world.guests.powerOff(dead?.spec.providerID?.replace('cloudstack:///', '') ?? '');
  await world.clock.advance(600_000);
  const late = namesOf(world).find((name) => !before.includes(name)) ?? '';
  for (const name of [late, dead?.metadata.name ?? '']) await judge(world, name, 'unhealthy');
  await world.until(() => world.isStable(3), 900_000);

  expect(namesOf(world).filter((name) => before.includes(name) || name === late)).toEqual([]);
  expect((await world.etcdMembers()).map(({ name }) => name).sort()).toEqual(namesOf(world).sort());
  await world.stop();
});
