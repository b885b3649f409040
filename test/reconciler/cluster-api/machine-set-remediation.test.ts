import { Machine, MachineDeployment } from '../../../api/kinds';
import { conditionOf } from '../../../machinery/conditions';
import { planRemediation } from '../../../reconciler/cluster-api/machine-set/remediation';
import { hold, judge, UNHEALTHY } from '../control-plane/health-check';
import { machine } from '../control-plane/machines';
import { clusterManifests } from '../control-plane/manifests';
import { CLUSTER, NAMESPACE, World } from '../control-plane/world';

const all = { isCurrent: true, maxInFlight: undefined };
const names = (machines: readonly Machine[]) => machines.map(({ metadata }) => metadata.name);

test('unhealthy machines go, first what somebody asked for, then the newest; healthy ones stay', () => {
  const plan = planRemediation(
    [
      machine({ name: 'old', created: 1, conditions: UNHEALTHY }),
      machine({ name: 'new', created: 9, conditions: UNHEALTHY }),
      machine({
        name: 'asked',
        created: 0,
        conditions: UNHEALTHY,
        annotations: { 'cluster.x-k8s.io/remediate-machine': '' },
      }),
      machine({ name: 'judged only', conditions: { HealthCheckSucceeded: 'False' } }),
      machine({ name: 'fine', conditions: { HealthCheckSucceeded: 'True' } }),
    ],
    all,
  );

  expect(names(plan.due)).toEqual(['asked', 'new', 'old']);
  expect([plan.held, plan.recovered]).toEqual([[], []]);
});

test('no more are in flight than allowed, those already going included', () => {
  const plan = planRemediation(
    [
      machine({ name: 'going', deleting: true, conditions: UNHEALTHY }),
      machine({ name: 'a', created: 2, conditions: UNHEALTHY }),
      machine({ name: 'b', created: 1, conditions: UNHEALTHY }),
    ],
    { isCurrent: true, maxInFlight: { count: 2, text: '50%' } },
  );

  expect(names(plan.due)).toEqual(['a']);
  expect(plan.held).toMatchObject([
    { machine: { metadata: { name: 'b' } }, report: { reason: 'RemediationDeferred' } },
  ]);
  expect(plan.held[0]?.report.message).toContain('spec.remediation.maxInFlight is 50%');
});

test('machines of an older revision are not replaced, and one that recovered is forgotten', () => {
  const plan = planRemediation(
    [
      machine({ name: 'a', conditions: UNHEALTHY }),
      machine({ name: 'b', conditions: { HealthCheckSucceeded: 'True', OwnerRemediated: 'False' } }),
    ],
    { ...all, isCurrent: false },
  );

  expect(plan.due).toEqual([]);
  expect(plan.held.map(({ report }) => report.reason)).toEqual(['CannotBeRemediated']);
  expect(names(plan.recovered)).toEqual(['b']);
});

async function running(workers: number): Promise<World> {
  const world = await World.start();
  await world.apply(...clusterManifests({ controlPlane: 1, workers }));
  await world.until(() => world.isStable(1) && world.hasWorkers(workers));
  return world;
}

test('an unhealthy worker is deleted, says so while it goes, and another one takes its place', async () => {
  const world = await running(3);
  const [sick = ''] = names(world.machines('worker'));
  const release = await hold(world, sick);

  await judge(world, sick, 'unhealthy');
  await world.clock.advance(5000);
  const going = await world.api.get(Machine, { namespace: NAMESPACE, name: sick });
  await release();
  await world.until(() => world.hasWorkers(3) && !names(world.machines('worker')).includes(sick));

  expect(going.metadata.deletionTimestamp).toBeDefined();
  expect(conditionOf(going, 'OwnerRemediated')).toMatchObject({
    reason: 'MachineDeleting',
    message: 'Machine is deleting',
  });
  expect(world.faults).toEqual([]);
  await world.stop();
});

test('with a limit of one at once, a second unhealthy worker waits and says for what; recovered, it stays', async () => {
  const world = await running(3);
  await world.api.patch(
    MachineDeployment,
    { namespace: NAMESPACE, name: `${CLUSTER}-md-0` },
    { type: 'merge', patch: { spec: { remediation: { maxInFlight: 1 } } } },
  );
  const [first = '', second = ''] = names(world.machines('worker'));
  await hold(world, first);
  const look = async () => {
    await world.clock.advance(5000);
    return world.api.get(Machine, { namespace: NAMESPACE, name: second });
  };

  await judge(world, first, 'unhealthy');
  await world.clock.advance(5000);
  await judge(world, second, 'unhealthy');
  const waiting = await look();
  await judge(world, second, 'healthy');
  const recovered = await look();

  expect(waiting.metadata.deletionTimestamp).toBeUndefined();
  expect(conditionOf(waiting, 'OwnerRemediated')?.reason).toBe('RemediationDeferred');
  expect(recovered.metadata.deletionTimestamp).toBeUndefined();
  expect(conditionOf(recovered, 'OwnerRemediated')).toBeUndefined();
  await world.stop();
});
