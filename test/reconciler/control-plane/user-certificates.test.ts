import { Secret } from '../../../api/kinds';
import { conditionOf } from '../../../machinery/conditions';
import type { KubeObject } from '../../../machinery/kube-object';
import { type CertificatePurpose, clusterSecretName, generateCertificate } from '../../../machinery/kubeadm';
import { clusterManifests } from './manifests';
import { CLUSTER, NAMESPACE, World } from './world';

const external = {
  endpoints: ['https://10.0.0.9:2379'],
  caFile: '/etc/kubernetes/pki/etcd/ca.crt',
  certFile: '/etc/kubernetes/pki/apiserver-etcd-client.crt',
  keyFile: '/etc/kubernetes/pki/apiserver-etcd-client.key',
};

/** The manifests of a cluster whose etcd somebody else runs. */
function withExternalEtcd(): KubeObject[] {
  const objects = clusterManifests({ controlPlane: 1, workers: 0 });
  for (const object of objects) {
    if (object.kind !== 'KubeadmControlPlane') continue;
    const { spec } = object as KubeObject & { spec: { kubeadmConfigSpec: object } };
    spec.kubeadmConfigSpec = { ...spec.kubeadmConfigSpec, clusterConfiguration: { etcd: { external } } };
  }
  return objects;
}

/** A Secret as a user makes it: without labels. */
async function bring(world: World, purpose: CertificatePurpose): Promise<void> {
  const pair = await generateCertificate('etcd', undefined, world);
  const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
  await world.api.create(Secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: clusterSecretName(CLUSTER, purpose), namespace: NAMESPACE },
    data: { 'tls.crt': base64(pair.certificate), 'tls.key': base64(pair.key) },
  });
}

test('a control plane goes on as soon as the certificates of an external etcd are there, without labels as well', async () => {
  const world = await World.start();
  await world.apply(...withExternalEtcd());
  await world.clock.advance(60_000);
  const waiting = conditionOf(world.controlPlane ?? {}, 'CertificatesAvailable');

  await bring(world, 'etcd');
  await bring(world, 'apiserver-etcd-client');
  await world.clock.advance(10_000);

  expect(waiting?.message).toContain('Secret c-etcd does not exist; Secret c-apiserver-etcd-client does not exist');
  expect(conditionOf(world.controlPlane ?? {}, 'CertificatesAvailable')?.status).toBe('True');
  expect(world.machines('control-plane')).toHaveLength(1);
  await world.stop();
});
