import type { KubeadmControlPlane, MachineDeployment } from '../../api/kinds';
import { describeObject, type KubeObject, keyOf } from '../../machinery/kube-object';
import type { Blocking, Question } from './blocking';
import { isOf, type Snapshot } from './snapshot';

/** Controllers that run have looked at a change long before. */
const PATIENCE_MS = 10_000;

const SEE_CONTROLLERS = 'see that `capstan run` (or `capstan up`) is running for this API server';
const WAIT = 'nothing: its controller is about to look at it';

interface Observed extends KubeObject {
  status?: { observedGeneration?: number | undefined } | undefined;
}

/** True when the status is about the spec as it is now. */
export function isCurrent({ metadata, status }: Observed): boolean {
  return status?.observedGeneration === metadata.generation;
}

/** The first object of a cluster that is not as its spec asks: what is left to say when no condition tells why. */
export function unattended(snapshot: Snapshot, cluster: KubeObject, question: Question): Blocking | undefined {
  const ofCluster = isOf(cluster);
  const groups = [...snapshot.controlPlanes.filter(ofCluster), ...snapshot.machineDeployments.filter(ofCluster)];
  const behind = [cluster, ...groups].find((object) => !isCurrent(object));
  if (behind !== undefined) return notLookedAt(cluster, behind, question);
  for (const group of groups) {
    const difference = differenceOf(group);
    if (difference !== undefined) return asNotAsked(cluster, group, difference, question);
  }
  return undefined;
}

function notLookedAt(cluster: KubeObject, object: KubeObject, question: Question): Blocking {
  const { generation = 1, name } = object.metadata;
  const what = `generation ${generation} of ${object.kind} ${name}`;
  const since = changedAt(object);
  const isLate = ageMs(since, question) >= PATIENCE_MS;
  return {
    ...about(cluster, object, since),
    condition: 'observedGeneration',
    reason: 'NotLookedAt',
    message: isLate
      ? `no controller has looked at ${what} (since ${since})`
      : `its controller has not looked at ${what} yet`,
    nextStep: isLate ? SEE_CONTROLLERS : WAIT,
  };
}

function asNotAsked(cluster: KubeObject, group: KubeObject, difference: string, question: Question): Blocking {
  const since = changedAt(group);
  return {
    ...about(cluster, group, since),
    condition: 'replicas',
    reason: 'ReplicasDiffer',
    message: `${difference}, and no condition tells why`,
    nextStep: ageMs(since, question) >= PATIENCE_MS ? SEE_CONTROLLERS : WAIT,
  };
}

function about(cluster: KubeObject, object: KubeObject, since: string) {
  const path = object === cluster ? [object] : [cluster, object];
  return {
    object: describeObject(object),
    involved: { ...keyOf(object), uid: object.metadata.uid },
    since,
    path: path.map(describeObject),
  };
}

/** How the machines of a group are not as it is asked for; undefined where they are. */
function differenceOf({ spec, status }: KubeadmControlPlane | MachineDeployment): string | undefined {
  const { replicas: wanted } = spec;
  const { replicas = 0, readyReplicas = 0, upToDateReplicas = 0 } = status ?? {};
  if (wanted === undefined) return undefined;
  if (readyReplicas !== wanted) return `${readyReplicas} of ${wanted} machines are ready`;
  if (upToDateReplicas !== wanted) return `${upToDateReplicas} of ${wanted} machines are up to date`;
  return replicas === wanted ? undefined : `there are ${replicas} machines instead of ${wanted}`;
}

/** When something other than its status was written last. */
function changedAt({ metadata }: KubeObject): string {
  const writes = (metadata.managedFields ?? []).filter(({ subresource }) => (subresource ?? '') === '');
  const times = [metadata.creationTimestamp, metadata.deletionTimestamp, ...writes.map(({ time }) => time)];
  return (
    times
      .flatMap((time) => time ?? [])
      .sort()
      .at(-1) ?? ''
  );
}

function ageMs(since: string, { now }: Question): number {
  const time = Date.parse(since);
  return now === undefined || Number.isNaN(time) ? 0 : now - time;
}
