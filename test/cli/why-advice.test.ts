import { adviceFor } from '../../cli/view/advice';
import { commandsFor } from '../../cli/view/printed-commands';
import { condition, object, SINCE } from './plain-objects';

const since = Date.parse(SINCE);
const seconds = (count: number) => since + count * 1000;
const minutes = (count: number) => seconds(count * 60);
const commands = commandsFor('/tmp/kubeconfig', true);
const machine = object('Machine', 'dev-a-1-x', undefined);
const vm = object('CloudStackMachine', 'dev-a-1-x', 'Machine/dev-a-1-x');
const config = object('KubeadmConfig', 'dev-a-1-x', 'Machine/dev-a-1-x');
const controlPlane = object('KubeadmControlPlane', 'dev-control-plane', undefined);
const cluster = object('Cluster', 'dev', undefined);
const WAIT = 'nothing: this is work in progress, wait for it';

test.each([
  [vm, 'Deploying'],
  [machine, 'NotReady'],
  [config, 'NotAvailable'],
  [controlPlane, 'ScalingUp'],
  [cluster, 'NotAvailable'],
])('waiting is advised for five minutes, and then where to look', (subject, reason) => {
  const advice = (now: number) => adviceFor(subject, condition('Ready', 'False', reason), { now, commands });

  expect(advice(seconds(299))).toBe(WAIT);
  expect(advice(minutes(5))).not.toContain(WAIT);
  expect(advice(minutes(5))).toMatch(/ --namespace default --kubeconfig \/tmp\/kubeconfig$/);
});

test('a VM that does not come leads to its console and to its machine', () => {
  const advice = adviceFor(vm, condition('Ready', 'False', 'Deploying'), { now: minutes(6), commands });

  expect(advice).toContain('its console in CloudStack');
  expect(advice).toContain('npx capstan why dev/dev-a-1-x');
});

test('machines that would not fit the version of the control plane wait for it, or for a correction', () => {
  const set = object('MachineSet', 'dev-a-1', 'MachineDeployment/dev-a');
  const message = 'blocked because:\n* … ("KubeadmVersionSkew" preflight check failed)';
  const advice = (now: number) =>
    adviceFor(set, condition('ScalingUp', 'True', 'ScalingUp', message), { now, commands });

  expect(advice(since)).toMatch(/^wait while the control plane is on its way/);
  expect(advice(minutes(6))).toMatch(/^give pool and control plane the same version/);
});

test('keys are restored, and a machine whose objects are gone is replaced, because they stand in no repository', () => {
  const keys = condition(
    'CertificatesAvailable',
    'False',
    'NotAvailable',
    'Secret dev-ca does not exist; restore it …',
  );
  const gone = condition('InfrastructureReady', 'False', 'ObjectDeleted', 'CloudStackMachine dev-a-1-x was deleted');

  expect(adviceFor(controlPlane, keys)).toMatch(/^restore the Secret that the message names from a backup/);
  expect(adviceFor(machine, gone, { commands })).toMatch(
    /^see who deleted it; delete the Machine to have it replaced: kubectl delete machine\S+ dev-a-1-x --namespace default/,
  );
});

test('a rollout may take its time while its machines change', () => {
  const advice = adviceFor(controlPlane, condition('RollingOut', 'True', 'RollingOut'), { now: minutes(20), commands });

  expect(advice).toContain('see whether its machines still change (npx capstan status), and wait while they do');
});

test('a pool that replaces on deletion waits for somebody who deletes, however long', () => {
  const pool = object('MachineDeployment', 'dev-a', undefined);
  const waiting = { ...pool, spec: { rollout: { strategy: { type: 'OnDelete' } } } };

  for (const now of [since, minutes(20)])
    expect(adviceFor(waiting, condition('RollingOut', 'True', 'RollingOut'), { now, commands })).toBe(
      'its strategy is OnDelete: delete the Machines that are not up to date, and each is replaced; which they are: kubectl get machines.cluster.x-k8s.io --namespace default --selector cluster.x-k8s.io/deployment-name=dev-a --kubeconfig /tmp/kubeconfig',
    );
});

test.each([
  [config, 'DataSecretAvailable', 'NotAvailable', 'GET https://10.0.0.5:6443/…: no answer (Connect Timeout Error …)'],
  [config, 'DataSecretAvailable', 'NotAvailable', 'Waiting for the API server of the workload cluster to answer, to …'],
  [controlPlane, 'Available', 'NotAvailable', 'Waiting for etcd to report the list of members'],
  [machine, 'NodeHealthy', 'ConnectionDown', 'Last successful probe at 2026-01-01T00:00:00Z'],
  [machine, 'EtcdMemberHealthy', 'InspectionFailed', 'no answer within 5000 ms'],
])('an API server that does not answer leads to the load balancer: %#', (subject, type, reason, message) => {
  const advice = (now: number) => adviceFor(subject, condition(type, 'False', reason, message), { now, commands });

  for (const now of [since, minutes(6)]) {
    expect(advice(now)).toContain('check that a control plane machine runs and that the load balancer leads to it');
    expect(advice(now)).toContain(
      'npx capstan kubeconfig dev > dev.kubeconfig && kubectl --kubeconfig dev.kubeconfig get --raw /readyz',
    );
  }
  expect(advice(minutes(6))).not.toContain('wait');
});

test.each([
  [vm, 'InstanceLost'],
  [vm, 'InstanceNotRunning'],
  [machine, 'NodeDeleted'],
  [machine, 'CannotBeRemediated'],
])('whoever is told to delete a Machine gets the command: %#', (subject, reason) => {
  expect(adviceFor(subject, condition('Ready', 'False', reason), { commands })).toContain(
    ': kubectl delete machine.cluster.x-k8s.io dev-a-1-x --namespace default --kubeconfig /tmp/kubeconfig',
  );
});

test('the credentials Secret is named from the message, else from the spec, else not at all', () => {
  const missing = condition('Ready', 'False', 'CredentialsMissing', 'Secret team-a/cloudstack.keys does not exist');
  const refused = condition('Ready', 'False', 'CredentialsRefused', 'unable to verify user credentials');
  const domain = { ...vm, spec: { acsEndpoint: { namespace: 'default', name: 'cloudstack-credentials' } } };

  expect(adviceFor(vm, missing)).toContain('create the credentials Secret team-a/cloudstack.keys with api-url');
  expect(adviceFor(domain, refused)).toContain('in the credentials Secret default/cloudstack-credentials;');
  expect(adviceFor(vm, refused)).toContain('in the credentials Secret;');
});

test.each(['Zone', 'Network'])(
  'a %s that is not there cannot be corrected in place: the cluster is added again',
  (what) => {
    const missing = condition('Ready', 'False', 'NotFoundInCloudStack', `no ${what} has exactly this name`);

    const advice = adviceFor(vm, missing, { commands });

    expect(advice).not.toContain('correct `');
    expect(advice).toContain('work resumes by itself');
    expect(advice).toMatch(
      /remove its file, publish, .*`npx capstan status` prints .*add it again with the right name/,
    );
  },
);

test('an instance that is stopped is started again by itself, and only one that does not stay up is looked into', () => {
  const stopped = condition('Ready', 'False', 'InstanceNotRunning', 'Instance not ready, is Stopped');

  expect(adviceFor(vm, stopped, { now: seconds(20) })).toMatch(/^wait: .*started again by itself/);
  expect(adviceFor(vm, stopped, { now: minutes(6) })).toContain('kubectl delete machine.cluster.x-k8s.io dev-a-1-x');
});
