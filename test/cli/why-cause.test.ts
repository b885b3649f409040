import { renderWhy } from '../../cli/view/render-why';
import { why } from '../../cli/view/why';
import type { Condition } from '../../machinery/conditions';
import type { KubeObject } from '../../machinery/kube-object';
import { condition, object, SINCE, snapshotOf } from './plain-objects';

const cluster = object('Cluster', 'dev', undefined, condition('Available', 'False', 'NotAvailable', 'x'));
const controlPlane = (...conditions: Condition[]) =>
  object('KubeadmControlPlane', 'dev-control-plane', 'Cluster/dev', ...conditions);
const keysLost = condition(
  'CertificatesAvailable',
  'False',
  'NotAvailable',
  'Secret dev-sa does not exist; restore it from a backup',
);
const silent = condition('NodeHealthy', 'Unknown', 'ConnectionDown', 'Remote connection not established');
const member = object('Machine', 'dev-control-plane-x', 'KubeadmControlPlane/dev-control-plane', silent);
const pool = object('MachineDeployment', 'dev-a', 'Cluster/dev');
const machineSet = (...conditions: Condition[]) =>
  object('MachineSet', 'dev-a-1', 'MachineDeployment/dev-a', ...conditions);
const worker = object('Machine', 'dev-a-1-x', 'MachineSet/dev-a-1', silent);

const ask = async (objects: readonly KubeObject[], machine?: KubeObject) =>
  why(await snapshotOf(cluster, ...objects), cluster, { machine });

test('missing keys of a control plane are the cause, not the connection that its machines lack without them', async () => {
  const blocking = await ask([controlPlane(keysLost), member, pool, machineSet(), worker]);

  expect(blocking).toMatchObject({
    object: 'KubeadmControlPlane default/dev-control-plane',
    condition: 'CertificatesAvailable',
    path: ['Cluster default/dev', 'KubeadmControlPlane default/dev-control-plane'],
  });
  expect(blocking?.nextStep).toMatch(/^restore the Secret that the message names from a backup/);
  expect(renderWhy('dev', blocking, Date.parse(SINCE))).not.toContain('capstan kubeconfig');
});

test.each([member, worker])('the question about one machine leads to the missing keys, too: %#', async (machine) => {
  const blocking = await ask([controlPlane(keysLost), member, pool, machineSet(), worker], machine);

  expect(blocking).toMatchObject({ condition: 'CertificatesAvailable' });
  expect(blocking?.path).toEqual([
    `Machine default/${machine.metadata.name}`,
    'KubeadmControlPlane default/dev-control-plane',
  ]);
});

test('a machine that stands well does not wait for the keys', async () => {
  const well = object('Machine', 'dev-a-1-y', 'MachineSet/dev-a-1', condition('Ready', 'True', 'Ready'));

  expect(await ask([controlPlane(keysLost), well], well)).toBeUndefined();
});

test('a fault of the machine itself comes before the keys when it is asked about', async () => {
  const vm = object('CloudStackMachine', 'x', 'Machine/dev-a-1-x', condition('Ready', 'False', 'InstanceLost', 'gone'));

  expect(await ask([controlPlane(keysLost), worker, vm], worker)).toMatchObject({ reason: 'InstanceLost' });
});

test('the keys count as a fault: work in progress that is met first does not hide them', async () => {
  const waiting = condition('Ready', 'False', 'WaitingForNetwork', 'a job runs');
  const infrastructure = {
    ...object('CloudStackCluster', 'dev', 'Cluster/dev', waiting),
    spec: { failureDomains: [] },
  };

  expect(await ask([infrastructure, controlPlane(keysLost), member])).toMatchObject({
    condition: 'CertificatesAvailable',
  });
});

test.each([
  ['put the object back that the message names', '* CloudStackMachineTemplate default/dev-a does not exist'],
  [
    'delete the Machines that the message names',
    '* waiting for etcd cluster to become healthy\n* Machines a, b of the control plane belong to another owner; delete them',
  ],
])('what keeps a group from making machines comes before what its machines say: %s', async (advice, line) => {
  const message = `Scaling up from 1 to 2 replicas is blocked because:\n${line}`;
  const blocked = condition('ScalingUp', 'True', 'ScalingUp', message);

  expect(await ask([pool, machineSet(blocked), worker])).toMatchObject({
    object: 'MachineSet default/dev-a-1',
    message,
    nextStep: expect.stringContaining(advice),
  });
});

test('a group that only waits is told by its machines', async () => {
  const message = 'Scaling up from 1 to 2 replicas is blocked because:\n* waiting for etcd cluster to become healthy';
  const waiting = condition('ScalingUp', 'True', 'ScalingUp', message);

  expect(await ask([controlPlane(waiting), member])).toMatchObject({ reason: 'ConnectionDown' });
});

test('an infrastructure object that does not exist comes before the machines that wait for it', async () => {
  const missing = condition('InfrastructureReady', 'False', 'ObjectDoesNotExist', 'CloudStackCluster does not exist');
  const alone = object('Cluster', 'dev', undefined, missing);
  const waiting = object('KubeadmConfig', 'x', 'Machine/dev-a-1-x', condition('Ready', 'False', 'NotReady', 'waits'));
  const snapshot = await snapshotOf(alone, pool, machineSet(), worker, waiting);

  expect(why(snapshot, alone)).toMatchObject({ object: 'Cluster default/dev', reason: 'ObjectDoesNotExist' });
});

test('what is being deleted is told by what its deletion waits for', async () => {
  const deleting = controlPlane(
    keysLost,
    condition('Deleting', 'True', 'WaitingForMachineDeletion', 'Deleting 1 Machine'),
  );
  deleting.metadata.deletionTimestamp = SINCE;

  expect(await ask([deleting])).toMatchObject({ condition: 'Deleting' });
});
