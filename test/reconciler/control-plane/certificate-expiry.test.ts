import { KubeadmConfig } from '../../../api/kinds';
import type { KubeObject } from '../../../machinery/kube-object';
import { clusterManifests } from './manifests';
import { NAMESPACE, World } from './world';

type WithInit = KubeObject & { spec: { kubeadmConfigSpec: { initConfiguration: object } } };

test('the certificate of an API server is looked at where the configuration makes it listen', async () => {
  const objects = clusterManifests({ controlPlane: 1, workers: 0 });
  for (const object of objects) {
    if (object.kind !== 'KubeadmControlPlane') continue;
    const { kubeadmConfigSpec } = (object as WithInit).spec;
    kubeadmConfigSpec.initConfiguration = {
      ...kubeadmConfigSpec.initConfiguration,
      localAPIEndpoint: { bindPort: 6443 },
    };
  }
  const world = await World.start();
  await world.apply(...objects);
  await world.until(() => world.isStable(1));
  await world.clock.advance(10_000);

  expect(world.certificatePorts).toEqual([6443]);
  const [config] = world.manager.objects.list(KubeadmConfig, { namespace: NAMESPACE });
  expect(config?.metadata.annotations).toHaveProperty(['machine.cluster.x-k8s.io/certificates-expiry']);
  await world.stop();
});
