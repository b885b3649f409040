import type { Fleet } from '../../api/kinds';
import { adviceFor } from '../../cli/view/advice';
import { renderWhy } from '../../cli/view/render-why';
import { why, whyFleet } from '../../cli/view/why';
import type { Condition } from '../../machinery/conditions';
import type { KubeObject } from '../../machinery/kube-object';
import { Reason as FleetReason } from '../../reconciler/gitops/fleet/reasons';
import { isFaultReason, Reason } from '../../reconciler/infrastructure/reasons';
import { condition, object, SINCE, snapshotOf } from './plain-objects';

const cluster = object(
  'Cluster',
  'dev',
  undefined,
  condition('InfrastructureReady', 'True', 'Ready'),
  condition('Available', 'False', 'NotAvailable', '* WorkersAvailable: …'),
);
const pool = object('MachineDeployment', 'dev-a', 'Cluster/dev', condition('Available', 'False', 'NotAvailable'));
const machineSet = (...conditions: Condition[]) =>
  object('MachineSet', 'dev-a-1', 'MachineDeployment/dev-a', ...conditions);
const machine = object(
  'Machine',
  'dev-a-1-x',
  'MachineSet/dev-a-1',
  condition('InfrastructureReady', 'False', 'NotReady'),
);
const job = '0f8fad5b-d9cb-469f-a165-70867728950e';

test('refused credentials of a VM are those that its cluster names', async () => {
  const refused = condition('Ready', 'False', 'CredentialsRefused', 'unable to verify user credentials');
  const vm = object('CloudStackMachine', 'dev-a-1-x', 'Machine/dev-a-1-x', refused);
  const acsEndpoint = { namespace: 'default', name: 'cloudstack-credentials' };
  const infrastructure = {
    ...object('CloudStackCluster', 'dev', 'Cluster/dev'),
    spec: { failureDomains: [{ acsEndpoint }, { acsEndpoint }] },
  };

  const blocking = why(await snapshotOf(cluster, infrastructure, pool, machineSet(), machine, vm), cluster);

  expect(blocking?.nextStep).toContain('in the credentials Secret default/cloudstack-credentials;');
});

test('where two namespaces have a cluster of that name, printed commands tell which', async () => {
  const failing = object('Machine', 'dev-a-1-x', 'MachineSet/dev-a-1', condition('Ready', 'False', 'ProbeFailed'));
  const namesake = { ...cluster, metadata: { ...cluster.metadata, namespace: 'team' } };
  const nextStep = async (...others: KubeObject[]) =>
    why(await snapshotOf(cluster, pool, machineSet(), failing, ...others), cluster)?.nextStep;

  expect(await nextStep()).toContain('npx capstan kubeconfig dev >');
  expect(await nextStep(namesake)).toContain('npx capstan kubeconfig dev --namespace default >');
});

test('the walk ends at the VM that cannot be deployed, with the job and the next step', async () => {
  const message = `deploying the instance: CloudStack job ${job} failed with 530: no host has room`;
  const vm = object(
    'CloudStackMachine',
    'dev-a-1-x',
    'Machine/dev-a-1-x',
    condition('Ready', 'False', 'DeployFailed', message),
  );

  const blocking = why(await snapshotOf(cluster, pool, machineSet(), machine, vm), cluster);

  expect(blocking).toMatchObject({
    object: 'CloudStackMachine default/dev-a-1-x',
    condition: 'Ready',
    reason: 'DeployFailed',
    since: SINCE,
    cloudstackJob: job,
    nextStep: expect.stringContaining('queryAsyncJobResult'),
    path: [
      'Cluster default/dev',
      'MachineDeployment default/dev-a',
      'MachineSet default/dev-a-1',
      'Machine default/dev-a-1-x',
      'CloudStackMachine default/dev-a-1-x',
    ],
  });
  const text = renderWhy('dev', blocking, Date.parse(SINCE) + 90_000);
  for (const part of [
    'CloudStackMachine default/dev-a-1-x',
    'DeployFailed',
    SINCE,
    message,
    job,
    'queryAsyncJobResult',
  ])
    expect(text).toContain(part);
});

test('a MachineSet that may not create machines is the blocking object', async () => {
  const message = 'Scaling up from 0 to 1 replicas is blocked because:\n* the control plane is upgrading';
  const set = machineSet(condition('ScalingUp', 'True', 'ScalingUp', message));

  const blocking = why(await snapshotOf(cluster, pool, set), cluster);

  expect(blocking).toMatchObject({ object: 'MachineSet default/dev-a-1', message });
  expect(blocking?.nextStep).toContain('wait for what the message names');
});

test('a paused object is where the walk ends', async () => {
  const paused = object('MachineDeployment', 'dev-a', 'Cluster/dev', condition('Paused', 'True', 'Paused'));

  const blocking = why(await snapshotOf(cluster, paused, machineSet(), machine), cluster);

  expect(blocking).toMatchObject({ object: 'MachineDeployment default/dev-a', reason: 'Paused' });
  expect(blocking?.nextStep).toContain('unpause');
});

test('nothing blocks what stands well', async () => {
  const well = object('Cluster', 'dev', undefined, condition('Available', 'True', 'Available'));

  expect(why(await snapshotOf(well), well)).toBeUndefined();
  expect(renderWhy('dev', undefined, 0)).toContain('nothing blocks it');
});

test('a refused revision counts more than a deletion that waits for its confirmation', () => {
  const fleet: Fleet = JSON.parse(
    JSON.stringify(
      object(
        'Fleet',
        'fleet',
        undefined,
        condition('DeletionPending', 'True', 'ConfirmationRequired', 'kubectl annotate …'),
        condition('Ready', 'False', 'RevisionRefused', 'a.yaml: no'),
      ),
    ),
  );

  expect(whyFleet(fleet)).toMatchObject({ reason: 'RevisionRefused', nextStep: expect.stringContaining('in git') });
});

const vm = object('CloudStackMachine', 'x', undefined);

test.each(Object.values(Reason).filter(isFaultReason))('the fault %s has a next step of its own', (reason) => {
  const advice = adviceFor(vm, condition('Ready', 'False', reason));

  // Only a fault of our own has nothing better to read than its events.
  if (reason !== 'InternalError') expect(advice).not.toMatch(/^(read its events|nothing)/);
});

const STANDING = ['Ready', 'Paused', 'NotPaused', 'Synced'];

test.each(Object.values(Reason).filter((reason) => !isFaultReason(reason) && !STANDING.includes(reason)))(
  'the progress %s is named as work, not as a fault',
  (reason) => {
    expect(adviceFor(vm, condition('Ready', 'False', reason))).not.toContain('read its events');
  },
);

test.each([
  FleetReason.fetchFailed,
  FleetReason.revisionRefused,
  FleetReason.applyFailed,
  FleetReason.suspended,
  FleetReason.confirmationRequired,
])('the Fleet reason %s has a next step of its own', (reason) => {
  expect(adviceFor(vm, condition('Ready', 'False', reason))).not.toMatch(/^(read its events|nothing)/);
});

test('what nobody knows better leads to the events, by a command that works', () => {
  expect(adviceFor(pool, condition('Ready', 'False', 'SomethingNew'))).toBe(
    'read its events: kubectl describe machinedeployment.cluster.x-k8s.io dev-a --namespace default',
  );
});

test.each([
  'EtcdMemberHealthy',
  'EtcdPodHealthy',
  'APIServerPodHealthy',
  'ControllerManagerPodHealthy',
  'SchedulerPodHealthy',
])('a control plane machine whose %s is not known is told by that, not by its summaries', async (type) => {
  const member = object(
    'Machine',
    'dev-control-plane-x',
    undefined,
    condition('Available', 'False', 'NotReady'),
    condition('Ready', 'Unknown', 'ReadyUnknown', `* ${type}: …`),
    condition(type, 'Unknown', 'InspectionFailed', 'no answer within 5000 ms'),
  );

  const blocking = why(await snapshotOf(member), cluster, { machine: member });

  expect(blocking).toMatchObject({ condition: type, message: 'no answer within 5000 ms' });
});

test('a condition without a message yields to the next that has one', async () => {
  const initializing = object(
    'KubeadmControlPlane',
    'dev-control-plane',
    undefined,
    condition('Initialized', 'False', 'NotInitialized'),
    condition('Available', 'False', 'NotAvailable', 'Control plane not yet initialized'),
  );

  const blocking = why(await snapshotOf(cluster, initializing), cluster);

  expect(blocking).toMatchObject({ condition: 'Available', message: 'Control plane not yet initialized' });
});

test('a fault counts before work in progress that is met first', async () => {
  const working = object('CloudStackMachine', 'a', 'Machine/a', condition('Ready', 'False', 'Deploying', 'a job runs'));
  const faulty = object('CloudStackMachine', 'b', 'Machine/b', condition('Ready', 'False', 'LimitReached', 'no CPU'));
  const machines = ['a', 'b'].map((name) => object('Machine', name, 'MachineSet/dev-a-1'));

  const blocking = why(await snapshotOf(cluster, pool, machineSet(), ...machines, working, faulty), cluster);

  expect(blocking).toMatchObject({ object: 'CloudStackMachine default/b', reason: 'LimitReached' });
});
