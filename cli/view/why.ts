import type { Fleet } from '../../api/kinds';
import type { Condition } from '../../machinery/conditions';
import { describeObject, type KubeObject } from '../../machinery/kube-object';
import { adviceFor } from './advice';
import type { Snapshot } from './snapshot';

/** The condition that everything else waits for. */
export interface Blocking {
  /** `Kind namespace/name`. */
  readonly object: string;
  readonly condition: string;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly since: string;
  /** CloudStack job that the message speaks of. */
  readonly cloudstackJob?: string | undefined;
  /** What unblocks it. */
  readonly nextStep: string;
  /** From the object asked about down to the blocking one. */
  readonly path: readonly string[];
}

interface Conditioned extends KubeObject {
  status?: { conditions?: Condition[] | undefined } | undefined;
}

/** Conditions whose True means work in progress or trouble. */
const NEGATIVE = new Set([
  'Deleting',
  'RollingOut',
  'ScalingUp',
  'ScalingDown',
  'Updating',
  'Remediating',
  'Paused',
  'Stalled',
  'DeletionPending',
]);

/**
 * In which order an object's conditions are asked, most telling first. A mirror (`InfrastructureReady`) leads to the
 * object it mirrors; `Available` and `Ready` come last, because they only sum up. A deletion that
 * waits for its confirmation keeps nothing else from working.
 */
const ORDER = [
  'Paused',
  'Deleting',
  'InfrastructureReady',
  'BootstrapConfigReady',
  'CertificatesAvailable',
  'DataSecretAvailable',
  'RollingOut',
  'ScalingUp',
  'ScalingDown',
  'ControlPlaneInitialized',
  'ControlPlaneAvailable',
  'WorkersAvailable',
  'Initialized',
  'RemoteConnectionProbe',
  'EtcdClusterHealthy',
  'ControlPlaneComponentsHealthy',
  'NodeHealthy',
  'NodeReady',
  'MachinesReady',
  'Available',
  'Ready',
  'DeletionPending',
] as const;

/**
 * Walks from a cluster (or one of its machines) over conditions to the one that blocks; undefined when nothing does.
 * @param machine - name of a Machine of the cluster
 */
export function why(snapshot: Snapshot, cluster: KubeObject, machine?: KubeObject): Blocking | undefined {
  const start: Conditioned = machine ?? cluster;
  return walk(snapshot, start, [describeObject(start)], new Set());
}

/** Why a Fleet's revision is not applied, or what it waits for. */
export function whyFleet(fleet: Fleet): Blocking | undefined {
  return ownBlocking(fleet, [describeObject(fleet)]);
}

function walk(
  snapshot: Snapshot,
  object: Conditioned,
  path: readonly string[],
  seen: Set<string>,
): Blocking | undefined {
  const id = describeObject(object);
  if (seen.has(id)) return undefined;
  seen.add(id);
  if (isPaused(object)) return ownBlocking(object, path);
  for (const child of childrenOf(snapshot, object)) {
    const found = walk(snapshot, child, [...path, describeObject(child)], seen);
    if (found !== undefined) return found;
  }
  return ownBlocking(object, path);
}

/** What an object waits for, in the order in which Cluster API brings a cluster up (or takes it down). */
function childrenOf(snapshot: Snapshot, object: Conditioned): readonly Conditioned[] {
  const name = object.metadata.name;
  const inNamespace = (other: KubeObject) => other.metadata.namespace === object.metadata.namespace;
  const ofCluster = (other: KubeObject) =>
    inNamespace(other) && other.metadata.labels?.['cluster.x-k8s.io/cluster-name'] === name;
  const ownedByThis = (other: KubeObject) =>
    other.metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid) ?? false;
  switch (object.kind) {
    case 'Cluster':
      return [
        ...snapshot.infrastructureClusters.filter(ofCluster),
        ...snapshot.controlPlanes.filter(ofCluster),
        ...snapshot.machineDeployments.filter(ofCluster),
        ...snapshot.machines.filter(
          (machine) => ofCluster(machine) && machine.metadata.deletionTimestamp !== undefined,
        ),
      ];
    case 'CloudStackCluster':
      return snapshot.failureDomains.filter(ownedByThis);
    case 'CloudStackFailureDomain':
      return snapshot.isolatedNetworks.filter(ownedByThis);
    case 'KubeadmControlPlane':
      return oldestFirst(snapshot.machines.filter(ownedByThis));
    case 'MachineDeployment':
      return oldestFirst(snapshot.machineSets.filter(ownedByThis));
    case 'MachineSet':
      return oldestFirst(snapshot.machines.filter(ownedByThis));
    case 'Machine':
      return [...snapshot.bootstrapConfigs.filter(ownedByThis), ...snapshot.infrastructureMachines.filter(ownedByThis)];
    default:
      return [];
  }
}

function ownBlocking(object: Conditioned, path: readonly string[]): Blocking | undefined {
  const conditions = object.status?.conditions ?? [];
  for (const type of ORDER) {
    const condition = conditions.find((candidate) => candidate.type === type);
    if (condition === undefined || condition.status === (NEGATIVE.has(type) ? 'False' : 'True')) continue;
    return {
      object: describeObject(object),
      condition: type,
      reason: condition.reason,
      message: condition.message,
      since: condition.lastTransitionTime,
      cloudstackJob: /\bjob ([0-9a-f]{8}-[0-9a-f-]{27})\b/i.exec(condition.message)?.[1],
      nextStep: adviceFor(object, condition),
      path,
    };
  }
  return undefined;
}

function isPaused(object: Conditioned): boolean {
  return object.status?.conditions?.some(({ type, status }) => type === 'Paused' && status === 'True') ?? false;
}

function oldestFirst<T extends KubeObject>(objects: readonly T[]): readonly T[] {
  return [...objects].sort((left, right) =>
    (left.metadata.creationTimestamp ?? '') < (right.metadata.creationTimestamp ?? '') ? -1 : 1,
  );
}
