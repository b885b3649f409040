import { why } from '../../cli/view/why';
import type { Condition } from '../../machinery/conditions';
import type { KubeObject } from '../../machinery/kube-object';
import { condition, object, SINCE, snapshotOf } from './plain-objects';

const HOOK = 'pre-terminate.delete.hook.machine.cluster.x-k8s.io/kcp-cleanup';
const cluster = object('Cluster', 'dev', undefined, condition('Available', 'False', 'NotAvailable', 'x'));
const controlPlane = object('KubeadmControlPlane', 'dev-control-plane', 'Cluster/dev');
const LOST = condition('InfrastructureReady', 'False', 'InstanceLost', 'the instance is gone');
const HEALTHY = condition('EtcdMemberHealthy', 'True', 'Healthy');
const UNKNOWN = condition('EtcdMemberHealthy', 'Unknown', 'InspectionFailed', 'no answer within 5000 ms');

/** A member of etcd, named by one letter. */
function member(name: string, ...conditions: Condition[]): KubeObject {
  const machine = object('Machine', name, 'KubeadmControlPlane/dev-control-plane', ...conditions);
  machine.metadata.labels = { ...machine.metadata.labels, 'cluster.x-k8s.io/control-plane': '' };
  machine.metadata.annotations = { [HOOK]: '' };
  return { ...machine, status: { conditions, nodeRef: { name } } };
}

const lostVm = (name: string) =>
  object('CloudStackMachine', name, `Machine/${name}`, condition('Ready', 'False', 'InstanceLost', 'it is gone'));

function deleting(machine: KubeObject): KubeObject {
  return { ...machine, metadata: { ...machine.metadata, deletionTimestamp: SINCE } };
}

const ask = async (...objects: KubeObject[]) => why(await snapshotOf(cluster, ...objects), cluster);
const DELETE = /; delete the Machine to have it replaced: kubectl delete machine\S+ a /;
const RESTORE =
  /restore the VM in CloudStack .*; else delete the cluster and make it anew; deleting the Machine does not/;

test('a lost worker is replaced', async () => {
  const pool = object('MachineDeployment', 'dev-a', 'Cluster/dev');
  const set = object('MachineSet', 'dev-a-1', 'MachineDeployment/dev-a');
  const worker = object('Machine', 'a', 'MachineSet/dev-a-1', LOST);

  const blocking = await ask(controlPlane, member('c', HEALTHY), pool, set, worker, lostVm('a'));

  expect(blocking?.nextStep).toMatch(DELETE);
});

test('a lost control plane machine is replaced while a healthy majority is left', async () => {
  const others = [member('b', HEALTHY), member('c', HEALTHY)];

  expect((await ask(controlPlane, member('a', LOST, HEALTHY), ...others, lostVm('a')))?.nextStep).toMatch(DELETE);
});

test.each([
  ['the only one', [], /^etcd's data are lost with the only control plane machine: /],
  ['two of three', [member('b', LOST, UNKNOWN), member('c', UNKNOWN)], /lost with 2 of 3 control plane machines/],
  ['one of two', [member('b', UNKNOWN)], /lost with 1 of 2 control plane machines/],
])('with %s gone, etcd is gone: to delete the Machine would not help', async (_what, others, text) => {
  const blocking = await ask(controlPlane, member('a', LOST, HEALTHY), ...others, lostVm('a'));

  expect(blocking).toMatchObject({ object: 'CloudStackMachine default/a', reason: 'InstanceLost' });
  expect(blocking?.nextStep).toMatch(text);
  expect(blocking?.nextStep).toMatch(RESTORE);
  expect(blocking?.nextStep).not.toContain('kubectl delete machine');
});

test('while it is not known how the others do, they come first', async () => {
  const others = [member('b', HEALTHY), member('c', UNKNOWN)];

  const blocking = await ask(controlPlane, member('a', LOST), ...others, lostVm('a'));

  expect(blocking?.nextStep).toMatch(/etcd has no quorum while 1 of 3 .* healthy, so see to the others first/);
  expect(blocking?.nextStep).toMatch(/then delete the Machine/);
});

test('a machine that never joined etcd, and machines of a control plane with etcd elsewhere, are replaced', async () => {
  const joining = { ...member('a', LOST), status: { conditions: [LOST] } };
  const external = {
    ...controlPlane,
    spec: { kubeadmConfigSpec: { clusterConfiguration: { etcd: { external: { endpoints: ['https://etcd'] } } } } },
  };

  expect((await ask(controlPlane, joining, member('b', HEALTHY), lostVm('a')))?.nextStep).toMatch(DELETE);
  expect((await ask(external, member('a', LOST), lostVm('a')))?.nextStep).toMatch(DELETE);
});

test.each(['InstanceNotRunning', 'NodeDeleted', 'CannotBeRemediated', 'ObjectDeleted'])(
  'nobody is told to delete the only control plane machine: %s',
  async (reason) => {
    const only = member('a', condition('InfrastructureReady', 'False', reason, 'is Stopping'));

    const blocking = await ask(controlPlane, only);

    expect(blocking?.reason).toBe(reason);
    expect(blocking?.nextStep).not.toContain('kubectl delete machine');
  },
);

test('a healthy member is not given up while etcd would have no quorum without it', async () => {
  const withoutNode = member('a', condition('NodeHealthy', 'False', 'NodeDeleted', 'x'), HEALTHY);

  const one = await ask(controlPlane, withoutNode, member('b', HEALTHY), member('c', UNKNOWN));
  const none = await ask(controlPlane, withoutNode, member('b', HEALTHY), member('c', HEALTHY));

  expect(one?.nextStep).toMatch(
    /etcd would have no quorum without it while 2 of 3 .* healthy, so see to the others first .*; then delete the Machine/,
  );
  expect(none?.nextStep).toMatch(DELETE);
});

const waitsForHook = condition(
  'Deleting',
  'True',
  'WaitingForPreTerminateHook',
  `Waiting for pre-terminate hooks to succeed (hooks: ${HOOK})`,
);

test('a lost machine that is being deleted is told by what its deletion waits for', async () => {
  const going = deleting(member('a', LOST, waitsForHook));

  const blocking = await ask(controlPlane, going, member('b', UNKNOWN), lostVm('a'));

  expect(blocking).toMatchObject({ object: 'Machine default/a', condition: 'Deleting' });
  expect(blocking?.nextStep).toMatch(
    /control plane lets it go .* but etcd's data are lost with 1 of 2 .*restore the VM/,
  );
  expect(blocking?.nextStep).not.toContain('kubectl delete machine');
});

test('a machine that leaves a healthy etcd is waited for', async () => {
  const going = deleting(member('a', LOST, waitsForHook));

  const blocking = await ask(controlPlane, going, member('b', HEALTHY), member('c', HEALTHY), lostVm('a'));

  expect(blocking?.nextStep).toMatch(/^wait: its control plane lets it go/);
});

test('once the deletion has reached the VM, the VM is told', async () => {
  const going = deleting(
    member(
      'a',
      LOST,
      condition('Deleting', 'True', 'WaitingForInfrastructureDeletion', 'Waiting for CloudStackMachine'),
    ),
  );
  const vm = deleting(
    object('CloudStackMachine', 'a', 'Machine/a', condition('Ready', 'False', 'CloudStackUnreachable', 'no answer')),
  );

  expect(await ask(controlPlane, going, vm)).toMatchObject({ object: 'CloudStackMachine default/a' });
});

test('a deletion that nobody has looked at yet is not advised again', async () => {
  const going = deleting(member('a', LOST));

  const blocking = await ask(controlPlane, going, member('b', HEALTHY), member('c', HEALTHY), lostVm('a'));

  expect(blocking?.nextStep).toMatch(/is being deleted already; see what that waits for/);
});

/** A control plane that has run, and a machine that cannot join it. */
function joiningNobody() {
  const initialized = condition('Initialized', 'True', 'Initialized');
  const waiting = 'Waiting for the API server of the workload cluster to answer, to create a bootstrap token in it';
  const unavailable = condition('DataSecretAvailable', 'False', 'NotAvailable', waiting);
  return [
    object('KubeadmControlPlane', 'dev-control-plane', 'Cluster/dev', initialized),
    { ...member('b'), status: { conditions: [] } },
    object('KubeadmConfig', 'b', 'Machine/b', unavailable),
  ];
}

test('what joins a control plane whose last machine is gone waits for nothing that comes', async () => {
  const other = { ...member('c', HEALTHY), spec: { providerID: 'cloudstack:///c', infrastructureRef: { name: 'c' } } };

  expect((await ask(...joiningNobody()))?.nextStep).toMatch(/^delete the cluster and make it anew: the last/);
  expect((await ask(other, ...joiningNobody()))?.nextStep).toMatch(/^wait a minute/);
});

test('a cluster that is being deleted is not advised to be deleted', async () => {
  const going = deleting(cluster);

  const blocking = why(await snapshotOf(going, ...joiningNobody()), going);

  expect(blocking).toMatchObject({ object: 'KubeadmConfig default/b' });
  expect(blocking?.nextStep).not.toContain('delete the cluster');
});
