import { clusterViews } from '../../cli/view/cluster-view';
import { renderWhy } from '../../cli/view/render-why';
import { why } from '../../cli/view/why';
import type { KubeObject } from '../../machinery/kube-object';
import { condition, object, SINCE, snapshotOf } from './plain-objects';

const now = Date.parse(SINCE) + 60_000;
const cluster = created(object('Cluster', 'dev', undefined, condition('Available', 'True', 'Available')));
const pool = group('MachineDeployment', 'dev-a');
const controlPlane = group('KubeadmControlPlane', 'dev-control-plane');

function created(any: KubeObject): KubeObject {
  return { ...any, metadata: { ...any.metadata, creationTimestamp: SINCE } };
}

function group(kind: string, name: string): KubeObject {
  const counts = { replicas: 1, readyReplicas: 1, upToDateReplicas: 1, observedGeneration: 1 };
  const conditions = [condition('Available', 'True', 'Available')];
  const spec = { replicas: 1, template: { spec: {} }, machineTemplate: { spec: {} } };
  return { ...created(object(kind, name, 'Cluster/dev')), spec, status: { ...counts, conditions } };
}

/** As after an edit that no controller saw. */
function edited(any: KubeObject, spec: object = {}): KubeObject {
  return { ...any, metadata: { ...any.metadata, generation: 2 }, spec: { ...Object(any.spec), ...spec } };
}

test.each([
  ['Cluster dev', [edited(cluster), controlPlane, pool]],
  ['KubeadmControlPlane dev-control-plane', [cluster, edited(controlPlane, { replicas: 3 }), pool]],
  ['MachineDeployment dev-a', [cluster, controlPlane, edited(pool, { replicas: 2 })]],
])('a change of %s that no controller looks at is told by why and status', async (name, objects) => {
  const snapshot = await snapshotOf(...objects);

  const blocking = why(snapshot, objects[0] ?? cluster, { now });
  const [view] = clusterViews(snapshot, now);

  const message = `no controller has looked at generation 2 of ${name} (since ${SINCE})`;
  expect(blocking).toMatchObject({ reason: 'NotLookedAt', message, since: SINCE });
  expect(blocking?.nextStep).toBe('see that `capstan run` (or `capstan up`) is running for this API server');
  expect(renderWhy('dev', blocking, now)).toContain(message);
  expect(view).toMatchObject({ ready: false, reason: expect.stringContaining(message) });
  expect(view?.reasons).toContainEqual(expect.stringContaining(message));
});

test('a Cluster that never got a status is told after some seconds; before, its controller may be about to come', async () => {
  const fresh = { ...cluster, status: undefined };
  const snapshot = await snapshotOf(fresh);

  expect(why(snapshot, fresh, { now })?.message).toContain('no controller has looked at generation 1 of Cluster dev');
  expect(why(snapshot, fresh, { now: Date.parse(SINCE) + 1_000 })).toMatchObject({
    message: 'its controller has not looked at generation 1 of Cluster dev yet',
    nextStep: expect.stringMatching(/^nothing/),
  });
});

test('machines that are missing without a condition that tells why are counted', async () => {
  const short = { ...pool, status: { ...Object(pool.status), readyReplicas: 0 } };
  const snapshot = await snapshotOf(cluster, controlPlane, short);

  expect(why(snapshot, cluster, { now })).toMatchObject({
    object: 'MachineDeployment default/dev-a',
    message: '0 of 1 machines are ready, and no condition tells why',
    nextStep: expect.stringContaining('capstan run'),
  });
  expect(clusterViews(snapshot, now)[0]?.reasons).toContain('pool a: not all machines are ready and up to date');
});

test.each([
  [{ upToDateReplicas: 0 }, '0 of 1 machines are up to date, and no condition tells why'],
  [{ replicas: 2 }, 'there are 2 machines instead of 1, and no condition tells why'],
])('what status does not call ready is told by why, too: %j', async (counts, message) => {
  const differing = { ...pool, status: { ...Object(pool.status), ...counts } };
  const snapshot = await snapshotOf(cluster, controlPlane, differing);

  expect(clusterViews(snapshot, now)).toMatchObject([{ ready: false }]);
  expect(why(snapshot, cluster, { now })).toMatchObject({ object: 'MachineDeployment default/dev-a', message });
});

test('a condition that tells why counts more, and what stands as it is asked for blocks nothing', async () => {
  const rolling = edited({
    ...pool,
    status: { conditions: [condition('RollingOut', 'True', 'RollingOut', 'one machine')] },
  });

  expect(why(await snapshotOf(cluster, controlPlane, rolling), cluster, { now })?.reason).toBe('RollingOut');
  const well = await snapshotOf(cluster, controlPlane, pool);
  expect(why(well, cluster, { now })).toBeUndefined();
  expect(clusterViews(well, now)).toMatchObject([{ ready: true, reasons: [], reason: '' }]);
});
