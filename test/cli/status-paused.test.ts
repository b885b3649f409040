import { clusterViews } from '../../cli/view/cluster-view';
import type { KubeObject } from '../../machinery/kube-object';
import { condition, object, snapshotOf } from './plain-objects';

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
