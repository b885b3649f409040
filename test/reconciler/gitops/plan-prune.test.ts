import type { KubeObject } from '../../../machinery/kube-object';
import { formatId, identityOf, tryParseId } from '../../../reconciler/gitops/object-id';
import {
  CONFIRM_DELETE,
  type PruneSituation,
  planPrune,
  type StaleObject,
} from '../../../reconciler/gitops/prune/plan-prune';

const GROUPS: { readonly [kind: string]: string } = {
  Cluster: 'cluster.x-k8s.io/v1beta2',
  MachineDeployment: 'cluster.x-k8s.io/v1beta2',
  KubeadmControlPlane: 'controlplane.cluster.x-k8s.io/v1beta2',
  CloudStackCluster: 'infrastructure.cluster.x-k8s.io/v1beta4',
  CloudStackMachineTemplate: 'infrastructure.cluster.x-k8s.io/v1beta4',
};

function object(kind: string, name: string, extra: Partial<KubeObject['metadata']> = {}): KubeObject {
  const labels = { 'cluster.x-k8s.io/cluster-name': 'dev' };
  return {
    apiVersion: GROUPS[kind] ?? 'v1',
    kind,
    metadata: { name, namespace: 'default', uid: `uid-${name}`, labels, ...extra },
  };
}

function stale(live: KubeObject, uid = live.metadata.uid ?? ''): StaleObject {
  return { id: formatId(identityOf(live)), identity: identityOf(live), uid, live };
}

function situation(objects: readonly StaleObject[], change: Partial<PruneSituation> = {}): PruneSituation {
  return { stale: objects, desiredClusters: new Set(), liveClusters: new Map(), templatesInUse: new Set(), ...change };
}

const dev = object('Cluster', 'dev');

test('a Cluster that left git waits for a confirmation that names its uid', () => {
  const [decision] = planPrune(situation([stale(dev)]));

  expect(decision).toMatchObject({ kind: 'confirm', uid: 'uid-dev' });
  expect(decision).toHaveProperty(
    'command',
    'kubectl annotate cluster.cluster.x-k8s.io dev --namespace default capstan.dev/confirm-delete=uid-dev',
  );
});

test('a confirmation for another uid does not count', () => {
  const annotated = object('Cluster', 'dev', { annotations: { [CONFIRM_DELETE]: 'uid-of-an-earlier-cluster' } });

  expect(planPrune(situation([stale(annotated)]))).toMatchObject([{ kind: 'confirm' }]);
});

test('a confirmed Cluster is deleted', () => {
  const confirmed = object('Cluster', 'dev', { annotations: { [CONFIRM_DELETE]: 'uid-dev' } });

  expect(planPrune(situation([stale(confirmed)]))).toMatchObject([{ kind: 'delete', uid: 'uid-dev' }]);
});

test('what belongs to a Cluster that left git stays until the Cluster goes', () => {
  const parts = ['MachineDeployment', 'KubeadmControlPlane', 'CloudStackCluster', 'CloudStackMachineTemplate'].map(
    (kind) => stale(object(kind, 'dev-part')),
  );

  const decisions = planPrune(situation(parts, { liveClusters: new Map([['default/dev', dev]]) }));

  expect(decisions.map(({ kind }) => kind)).toEqual(['keep', 'keep', 'keep', 'keep']);
});

test('what is left of a Cluster that is gone is deleted', () => {
  expect(planPrune(situation([stale(object('CloudStackMachineTemplate', 'left'))]))).toMatchObject([
    { kind: 'delete' },
  ]);
});

const inGit = { desiredClusters: new Set(['default/dev']), liveClusters: new Map([['default/dev', dev]]) };

test('a pool that left git while its Cluster stays is deleted', () => {
  expect(planPrune(situation([stale(object('MachineDeployment', 'dev-pool'))], inGit))).toMatchObject([
    { kind: 'delete' },
  ]);
});

test.each(['KubeadmControlPlane', 'CloudStackCluster'])(
  'a %s is never deleted while its Cluster stays in git',
  (kind) => {
    expect(planPrune(situation([stale(object(kind, 'dev'))], inGit))).toMatchObject([{ kind: 'keep' }]);
  },
);

test('a template stays while machines come from it, and goes when none does', () => {
  const template = stale(object('CloudStackMachineTemplate', 'dev-old'));
  const used = new Set(['CloudStackMachineTemplate default/dev-old']);

  expect(planPrune(situation([template], { ...inGit, templatesInUse: used }))).toMatchObject([{ kind: 'keep' }]);
  expect(planPrune(situation([template], inGit))).toMatchObject([{ kind: 'delete' }]);
});

test('an object that somebody deleted and made again is not ours to delete', () => {
  expect(planPrune(situation([stale(dev, 'uid-of-the-first')]))).toMatchObject([{ kind: 'forget' }]);
});

test('an object that is gone is forgotten', () => {
  expect(planPrune(situation([{ ...stale(dev), live: undefined }]))).toMatchObject([{ kind: 'forget' }]);
});

test('an object that is being deleted is not deleted again', () => {
  const leaving = object('MachineDeployment', 'dev-pool', { deletionTimestamp: '2026-01-01T00:00:00Z' });

  expect(planPrune(situation([stale(leaving)], inGit))).toMatchObject([{ kind: 'keep' }]);
});

test('ids survive their text form', () => {
  for (const subject of [dev, { ...dev, apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } }]) {
    expect(tryParseId(formatId(identityOf(subject)))).toEqual(identityOf(subject));
  }
});

test('a Namespace that left git stays: all that is in it would go with it', () => {
  const namespace = { ...object('Namespace', 'team', { labels: {} }), apiVersion: 'v1' };

  expect(planPrune(situation([stale(namespace)]))).toMatchObject([
    { kind: 'keep', why: expect.stringContaining('kubectl delete namespace team') },
  ]);
});

test('parts of a Cluster without its label are known by what they name, by their owner, and by what the Cluster names', () => {
  const labels = {};
  const reference = (kind: string) => ({ kind, name: 'dev' });
  const cluster = {
    ...dev,
    spec: { infrastructureRef: reference('CloudStackCluster'), controlPlaneRef: reference('KubeadmControlPlane') },
  };
  const owner = { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Cluster', name: 'dev', uid: 'uid-dev' };
  const parts = [
    { ...object('MachineDeployment', 'pool', { labels }), spec: { clusterName: 'dev' } },
    object('CloudStackMachineTemplate', 'template', { labels, ownerReferences: [owner] }),
    object('CloudStackCluster', 'dev', { labels }),
    object('KubeadmControlPlane', 'dev', { labels }),
  ];
  const liveClusters = new Map([['default/dev', cluster]]);
  const decide = (desired: readonly string[]) =>
    planPrune(
      situation(
        parts.map((part) => stale(part)),
        { liveClusters, desiredClusters: new Set(desired) },
      ),
    ).map(({ kind }) => kind);

  expect(decide([])).toEqual(['keep', 'keep', 'keep', 'keep']);
  expect(decide(['default/dev'])).toEqual(['delete', 'delete', 'keep', 'keep']);
});

test('a ConfigMap that a Fleet keeps its inventory in is not deleted, though a revision once held one of its name', () => {
  const inventory = object('ConfigMap', 'fleet-inventory-0', { labels: { 'capstan.dev/fleet': 'fleet' } });

  expect(planPrune(situation([stale(inventory)]))).toMatchObject([{ kind: 'forget' }]);
});
