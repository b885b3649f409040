import type { KubeObject, Resource } from '../../../machinery/kube-object';
import { World } from './world';

const crds: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

function crd(labels: { [key: string]: string }, established = 'True'): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'clouds.infra.dev', labels },
    spec: {
      group: 'infra.dev',
      scope: 'Namespaced',
      names: { kind: 'Cloud', plural: 'clouds' },
      versions: [
        { name: 'v1beta1', served: true, storage: false, schema: { openAPIV3Schema: { type: 'object' } } },
        { name: 'v1beta4', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
        { name: 'v1alpha1', served: false, storage: false },
      ],
    },
    status: { conditions: [{ type: 'Established', status: established }] },
  };
}

test('the newest contract wins, and in it the greatest version by the order of Kubernetes', async () => {
  const world = await new World().start();
  world.api.put(
    crds,
    crd({ 'cluster.x-k8s.io/v1beta1': 'v1beta1', 'cluster.x-k8s.io/v1beta2': 'v1alpha9_v1beta4_v1beta3' }),
  );

  const resolved = await world.objects.resolveContract('infra.dev', 'Cloud');

  expect(resolved).toEqual({
    contract: 'v1beta2',
    resource: { group: 'infra.dev', version: 'v1beta4', kind: 'Cloud', plural: 'clouds', namespaced: true },
  });
  await world.manager.stop();
});

test('a provider of the old contract is read by the old contract', async () => {
  const world = await new World().start();
  world.api.put(crds, crd({ 'cluster.x-k8s.io/v1beta1': 'v1beta1_v1beta2_v1beta3' }));

  const resolved = await world.objects.resolveContract('infra.dev', 'Cloud');

  expect([resolved.contract, resolved.resource.version]).toEqual(['v1beta1', 'v1beta3']);
  await world.manager.stop();
});

test('a missing CRD and a missing label are errors of their own, and end when the CRD comes', async () => {
  const world = await new World().start();
  await expect(world.objects.resolveContract('infra.dev', 'Cloud')).rejects.toMatchObject({ code: 'CONTRACT_UNKNOWN' });
  world.api.put(crds, crd({}));
  await world.clock.settle();
  await expect(world.objects.resolveContract('infra.dev', 'Cloud')).rejects.toThrow(/has no label/);

  world.api.put(crds, crd({ 'cluster.x-k8s.io/v1beta2': 'v1beta4' }));
  await world.clock.settle();

  expect((await world.objects.resolveContract('infra.dev', 'Cloud')).resource.version).toBe('v1beta4');
  await world.manager.stop();
});

test('a kind is found by its CRD when that version is served and established, without asking discovery', async () => {
  const world = await new World().start();
  world.api.put(crds, crd({}, 'False'));
  expect(await world.objects.resourceFor('infra.dev/v1beta1', 'Cloud')).toBeUndefined();
  world.api.put(crds, crd({}));
  await world.clock.settle();
  const discoveries = world.api.count('discovery');

  expect((await world.objects.resourceFor('infra.dev/v1beta1', 'Cloud'))?.plural).toBe('clouds');
  expect(world.api.count('discovery')).toBe(discoveries);
  expect(await world.objects.resourceFor('infra.dev/v1alpha1', 'Cloud')).toBeUndefined();
  await world.manager.stop();
});
