import { KubeadmControlPlane, type Machine } from '../../../api/kinds';
import type { EtcdMember } from '../../../api/ports';
import { rollUp } from '../../../reconciler/control-plane/kubeadm-control-plane/roll-up';
import { HEALTHY, machine } from './machines';

const controlPlane = KubeadmControlPlane.withDefaults({
  apiVersion: KubeadmControlPlane.apiVersion,
  kind: KubeadmControlPlane.kind,
  metadata: { name: 'cp', namespace: 'default' },
  spec: {
    version: 'v1.34.2',
    machineTemplate: { spec: { infrastructureRef: { apiGroup: 'g', kind: 'TestMachineTemplate', name: 't' } } },
  },
});

function etcdHealth(machines: readonly Machine[], members: readonly string[]) {
  const etcdMembers = members.map(
    (name): EtcdMember => ({ id: name, name, isLearner: false, peerUrls: [], clientUrls: [] }),
  );
  const reports = rollUp({
    controlPlane,
    machines: [...machines],
    outdated: new Map(),
    infrastructureProvisioned: true,
    initialized: true,
    managedEtcd: true,
    certificatesAvailable: true,
    etcdMembers,
    connectionDown: undefined,
    verdict: undefined,
    missingTemplate: undefined,
    blocked: undefined,
    now: 0,
  });
  return reports.find((report) => report.type === 'EtcdClusterHealthy');
}

test('an etcd member without a machine makes the cluster unhealthy', () => {
  const health = etcdHealth([machine({ name: 'a', conditions: HEALTHY })], ['a', 'stranger']);

  expect(health).toMatchObject({ status: 'False', reason: 'NotHealthy' });
  expect(health?.message).toContain('stranger does not have a corresponding Machine');
});

test('while a machine waits for its Node, a member that nobody seems to own may be its own', () => {
  const health = etcdHealth([machine({ name: 'a', conditions: HEALTHY, node: false })], ['a']);

  expect(health).toMatchObject({ status: 'True', reason: 'Healthy' });
});
