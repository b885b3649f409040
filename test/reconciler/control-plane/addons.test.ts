import { ConfigMap, DaemonSet, Deployment, Event, KubeadmControlPlane } from '../../../api/kinds';
import type { KubeApi } from '../../../api/ports';
import { type CoreDnsPlan, planCoreDns } from '../../../reconciler/control-plane/kubeadm-control-plane/core-dns';
import { kubeProxyImage } from '../../../reconciler/control-plane/kubeadm-control-plane/kube-proxy';
import { clusterManifests } from './manifests';
import { CLUSTER, NAMESPACE, World } from './world';

const IMAGE = 'registry.k8s.io/coredns/coredns:v1.12.1';
const keep: CoreDnsPlan = { kind: 'keep' };
const update = (image: string): CoreDnsPlan => ({ kind: 'update', image });

test.each([
  ['nothing is said', undefined, keep],
  ['the same is said', { dns: { imageTag: 'v1.12.1' } }, keep],
  ['a newer tag is wanted', { dns: { imageTag: 'v1.13.0' } }, update('registry.k8s.io/coredns/coredns:v1.13.0')],
  ['all images come from a mirror', { imageRepository: 'mirror:5000/k8s' }, update('mirror:5000/k8s/coredns:v1.12.1')],
  [
    'CoreDNS has a registry of its own',
    { imageRepository: 'mirror', dns: { imageRepository: 'dns.example/x', imageTag: 'v1.12.1_2' } },
    update('dns.example/x/coredns:v1.12.1_2'),
  ],
  ["kubeadm's registry is named", { dns: { imageRepository: 'registry.k8s.io' } }, keep],
])('CoreDNS when %s', (_title, configuration, plan) => {
  expect(planCoreDns(IMAGE, configuration)).toEqual(plan);
});

test.each([
  ['is older', IMAGE, 'v1.11.3', 'not downgraded'],
  ['is no version', IMAGE, 'latest', 'begin with a version'],
  ['needs another Corefile', 'k8s.gcr.io/coredns:1.7.0', 'v1.12.1', 'migrated by hand'],
])('CoreDNS stays when the tag %s, and the reason says what to do', (_title, image, imageTag, words) => {
  const plan = planCoreDns(image, { dns: { imageTag } });

  expect(plan).toEqual({ kind: 'refuse', message: expect.stringContaining(words) });
});

test('kube-proxy takes the version as its tag, without the digest of the old image', () => {
  expect(kubeProxyImage('r.example:5000/kube-proxy:v1.33.4@sha256:0', 'v1.34.1+x', undefined)).toBe(
    'r.example:5000/kube-proxy:v1.34.1_x',
  );
  expect(kubeProxyImage('registry.k8s.io/kube-proxy:v1.33.4', 'v1.34.1', 'mirror')).toBe('mirror/kube-proxy:v1.34.1');
});

const kubeSystem = (name: string) => ({ namespace: 'kube-system', name });
const imageOf = (object: Deployment | DaemonSet) => object.spec.template.spec?.containers[0]?.image;
const images = async (workload: KubeApi) => [
  imageOf(await workload.get(DaemonSet, kubeSystem('kube-proxy'))),
  imageOf(await workload.get(Deployment, kubeSystem('coredns'))),
];

async function running(): Promise<World> {
  const world = await World.start();
  await world.apply(...clusterManifests({ controlPlane: 1, workers: 0 }));
  await world.until(() => world.isStable(1));
  return world;
}

test('an upgrade takes kube-proxy along, and CoreDNS where the configuration names its tag', async () => {
  const world = await running();
  const workload = await world.workload();
  const corefile = (await workload.get(ConfigMap, kubeSystem('coredns'))).data?.Corefile;

  await world.patchControlPlane({
    version: 'v1.34.1',
    kubeadmConfigSpec: { clusterConfiguration: { dns: { imageTag: 'v1.13.1' } } },
  });
  await world.until(() => world.isStable(1, 'v1.34.1'));
  await world.clock.advance(10_000);

  expect(await images(workload)).toEqual([
    'registry.k8s.io/kube-proxy:v1.34.1',
    'registry.k8s.io/coredns/coredns:v1.13.1',
  ]);
  const config = await workload.get(ConfigMap, kubeSystem('kubeadm-config'));
  expect(config.data?.ClusterConfiguration).toMatch(/^dns:\n {2}imageTag: v1\.13\.1$/m);
  const { data } = await workload.get(ConfigMap, kubeSystem('coredns'));
  expect(data).toEqual({ Corefile: corefile, 'Corefile-backup': corefile });
  expect(world.faults).toEqual([]);
  await world.stop();
});

test('CoreDNS changes without new machines, and an impossible tag is an event and nothing else', async () => {
  const world = await running();
  const workload = await world.workload();
  const machines = world.machines('control-plane').map(({ metadata }) => metadata.name);
  const wish = async (imageTag: string) => {
    await world.patchControlPlane({ kubeadmConfigSpec: { clusterConfiguration: { dns: { imageTag } } } });
    await world.clock.advance(10_000);
    return (await images(workload))[1];
  };

  expect(await wish('v1.13.1')).toBe('registry.k8s.io/coredns/coredns:v1.13.1');
  expect(await wish('v1.12.1')).toBe('registry.k8s.io/coredns/coredns:v1.13.1');

  const { items } = await world.api.list(Event, { namespace: NAMESPACE });
  expect(items.filter(({ reason }) => reason === 'FailedCoreDNSUpdate')).toHaveLength(1);
  expect(world.machines('control-plane').map(({ metadata }) => metadata.name)).toEqual(machines);
  await world.stop();
});

test('addons that shall be left alone are, until the annotations go', async () => {
  const world = await running();
  const workload = await world.workload();
  const before = await images(workload);
  const annotate = async (value: string | null) => {
    const annotations = {
      'controlplane.cluster.x-k8s.io/skip-kube-proxy': value,
      'controlplane.cluster.x-k8s.io/skip-coredns': value,
    };
    const key = { namespace: NAMESPACE, name: `${CLUSTER}-cp` };
    await world.api.patch(KubeadmControlPlane, key, { type: 'merge', patch: { metadata: { annotations } } });
  };

  await annotate('');
  await world.patchControlPlane({
    version: 'v1.34.1',
    kubeadmConfigSpec: { clusterConfiguration: { dns: { imageTag: 'v1.13.1' } } },
  });
  await world.until(() => world.isStable(1, 'v1.34.1'));
  await world.clock.advance(10_000);
  expect(await images(workload)).toEqual(before);

  await annotate(null);
  await world.clock.advance(10_000);
  expect(await images(workload)).toEqual([
    'registry.k8s.io/kube-proxy:v1.34.1',
    'registry.k8s.io/coredns/coredns:v1.13.1',
  ]);
  await world.stop();
});
