import type { Fleet } from '../../api/kinds';
import { type ListKind, type Snapshot, takeSnapshot } from '../../cli/view/snapshot';
import type { Condition } from '../../machinery/conditions';
import type { KubeObject } from '../../machinery/kube-object';

export const SINCE = '2026-01-01T00:00:00Z';

export function condition(type: string, status: Condition['status'], reason: string, message = ''): Condition {
  return { type, status, reason, message, lastTransitionTime: SINCE };
}

/** An object of cluster `dev` whose uid is `<kind>/<name>`. */
export function object(kind: string, name: string, owner: string | undefined, ...conditions: Condition[]): KubeObject {
  const [ownerKind = '', ownerName = ''] = owner?.split('/') ?? [];
  const reference = { apiVersion: 'v1', kind: ownerKind, name: ownerName, uid: owner ?? '', controller: true };
  return {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind,
    metadata: {
      name,
      namespace: 'default',
      uid: `${kind}/${name}`,
      generation: 1,
      labels: { 'cluster.x-k8s.io/cluster-name': 'dev' },
      ...(owner === undefined ? {} : { ownerReferences: [reference] }),
    },
    spec: { clusterName: 'dev', infrastructureRef: { kind: 'CloudStackMachine', name } },
    status: { conditions, observedGeneration: 1 },
  };
}

export function snapshotOf(...objects: readonly KubeObject[]): Promise<Snapshot> {
  const list: ListKind = async (resource) =>
    JSON.parse(JSON.stringify(objects.filter(({ kind }) => kind === resource.kind)));
  return takeSnapshot(list);
}

/** A Fleet with what its status says besides conditions. */
export function fleetOf(status: object, ...conditions: Condition[]): Fleet {
  return JSON.parse(
    JSON.stringify({
      ...object('Fleet', 'fleet', undefined),
      spec: { source: { url: 'https://bob:hunter2secret@git.example.org/fleet.git' } },
      status: { ...status, conditions },
    }),
  );
}
