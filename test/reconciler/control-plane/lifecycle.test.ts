import { ConfigMap, KubeadmConfig, Machine, Node, Secret } from '../../../api/kinds';
import { conditionOf } from '../../../machinery/conditions';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { clusterManifests, type Shape } from './manifests';
import { CLUSTER, NAMESPACE, World } from './world';

async function running(shape: Shape): Promise<World> {
  const world = await World.start();
  await world.apply(...clusterManifests(shape));
  await world.until(() => world.isStable(shape.controlPlane ?? 1) && world.hasWorkers(shape.workers ?? 1));
  return world;
}

/** Looks at every change of the control plane's machines while `work` goes on. */
async function watching(world: World, work: () => Promise<void>): Promise<{ most: number; mostDeleting: number }> {
  let most = 0;
  let mostDeleting = 0;
  await world.manager.objects.ensureWatched('lifecycle test', Machine, () => {
    const machines = world.machines('control-plane');
    most = Math.max(most, machines.length);
    mostDeleting = Math.max(mostDeleting, machines.filter(isBeingDeleted).length);
  });
  await work();
  return { most, mostDeleting };
}

test('three control-plane machines join one after the other and etcd has three members', async () => {
  const world = await running({ controlPlane: 3, workers: 2 });

  const members = await world.etcdMembers();
  expect(members.map((member) => member.name).sort()).toEqual(
    world
      .machines('control-plane')
      .map((machine) => machine.metadata.name)
      .sort(),
  );
  expect(world.faults).toEqual([]);
  const inits = world.manager.objects
    .list(KubeadmConfig, { namespace: NAMESPACE })
    .filter((config) => config.spec?.initConfiguration !== undefined);
  expect(inits).toHaveLength(1);
  expect(world.manager.objects.list(ConfigMap, { namespace: NAMESPACE })).toEqual([]);
  await world.stop();
});

test('a machine that lost its owner is taken back; one of another owner stops everything, and says so', async () => {
  const world = await running({ controlPlane: 3, workers: 0 });
  const [machine] = world.machines('control-plane');
  const key = { namespace: NAMESPACE, name: machine?.metadata.name ?? '' };
  const giveTo = (ownerReferences: readonly object[] | null) =>
    world.api.patch(Machine, key, { type: 'merge', patch: { metadata: { ownerReferences } } });
  const owner = await world.api.create(ConfigMap, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'somebody', namespace: NAMESPACE },
  });

  await giveTo(null);
  await world.clock.advance(10_000);
  const taken = await world.api.get(Machine, key);
  const { name, uid } = owner.metadata;
  await giveTo([{ apiVersion: 'v1', kind: 'ConfigMap', name, uid, controller: true }]);
  await world.clock.advance(10_000);
  const blocked = conditionOf(world.controlPlane ?? {}, 'ScalingUp');

  expect(taken.metadata.ownerReferences).toMatchObject([{ kind: 'KubeadmControlPlane', controller: true }]);
  expect(blocked?.message).toContain(`Machines ${key.name} of the control plane belong to another owner`);
  expect(world.machines('control-plane')).toHaveLength(3);
  await world.stop();
});

test('scaling down removes the etcd member before the machine goes, one machine at a time', async () => {
  const world = await running({ controlPlane: 3, workers: 1 });

  const { mostDeleting } = await watching(world, async () => {
    await world.patchControlPlane({ replicas: 1 });
    await world.until(() => world.isStable(1));
  });

  expect(mostDeleting).toBe(1);
  expect(await world.etcdMembers()).toHaveLength(1);
  expect(world.faults).toEqual([]);
  await world.patchControlPlane({ replicas: 3 });
  await world.until(() => world.isStable(3));
  expect(await world.etcdMembers()).toHaveLength(3);
  await world.stop();
});

test('an upgrade replaces every machine, with one more than wanted at most, and tells kubeadm-config first', async () => {
  const world = await running({ controlPlane: 3, workers: 1 });

  const { most, mostDeleting } = await watching(world, async () => {
    await world.patchControlPlane({ version: 'v1.34.1' });
    await world.until(() => world.isStable(3, 'v1.34.1'));
  });

  expect({ most, mostDeleting }).toEqual({ most: 4, mostDeleting: 1 });
  const workload = await world.workload();
  const { items } = await workload.list(Node);
  const versions = items.filter(
    (node) => node.metadata.labels?.['node-role.kubernetes.io/control-plane'] !== undefined,
  );
  expect(versions.map((node) => node.status?.nodeInfo?.kubeletVersion)).toEqual(['v1.34.1', 'v1.34.1', 'v1.34.1']);
  const config = await workload.get(ConfigMap, { namespace: 'kube-system', name: 'kubeadm-config' });
  expect(config.data?.ClusterConfiguration).toContain('kubernetesVersion: v1.34.1');
  expect(world.controlPlane?.status?.versions).toEqual([{ version: 'v1.34.1', replicas: 3 }]);
  expect(world.faults).toEqual([]);
  await world.stop();
});

test('without surge a machine goes before its successor comes', async () => {
  const world = await running({ controlPlane: 3, workers: 0, maxSurge: 0 });

  const { most } = await watching(world, async () => {
    await world.patchControlPlane({ kubeadmConfigSpec: { preKubeadmCommands: ['echo new'] } });
    await world.until(() => world.controlPlane?.status?.upToDateReplicas !== 3);
    await world.until(() => world.isStable(3));
  });

  expect(most).toBe(3);
  expect(world.faults).toEqual([]);
  await world.stop();
});

test('a deleted cluster leaves nothing behind', async () => {
  const world = await running({ controlPlane: 3, workers: 2 });

  await world.deleteCluster();
  await world.until(() => world.cluster === undefined && world.controlPlane === undefined);
  await world.clock.advance(10_000);

  expect(world.machines('control-plane')).toEqual([]);
  expect(world.machines('worker')).toEqual([]);
  expect(world.manager.objects.list(Secret, { namespace: NAMESPACE })).toEqual([]);
  expect(world.manager.objects.list(KubeadmConfig, { namespace: NAMESPACE })).toEqual([]);
  expect(world.faults).toEqual([]);
  await world.stop();
});

test('deleting the kubeconfig Secret makes a new one', async () => {
  const world = await running({ controlPlane: 1, workers: 0 });
  const key = { namespace: NAMESPACE, name: `${CLUSTER}-kubeconfig` };
  const before = world.manager.objects.get(Secret, key);

  await world.api.delete(Secret, key);
  await world.until(() => {
    const now = world.manager.objects.get(Secret, key);
    return now !== undefined && now.metadata.uid !== before?.metadata.uid;
  });

  await world.clock.advance(60_000);
  expect(world.isStable(1)).toBe(true);
  await world.stop();
});

test('a certificate that gets lost after initialization is reported and never made anew', async () => {
  const world = await running({ controlPlane: 1, workers: 0 });

  await world.api.delete(Secret, { namespace: NAMESPACE, name: `${CLUSTER}-etcd` });
  await world.until(() => conditionOf(world.controlPlane ?? {}, 'CertificatesAvailable')?.status === 'False');

  await world.clock.advance(60_000);
  expect(world.manager.objects.get(Secret, { namespace: NAMESPACE, name: `${CLUSTER}-etcd` })).toBeUndefined();
  await world.stop();
});

test('a certificate that got lost keeps no machine that is told to go from leaving, and none from being looked at', async () => {
  const world = await running({ controlPlane: 3, workers: 0 });
  const [going = ''] = world.machines('control-plane').map(({ metadata }) => metadata.name);

  await world.api.delete(Secret, { namespace: NAMESPACE, name: `${CLUSTER}-sa` });
  await world.until(() => conditionOf(world.controlPlane ?? {}, 'CertificatesAvailable')?.status === 'False');
  await world.api.delete(Machine, { namespace: NAMESPACE, name: going });
  await world.until(() => world.machines('control-plane').every(({ metadata }) => metadata.name !== going));
  await world.clock.advance(60_000);

  expect((await world.etcdMembers()).map(({ name }) => name)).not.toContain(going);
  expect(world.machines('control-plane')).toHaveLength(2);
  expect(conditionOf(world.controlPlane ?? {}, 'ScalingUp')).toMatchObject({ status: 'True', reason: 'ScalingUp' });
  await world.stop();
});

test('without surge no machine goes while its successor could not join for want of a certificate', async () => {
  const world = await running({ controlPlane: 3, workers: 0, maxSurge: 0 });

  await world.api.delete(Secret, { namespace: NAMESPACE, name: `${CLUSTER}-sa` });
  await world.until(() => conditionOf(world.controlPlane ?? {}, 'CertificatesAvailable')?.status === 'False');
  await world.patchControlPlane({ version: 'v1.34.1' });
  await world.clock.advance(5 * 60_000);

  expect(world.machines('control-plane').filter((machine) => !isBeingDeleted(machine))).toHaveLength(3);
  await world.stop();
});
