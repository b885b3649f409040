import { Cluster, ConfigMap, Namespace } from '../../../api';
import { conditionOf } from '../../../machinery/conditions';
import { CONFIRM_DELETE } from '../../../reconciler/gitops/prune/plan-prune';
import { cluster, type FleetWorld, inFreshWorld, pool, template } from './fleet-world';

let world: FleetWorld;
inFreshWorld((made) => {
  world = made;
});

test('a Cluster that left git stays until its deletion is confirmed by its uid', async () => {
  await world.push({ 'manifests/cluster.yaml': cluster() });
  await world.sync();
  const uid = (await world.cluster())?.metadata.uid ?? '';
  await world.push({});

  const pending = (await world.fleet()).status?.pendingDeletions ?? [];
  expect(pending).toMatchObject([
    { kind: 'Cluster', name: 'dev', uid, command: expect.stringContaining(`${CONFIRM_DELETE}=${uid}`) },
  ]);
  await world.clock.advance(10_000);
  expect(await world.cluster()).toBeDefined();
  expect(await world.counts()).toEqual(['ConfirmationRequired 1']);

  const patch = { metadata: { annotations: { [CONFIRM_DELETE]: uid } } };
  await world.api.patch(Cluster, { namespace: 'default', name: 'dev' }, { type: 'merge', patch });
  await world.clock.advance(3000);

  expect(await world.cluster()).toBeUndefined();
  expect((await world.fleet()).status?.pendingDeletions).toEqual([]);
});

test('an old template stays while the pool that git asks for before still uses it', async () => {
  const first = {
    'manifests/cluster.yaml': cluster(),
    'manifests/pool.yaml': pool('one'),
    'manifests/template.yaml': template('one'),
  };
  await world.push(first);
  await world.sync();
  const set = {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'MachineSet',
    metadata: { name: 'dev-pool-abc', namespace: 'default' },
    spec: {
      clusterName: 'dev',
      replicas: 1,
      selector: { matchLabels: { pool: 'a' } },
      template: {
        metadata: { labels: { pool: 'a' } },
        spec: {
          clusterName: 'dev',
          bootstrap: { dataSecretName: 'data' },
          infrastructureRef: {
            apiGroup: 'infrastructure.cluster.x-k8s.io',
            kind: 'CloudStackMachineTemplate',
            name: 'one',
          },
        },
      },
    },
  };
  const resource = {
    group: 'cluster.x-k8s.io',
    version: 'v1beta2',
    kind: 'MachineSet',
    plural: 'machinesets',
    namespaced: true,
  };
  await world.api.create(resource, set);
  await world.push({ ...first, 'manifests/pool.yaml': pool('two'), 'manifests/template.yaml': template('two') });
  expect(await world.names()).toEqual(
    expect.arrayContaining(['CloudStackMachineTemplate one', 'CloudStackMachineTemplate two']),
  );

  await world.api.delete(resource, { namespace: 'default', name: 'dev-pool-abc' });
  await world.clock.advance(3000);

  expect(await world.names()).not.toContain('CloudStackMachineTemplate one');
});

test('after a restart it still knows what it applied', async () => {
  await world.push({ 'manifests/one.yaml': template('one'), 'manifests/two.yaml': template('two') });
  await world.sync();
  await world.stop();
  await world.push({ 'manifests/one.yaml': template('one') });

  await world.run();
  await world.clock.advance(3000);

  expect(await world.names()).toEqual(['CloudStackMachineTemplate one']);
  const inventories = await world.api.list(ConfigMap, { namespace: 'capstan-system' });
  expect(inventories.items).toHaveLength(1);
});

test('a Namespace that left git takes no Cluster with it', async () => {
  const inTeam = (manifest: string) => manifest.replace('metadata: {', 'metadata: {namespace: team, ');
  await world.api.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
  await world.push({
    'manifests/team.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n',
    'manifests/cluster.yaml': inTeam(cluster()),
  });
  await world.sync();
  await world.push({});
  await world.clock.advance(10_000);

  const ready = conditionOf(await world.fleet(), 'Ready');
  expect(ready).toMatchObject({ status: 'True', message: expect.stringContaining('kubectl delete namespace team') });
  expect(await world.names()).toEqual(['Cluster dev']);
});

test('an inventory that was edited or deleted is put right while git still asks for its objects', async () => {
  const both = { 'manifests/one.yaml': template('one'), 'manifests/two.yaml': template('two') };
  await world.push(both);
  await world.sync();
  const key = { namespace: 'capstan-system', name: 'fleet-inventory-0' };
  const entries = (await world.api.get(ConfigMap, key)).data?.['entries'] ?? '';
  const patch = { data: { entries: entries.replace(/^\S+/gm, 'another-uid') } };
  await world.api.patch(ConfigMap, key, { type: 'merge', patch });
  await world.clock.advance(3000);

  expect((await world.api.get(ConfigMap, key)).data?.['entries']).toBe(entries);

  await world.api.delete(ConfigMap, key);
  await world.clock.advance(3000);

  expect((await world.api.get(ConfigMap, key)).data?.['entries']).toBe(entries);
  await world.push({ 'manifests/one.yaml': template('one') });
  expect(await world.names()).toEqual(['CloudStackMachineTemplate one']);
});
