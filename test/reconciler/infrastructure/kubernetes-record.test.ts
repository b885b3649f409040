import { CloudStackCluster, CloudStackFailureDomain, CloudStackMachine, Cluster, Secret } from '../../../api/kinds';
import { conditionOf } from '../../../machinery/conditions';
import { valueAt } from '../../../machinery/json';
import type { CloudStackOptions } from '../../../sandbox/cloudstack';
import { World } from './world';

const CLUSTER_FINALIZER = 'ckscluster.infrastructure.cluster.x-k8s.io';
const MACHINE_FINALIZER = 'cksMachine.infrastructure.cluster.x-k8s.io';

let world: World;
afterEach(() => world.stop());

async function start(options: Partial<CloudStackOptions> = {}): Promise<void> {
  world = await World.start(options, { kubernetesSync: true });
}

async function standing(sync = true): Promise<void> {
  await world.createCluster({ sync });
  await world.untilReady(CloudStackCluster, 'c1');
  await world.createMachine('cp-0', { controlPlane: true });
  await world.createMachine('md-0');
  for (const name of ['cp-0', 'md-0']) await world.untilReady(CloudStackMachine, name);
}

async function synced(): Promise<{ status?: string; reason?: string; message?: string }> {
  const cluster = await world.get(CloudStackCluster, 'c1');
  return (cluster === undefined ? undefined : conditionOf(cluster, 'SyncedWithACS')) ?? {};
}

async function untilSynced(reason = 'Synced', limitMs?: number): Promise<void> {
  await world.until(`SyncedWithACS says ${reason}`, async () => (await synced()).reason === reason, limitMs);
}

/** Asks CloudStack directly, as somebody at its user interface would. */
async function ask(command: string, parameters: { [name: string]: string } = {}) {
  return world.cloud.access.connect(world.cloud.credentials).call(command, parameters);
}

async function records(): Promise<readonly { name: string; members: readonly string[]; row: unknown }[]> {
  const rows = (await ask('listKubernetesClusters'))['kubernetescluster'];
  return (Array.isArray(rows) ? rows : []).map((row) => {
    const machines = valueAt(row, 'virtualmachines');
    const members = Array.isArray(machines) ? machines.map((machine) => String(valueAt(machine, 'name'))).sort() : [];
    return { name: String(valueAt(row, 'name')), members, row };
  });
}

async function untilMembers(...names: string[]): Promise<void> {
  await world.until(`the members are ${names.join(', ')}`, async () => {
    const [record] = await records();
    return record !== undefined && record.members.join() === names.join();
  });
}

async function setSync(syncWithACS: boolean): Promise<void> {
  const key = { namespace: 'default', name: 'c1' };
  await world.kube.patch(CloudStackCluster, key, { type: 'merge', patch: { spec: { syncWithACS } } });
}

async function deleteAll(...machines: string[]): Promise<void> {
  await world.delete(Cluster, 'c1').catch(() => undefined);
  for (const name of machines) await world.delete(CloudStackMachine, name);
  await world.delete(CloudStackCluster, 'c1');
  await world.until('all is gone', async () => (await world.list(CloudStackCluster)).length === 0);
}

test('a cluster is shown in CloudStack under the name, and with the finalizers, of the provider before us', async () => {
  await start();
  await standing();
  await untilMembers('cp-0', 'md-0');
  await world.clock.advance(1000);

  const cluster = await world.get(CloudStackCluster, 'c1');
  const [record, ...more] = await records();
  expect(more).toEqual([]);
  expect(record?.name).toBe(`c1 - c1 - ${cluster?.metadata.uid}`);
  expect(record?.row).toMatchObject({
    id: cluster?.status?.cloudStackClusterId,
    description: `c1 - c1 - ${cluster?.metadata.uid} managed by CAPC`,
    clustertype: 'ExternalManaged',
    endpoint: cluster?.spec.controlPlaneEndpoint?.host,
    associatednetworkname: 'net-1',
    controlnodes: 1,
    size: 1,
  });
  expect(cluster?.metadata.finalizers).toContain(CLUSTER_FINALIZER);
  expect(await synced()).toMatchObject({ status: 'True', reason: 'Synced', message: '' });
  for (const name of ['cp-0', 'md-0']) {
    expect((await world.get(CloudStackMachine, name))?.metadata.finalizers).toContain(MACHINE_FINALIZER);
  }
});

test('machines enter and leave the record with the cluster, and a strange one is let go', async () => {
  await start();
  await standing();
  await untilMembers('cp-0', 'md-0');

  await world.createMachine('md-1');
  await world.untilReady(CloudStackMachine, 'md-1');
  await untilMembers('cp-0', 'md-0', 'md-1');
  await world.delete(CloudStackMachine, 'md-0');
  await world.until('md-0 is gone', async () => (await world.get(CloudStackMachine, 'md-0')) === undefined);
  await untilMembers('cp-0', 'md-1');
  // It left before it was destroyed: CloudStack cannot let go of an expunged member, and would count it for ever.
  expect((await records())[0]?.row).toMatchObject({ controlnodes: 1, size: 1 });

  // A machine of another cluster, whose name contains that of ours.
  const [first] = world.cloud.inventory().VirtualMachine;
  const template = (await ask('listVirtualMachines', { id: first?.id ?? '' }))['virtualmachine'];
  const [like] = Array.isArray(template) ? template : [];
  await ask('deployVirtualMachine', {
    name: 'md-1-of-another',
    zoneid: String(valueAt(like, 'zoneid')),
    templateid: String(valueAt(like, 'templateid')),
    serviceofferingid: String(valueAt(like, 'serviceofferingid')),
    networkids: world.cloud.inventory().Network[0]?.id ?? '',
  });
  const stranger = world.cloud.inventory().VirtualMachine.find(({ name }) => name === 'md-1-of-another');
  const id = (await world.get(CloudStackCluster, 'c1'))?.status?.cloudStackClusterId ?? '';
  await ask('addVirtualMachinesToKubernetesCluster', { id, virtualmachineids: stranger?.id ?? '' });
  await world.clock.advance(25 * 60_000);

  await untilMembers('cp-0', 'md-1');
});

test('deletion leaves nothing, whatever goes first', async () => {
  await start();
  await standing();
  await untilMembers('cp-0', 'md-0');

  await deleteAll('cp-0', 'md-0');

  expect(world.leftovers()).toEqual([]);
  expect(world.count('removeVirtualMachinesFromKubernetesCluster')).toBe(0);
});

test('a cluster that is deleted while its record is being made leaves nothing', async () => {
  await start();
  for (const atMs of [400, 600, 700, 800, 1000]) {
    await world.createCluster({ sync: true });
    await world.clock.advance(atMs);
    await deleteAll();

    expect([atMs, ...world.leftovers()]).toEqual([atMs]);
  }
});

test('at rest nothing is written, and CloudStack is asked no more than a few times an hour', async () => {
  await start();
  await standing();
  await untilMembers('cp-0', 'md-0');
  await world.clock.advance(60_000);
  world.requests.length = 0;
  world.calls.length = 0;

  await world.clock.advance(3600_000);

  expect(world.requests).toEqual([]);
  expect(world.count('addVirtualMachinesToKubernetesCluster')).toBe(0);
  expect(world.count('listKubernetesClusters')).toBeLessThanOrEqual(4);
});

test('switched on later, the cluster that stands is shown; switched off, the record goes', async () => {
  await start();
  await standing(false);
  await world.clock.advance(10_000);
  expect(await records()).toEqual([]);
  expect(await synced()).toEqual({});

  await setSync(true);
  await untilMembers('cp-0', 'md-0');
  await setSync(false);
  await world.until('the record is forgotten', async () => {
    const cluster = await world.get(CloudStackCluster, 'c1');
    return cluster?.metadata.finalizers?.includes(CLUSTER_FINALIZER) === false;
  });
  await world.clock.advance(1000);

  const cluster = await world.get(CloudStackCluster, 'c1');
  expect(await records()).toEqual([]);
  expect(cluster?.status?.cloudStackClusterId).toBeUndefined();
  expect(await synced()).toEqual({});
});

test('without the switch the field does nothing, and the condition says so', async () => {
  world = await World.start();
  await standing();
  await untilSynced('SyncDisabled');

  expect((await synced()).message).toContain('--enable-cloudstack-cks-sync');
  expect(await records()).toEqual([]);
  const machine = await world.get(CloudStackMachine, 'md-0');
  expect(machine?.metadata.finalizers).not.toContain(MACHINE_FINALIZER);
});

test('a process without the switch still removes what one with it made', async () => {
  await start();
  await standing();
  await untilMembers('cp-0', 'md-0');
  world.provider.kubernetesSync = false;
  await world.restart();

  await world.delete(CloudStackMachine, 'md-0');
  await world.until('md-0 is gone', async () => (await world.get(CloudStackMachine, 'md-0')) === undefined);
  expect((await records())[0]?.members).toEqual(['cp-0']);
  await deleteAll('cp-0');

  expect(world.leftovers()).toEqual([]);
});

test.each([
  ['of a release that does not know such records', { release: '4.18.2.0' }, 'CloudStack 4.18.2.0'],
  ['with its Kubernetes service switched off', { kubernetesService: false }, 'cloud.kubernetes.service.enabled'],
])('a server %s is named, and machines do not wait for it', async (_, settings, text) => {
  await start({ settings });
  await standing();
  await untilSynced('SyncUnsupported');

  expect((await synced()).message).toContain(text);
  await deleteAll('cp-0', 'md-0');
  expect(world.leftovers()).toEqual([]);
});

test('what CloudStack refuses is said, holds up nothing, and is made good', async () => {
  await start();
  const fault = { command: 'createKubernetesCluster', errorCode: 530, errorText: 'no luck' };
  world.cloud.faults.failCommand({ ...fault, times: 3 });
  world.cloud.faults.failJob(fault);
  await standing();
  expect(await synced()).toMatchObject({ status: 'False' });

  await untilMembers('cp-0', 'md-0');
  await untilSynced();
  expect(await records()).toHaveLength(1);
});

test('a record that somebody deleted is made again', async () => {
  await start();
  await standing();
  await untilMembers('cp-0', 'md-0');
  const id = (await world.get(CloudStackCluster, 'c1'))?.status?.cloudStackClusterId ?? '';
  await ask('deleteKubernetesCluster', { id });
  await world.clock.advance(25 * 60_000);

  await untilMembers('cp-0', 'md-0');
  expect((await world.get(CloudStackCluster, 'c1'))?.status?.cloudStackClusterId).not.toBe(id);
});

test('when the failure domain it was made with leaves the cluster, the record is made anew with another', async () => {
  await start();
  await world.createCluster({ sync: true, failureDomains: ['fd-1', 'fd-2'] });
  await untilSynced();
  const before = (await world.get(CloudStackCluster, 'c1'))?.status?.cloudStackClusterId ?? '';

  const failureDomains = (await world.get(CloudStackCluster, 'c1'))?.spec.failureDomains?.slice(1);
  const key = { namespace: 'default', name: 'c1' };
  await world.kube.patch(CloudStackCluster, key, { type: 'merge', patch: { spec: { failureDomains } } });
  await world.until('fd-1 is gone', async () => (await world.list(CloudStackFailureDomain)).length === 1);
  await world.until('there is a new record', async () => {
    const id = (await world.get(CloudStackCluster, 'c1'))?.status?.cloudStackClusterId ?? '';
    return id !== '' && id !== before;
  });

  expect(await records()).toHaveLength(1);
});

test('a record that goes after the credentials Secret and the failure domains goes all the same', async () => {
  await start();
  await world.createCluster({ sync: true });
  await world.until('a record is made', async () => world.cloud.inventory().KubernetesCluster.length === 1);
  await world.clock.advance(10_000);
  world.cloud.faults.failJob({ command: 'deleteKubernetesCluster', times: 3, errorCode: 530, errorText: 'no luck' });
  world.cloud.faults.delayJob({ command: 'deleteKubernetesCluster', times: 3, ms: 5000 });
  await world.delete(Secret, 'credentials');
  await world.delete(CloudStackCluster, 'c1');

  await world.until('all is gone', async () => (await world.list(CloudStackCluster)).length === 0, 60_000);
  expect(world.leftovers()).toEqual([]);
});
