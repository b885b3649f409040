import { Fleet, MachineDeployment } from '../../../api';
import { conditionOf } from '../../../machinery/conditions';
import { cluster, type FleetWorld, inFreshWorld, pool } from './fleet-world';

let world: FleetWorld;
inFreshWorld((made) => {
  world = made;
});

describe('two Fleets', () => {
  const otherKey = { namespace: 'capstan-system', name: 'other' };
  const startOther = async () => {
    await world.api.create(Fleet, {
      apiVersion: 'capstan.dev/v1alpha1',
      kind: 'Fleet',
      metadata: otherKey,
      spec: { source: { url: world.repository, path: 'other' }, interval: '1s' },
    });
    await world.clock.advance(3000);
  };

  test('do not fight for an object: the second is refused, and takes it over when the first lets go', async () => {
    const mine = { 'manifests/cluster.yaml': cluster(), 'manifests/pool.yaml': pool('one') };
    await world.push(mine);
    await world.sync();
    const uids = async () => (await world.api.list(MachineDeployment)).items.map(({ metadata }) => metadata.uid);
    const before = await uids();
    await world.push({ ...mine, 'other/pool.yaml': pool('two') });
    await startOther();

    const refused = conditionOf(await world.api.get(Fleet, otherKey), 'Ready');
    expect(refused).toMatchObject({ reason: 'RevisionRefused' });
    expect(refused?.message).toContain('other/pool.yaml: MachineDeployment.cluster.x-k8s.io default/dev-pool');
    expect(refused?.message).toContain('Fleet capstan-system/fleet');
    const templates = async () =>
      (await world.api.list(MachineDeployment)).items.map(({ spec }) => spec.template.spec.infrastructureRef.name);
    expect(await templates()).toEqual(['one']);

    await world.push({ 'manifests/cluster.yaml': cluster() });
    await world.clock.advance(5000);

    expect(await uids()).toEqual(before);
    expect(await templates()).toEqual(['two']);
    expect(conditionOf(await world.api.get(Fleet, otherKey), 'Ready')).toMatchObject({ status: 'True' });

    await world.stop();
    await world.run();
    await world.clock.advance(5000);
    expect(await uids()).toEqual(before);
    expect(await templates()).toEqual(['two']);
  });
});
