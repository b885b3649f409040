import { answer } from '../../cli/commands/why';
import { clusterViews } from '../../cli/view/cluster-view';
import { pausedMembers } from '../../cli/view/paused-members';
import { renderWhy } from '../../cli/view/render-why';
import type { KubeObject } from '../../machinery/kube-object';
import { condition, object, SINCE, snapshotOf } from './plain-objects';

const annotations = { 'cluster.x-k8s.io/paused': 'true' };
const well = condition('Available', 'True', 'Available');
const cluster = object('Cluster', 'dev', undefined, well);
const pool: KubeObject = {
  ...object('MachineDeployment', 'dev-a', 'Cluster/dev', well),
  spec: { replicas: 0, template: { spec: {} } },
  status: { observedGeneration: 1, replicas: 0, conditions: [well] },
};

function annotated(any: KubeObject, more: object = {}): KubeObject {
  return { ...any, metadata: { ...any.metadata, annotations, ...more } };
}

test('a Cluster whose spec pauses it is shown as paused, with what to do, and only once', async () => {
  const paused = { ...cluster, metadata: { ...cluster.metadata, generation: 2 }, spec: { paused: true } };

  const [view] = clusterViews(await snapshotOf(paused, pool));

  const reason = 'Paused: nobody looks after it until spec.paused is removed from Cluster dev';
  expect(view).toMatchObject({ ready: false, reason, reasons: [`Cluster dev: ${reason}`] });
});

const removed = (name: string) =>
  `Paused: nobody looks after it until the annotation cluster.x-k8s.io/paused is removed from ${name}`;

test('a Cluster that an annotation pauses is not shown as ready, also while it is being deleted', async () => {
  const deleted = annotated(
    { ...cluster, status: { conditions: [condition('Deleting', 'False', 'NotDeleting')], observedGeneration: 1 } },
    { deletionTimestamp: '2026-01-01T00:00:00Z' },
  );

  for (const paused of [annotated(cluster), deleted])
    expect(clusterViews(await snapshotOf(paused, pool))).toMatchObject([
      { ready: false, reason: removed('Cluster dev'), reasons: [`Cluster dev: ${removed('Cluster dev')}`] },
    ]);
});

test('a pool that is paused alone is named as the one', async () => {
  const [view] = clusterViews(await snapshotOf(cluster, annotated(pool)));

  expect(view?.tree.children).toMatchObject([{ ready: false, reason: removed('MachineDeployment dev-a') }]);
});

describe('a machine that is paused alone', () => {
  const PAUSED = condition('Paused', 'True', 'Paused', 'Machine has the cluster.x-k8s.io/paused annotation');
  const READY = condition('Ready', 'True', 'Ready');
  const paused = annotated(object('Machine', 'dev-x', 'KubeadmControlPlane/dev-control-plane', READY, PAUSED), {
    labels: { 'cluster.x-k8s.io/cluster-name': 'dev', 'cluster.x-k8s.io/control-plane': '' },
  });
  const controlPlane = (readyReplicas: number): KubeObject => ({
    ...object('KubeadmControlPlane', 'dev-control-plane', 'Cluster/dev'),
    spec: { replicas: 1, machineTemplate: { spec: { infrastructureRef: { name: 'dev' } } } },
    status: { observedGeneration: 1, replicas: 1, readyReplicas, upToDateReplicas: 1, conditions: [well] },
  });
  const asking = { now: Date.parse(SINCE) };

  test('keeps its cluster from nothing: status and why call that well, and both mention the machine', async () => {
    const snapshot = await snapshotOf(cluster, controlPlane(1), paused, pool);

    const [view] = clusterViews(snapshot);
    const told = answer(snapshot, 'dev', undefined, asking);
    const text = renderWhy('dev', told[0], asking.now, { paused: pausedMembers(snapshot, 'dev', undefined, asking) });

    expect(view).toMatchObject({ ready: true, reason: '', reasons: [] });
    expect(view?.tree.children[0]?.children).toMatchObject([{ ready: false, reason: removed('Machine dev-x') }]);
    expect(told).toEqual([]);
    expect(text).toMatch(
      /^● dev: nothing blocks it\n {2}paused {3}Machine default\/dev-x: Machine has the .* annotation\n {11}unpause: /,
    );
  });

  test('is told about when it is asked about itself', async () => {
    const snapshot = await snapshotOf(cluster, controlPlane(1), paused, pool);

    expect(answer(snapshot, 'dev/dev-x', undefined, asking)).toMatchObject([
      { object: 'Machine default/dev-x', reason: 'Paused' },
    ]);
    expect(pausedMembers(snapshot, 'dev/dev-x', undefined, asking)).toEqual([]);
  });

  test('is what a cluster waits for that lacks it', async () => {
    const snapshot = await snapshotOf(cluster, controlPlane(0), paused, pool);

    const [view] = clusterViews(snapshot);

    expect(view).toMatchObject({ ready: false, reason: expect.stringMatching(/^Machine dev-x: Paused/) });
    expect(answer(snapshot, 'dev', undefined, asking)).toMatchObject([
      { object: 'Machine default/dev-x', reason: 'Paused' },
    ]);
  });
});
