import { CloudStackMachineTemplate, Cluster, ConfigMap, Fleet } from '../../../api';
import { conditionOf } from '../../../machinery/conditions';
import { cluster, type FleetWorld, inFreshWorld, template } from './fleet-world';

let world: FleetWorld;
inFreshWorld((made) => {
  world = made;
});

test('applies a revision and reports it', async () => {
  const revision = await world.push({
    'manifests/dev/cluster.yaml': cluster(),
    'manifests/dev/template.yaml': template('one'),
  });
  await world.sync();

  expect(await world.names()).toEqual(['Cluster dev', 'CloudStackMachineTemplate one']);
  const fleet = await world.fleet();
  expect(conditionOf(fleet, 'Ready')).toMatchObject({ status: 'True', reason: 'ReconciliationSucceeded' });
  expect(fleet.status?.lastAppliedRevision).toBe(revision);
});

test('at rest it writes nothing', async () => {
  await world.push({ 'manifests/cluster.yaml': cluster() });
  await world.sync();
  const before = (await world.api.list(Cluster)).resourceVersion;

  await world.clock.advance(10_000);

  expect((await world.api.list(Cluster)).resourceVersion).toBe(before);
});

test('puts back what somebody changed, and leaves fields it does not own alone', async () => {
  await world.push({ 'manifests/cluster.yaml': cluster() });
  await world.sync();
  const key = { namespace: 'default', name: 'dev' };
  const patch = { metadata: { labels: { 'cluster.x-k8s.io/cluster-name': 'other', mine: 'yes' } } };
  await world.api.patch(Cluster, key, { type: 'merge', patch }, { fieldManager: 'somebody' });

  await world.clock.advance(2000);

  expect((await world.cluster())?.metadata.labels).toEqual({ 'cluster.x-k8s.io/cluster-name': 'dev', mine: 'yes' });
});

test('makes again what somebody deleted', async () => {
  await world.push({ 'manifests/template.yaml': template('one') });
  await world.sync();
  await world.api.delete(CloudStackMachineTemplate, { namespace: 'default', name: 'one' });

  await world.clock.advance(2000);

  expect(await world.names()).toEqual(['CloudStackMachineTemplate one']);
});

test('refuses a revision with any mistake as a whole, lists all, and keeps the last good one', async () => {
  const good = await world.push({ 'manifests/cluster.yaml': cluster() });
  await world.sync();
  const bad = await world.push({
    'manifests/cluster.yaml': cluster('dev', '  unknownField: 1\n'),
    'manifests/template.yaml': template('one').replace('offering: {name: small}, ', ''),
    'manifests/new.yaml': template('new'),
  });

  const fleet = await world.fleet();
  const ready = conditionOf(fleet, 'Ready');
  expect(ready).toMatchObject({ status: 'False', reason: 'RevisionRefused' });
  expect(ready?.message).toContain('unknownField');
  expect(ready?.message).toContain('spec.template.spec.offering');
  expect(fleet.status).toMatchObject({ lastAppliedRevision: good, lastAttemptedRevision: bad });
  await world.clock.advance(10_000);
  expect(await world.warnings()).toEqual([`RevisionRefused: ${ready?.message}`]);
  expect(await world.names()).toEqual(['Cluster dev']);

  await world.push({ 'manifests/cluster.yaml': cluster() });
  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ status: 'True' });
});

test('a Namespace and what is in it may come with one revision', async () => {
  await world.push({
    'manifests/team.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n',
    'manifests/cluster.yaml': cluster().replace('metadata: {', 'metadata: {namespace: team, '),
  });
  await world.sync();

  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ status: 'True' });
  expect(await world.names()).toEqual(['Cluster dev']);
});

test('what is refused in a new Namespace is applied in no part', async () => {
  const inTeam = (manifest: string) => manifest.replace('metadata: {', 'metadata: {namespace: team, ');
  await world.push({
    'manifests/team.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n',
    'manifests/cluster.yaml': inTeam(cluster('dev', '  unknownField: 1\n')),
    'manifests/template.yaml': inTeam(template('one')),
  });
  await world.sync();

  const ready = conditionOf(await world.fleet(), 'Ready');
  expect(ready).toMatchObject({ reason: 'RevisionRefused', message: expect.stringContaining('unknownField') });
  expect(await world.names()).toEqual([]);
});

test.each([
  ['of its own Fleet', 'fleet-inventory-0'],
  ['that its own Fleet has yet to make', 'fleet-inventory-1'],
  ['of another Fleet', 'other-inventory-0'],
])('a ConfigMap in place of the inventory %s is refused', async (_, name) => {
  const good = { 'manifests/one.yaml': template('one'), 'other/two.yaml': template('two') };
  await world.push(good);
  await world.sync();
  await world.api.create(Fleet, {
    apiVersion: 'capstan.dev/v1alpha1',
    kind: 'Fleet',
    metadata: { name: 'other', namespace: 'capstan-system' },
    spec: { source: { url: world.repository, path: 'other' }, interval: '1s' },
  });
  await world.clock.advance(3000);
  const inventories = async () => (await world.api.list(ConfigMap, { namespace: 'capstan-system' })).items;
  const before = await inventories();

  await world.push({
    ...good,
    'manifests/map.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: capstan-system}\ndata: {entries: ''}\n`,
  });

  const ready = conditionOf(await world.fleet(), 'Ready');
  expect(ready).toMatchObject({ reason: 'RevisionRefused' });
  expect(ready?.message).toContain(`manifests/map.yaml: ConfigMap capstan-system/${name}: Fleet capstan-system/`);
  expect(before).toHaveLength(2);
  expect(await inventories()).toEqual(before);
});
