import type { Fleet } from '../../api/kinds';
import type { Condition } from '../../machinery/conditions';
import { describeObject, isBeingDeleted, type KubeObject, keyOf } from '../../machinery/kube-object';
import { isFaultReason } from '../../reconciler/infrastructure/reasons';
import { adviceFor } from './advice';
import type { Blocking, Question } from './blocking';
import { causeIn } from './cause';
import { isUnsettled } from './condition-text';
import { credentialsOf } from './credentials';
import { etcdMembersOf } from './etcd-members';
import { heldCondition } from './foreign-finalizers';
import { isAmbiguous } from './named-cluster';
import { isPaused, isPausedMember, PAUSED } from './pause';
import { tellable } from './printed-commands';
import { isOf, type Snapshot } from './snapshot';
import { suspensionOf } from './suspension';
import { unattended } from './unattended';

interface Conditioned extends KubeObject {
  status?: { conditions?: Condition[] | undefined } | undefined;
}

/**
 * In which order an object's conditions are asked, most telling first. A mirror (`InfrastructureReady`) leads to the
 * object it mirrors; `Ready` and `Available` come last, because they only sum up. A deletion that
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
  'NodeHealthy',
  'NodeReady',
  'APIServerPodHealthy',
  'EtcdPodHealthy',
  'EtcdMemberHealthy',
  'ControllerManagerPodHealthy',
  'SchedulerPodHealthy',
  'HealthCheckSucceeded',
  'OwnerRemediated',
  'EtcdClusterHealthy',
  'ControlPlaneComponentsHealthy',
  'Remediating',
  'MachinesReady',
  'Ready',
  'Available',
  'DeletionPending',
] as const;

/**
 * Walks from a cluster (or one of its machines) over conditions to the one that blocks; undefined when nothing does. What
 * somebody has to put right counts before what is in progress. Where no condition tells why a cluster is not as it is
 * asked for, that itself is the answer.
 */
export function why(snapshot: Snapshot, cluster: KubeObject, question: Question = {}): Blocking | undefined {
  const told = tell(snapshot, cluster, question);
  if (told?.condition !== PAUSED || question.machine !== undefined) return told;
  // A machine that somebody has paused while all stands well holds nothing up.
  return tell(snapshot, cluster, question, isPausedMember) === undefined ? undefined : told;
}

/** @param isLeftOut - objects that the walk passes by. @default - none */
function tell(
  snapshot: Snapshot,
  cluster: KubeObject,
  question: Question,
  isLeftOut: Walk['isLeftOut'] = () => false,
): Blocking | undefined {
  const start: Conditioned = question.machine ?? cluster;
  const asking = {
    ...credentialsOf(snapshot, cluster),
    etcd: etcdMembersOf(snapshot, cluster),
    isAmbiguous: isAmbiguous(snapshot.clusters, cluster.metadata.name),
    ...question,
  };
  const begin = { question: asking, path: [describeObject(start)], seen: new Set<string>(), isLeftOut };
  const below = walk(snapshot, start, begin);
  // Without its keys a control plane cannot be reached, which shows on every machine.
  const above = question.machine === undefined || below.length === 0 ? [] : lostKeys(snapshot, cluster, begin);
  const found = [...below, ...above];
  const told = (found.find(({ isFault }) => isFault) ?? found[0])?.blocking;
  return told ?? (question.machine === undefined ? unattended(snapshot, cluster, question) : undefined);
}

/** Why a Fleet's revision is not applied, or what it waits for. */
export function whyFleet(fleet: Fleet, question: Question = {}): Blocking | undefined {
  const condition = suspensionOf(fleet) ?? worst(fleet);
  return condition === undefined ? undefined : blockingBy(fleet, condition, question);
}

interface Walk {
  readonly question: Question;
  readonly path: readonly string[];
  readonly seen: Set<string>;
  isLeftOut(object: KubeObject): boolean;
}

interface Found {
  readonly blocking: Blocking;
  /** Somebody has to put it right. */
  readonly isFault: boolean;
}

/** The deepest blocking conditions, in the order of the walk, which ends where an object names a cause itself. */
function walk(snapshot: Snapshot, object: Conditioned, here: Walk): readonly Found[] {
  const { path, seen } = here;
  const id = describeObject(object);
  if (seen.has(id) || here.isLeftOut(object)) return [];
  seen.add(id);
  const isEnd = isPaused(object) || causeIn(object) !== undefined;
  const below = isEnd
    ? []
    : childrenOf(snapshot, object).flatMap((child) =>
        walk(snapshot, child, { ...here, path: [...path, describeObject(child)] }),
      );
  if (below.length > 0) return below;
  const own = ownBlocking(object, here);
  return own === undefined ? [] : [own];
}

/** What an object waits for, in the order in which Cluster API brings a cluster up (or takes it down). */
function childrenOf(snapshot: Snapshot, object: Conditioned): readonly Conditioned[] {
  const ofCluster = isOf(object);
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
      // A Machine that goes takes its parts with it, once it has come so far: what they said before is of no interest.
      return [
        ...snapshot.bootstrapConfigs.filter(ownedByThis),
        ...snapshot.infrastructureMachines.filter(ownedByThis),
      ].filter((part) => !isBeingDeleted(object) || isBeingDeleted(part));
    default:
      return [];
  }
}

/** The control plane of a cluster, when it says that keys are missing. */
function lostKeys(snapshot: Snapshot, cluster: KubeObject, { question, path }: Walk): readonly Found[] {
  return snapshot.controlPlanes
    .filter(isOf(cluster))
    .filter((controlPlane) => causeIn(controlPlane)?.type === 'CertificatesAvailable')
    .flatMap(
      (controlPlane) => ownBlocking(controlPlane, { question, path: [...path, describeObject(controlPlane)] }) ?? [],
    );
}

function ownBlocking(object: Conditioned, { question, path }: Pick<Walk, 'question' | 'path'>): Found | undefined {
  const held = heldCondition(object);
  const condition = held ?? worst(object);
  if (condition === undefined) return undefined;
  const isFault = isFaultReason(condition.reason) || condition === causeIn(object) || condition === held;
  return { blocking: blockingBy(object, condition, question, path), isFault };
}

/**
 * A condition of an object as the answer.
 * @param path - @default - the object itself was asked about
 */
export function blockingBy(
  object: KubeObject,
  condition: Condition,
  question: Question,
  path: readonly string[] = [describeObject(object)],
): Blocking {
  const { type, reason, lastTransitionTime: since } = condition;
  return {
    object: describeObject(object),
    involved: { ...keyOf(object), uid: object.metadata.uid },
    condition: type,
    reason,
    message: tellable(condition.message, question.commands),
    since,
    cloudstackJob: /\bjob ([0-9a-f]{8}-[0-9a-f-]{27})\b/i.exec(condition.message)?.[1],
    nextStep: adviceFor(object, condition, question),
    path,
  };
}

/** The most telling condition. One without a message yields to the next that has one, unless it tells enough by itself. */
function worst(object: Conditioned): Condition | undefined {
  const cause = isPaused(object) ? undefined : causeIn(object);
  if (cause !== undefined) return cause;
  const conditions = object.status?.conditions ?? [];
  const unsettled = ORDER.flatMap(
    (type) => conditions.find((candidate) => candidate.type === type && isUnsettled(candidate)) ?? [],
  );
  const [first] = unsettled;
  if (first === undefined || first.type === 'Paused' || first.type === 'Deleting') return first;
  return first.message === '' ? (unsettled.find(({ message }) => message !== '') ?? first) : first;
}

function oldestFirst<T extends KubeObject>(objects: readonly T[]): readonly T[] {
  return [...objects].sort((left, right) =>
    (left.metadata.creationTimestamp ?? '') < (right.metadata.creationTimestamp ?? '') ? -1 : 1,
  );
}
