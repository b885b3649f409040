import { DaemonSet, type Node, Node as nodes, PersistentVolume, Pod, VolumeAttachment } from '../../../api/kinds';
import { isReason, type KubeApi, KubeError, requeueAfter, type WorkloadConnection } from '../../../api/ports';
import { textAt } from '../../../machinery/contract';
import { messageOf } from '../../../machinery/errors';
import { controllerOf, type KubeObject, keyOf, keyText } from '../../../machinery/kube-object';
import { Reason } from '../conditions/reasons';
import { needsDrain, needsVolumeDetach, type StageFacts } from './deletion-guards';
import { type DrainProgress, drainMessage, type NotEvicted, sortPods } from './drain-pods';
import { type MachineScope, machineOf, statusOf } from './scope';

/** Pods outside kube-system are not watched; while a drain waits for them they are looked at this often. */
const DRAIN_LOOK_MS = 2000;
const PODS_PER_PAGE = 100;

/** `next`: nothing is left to do here. `wait`: the reason is in the scope. */
export type Stage = 'next' | 'wait';

/** Cordons the node and evicts what runs there. */
export async function drainNode(scope: MachineScope, node: Node, connection: WorkloadConnection): Promise<Stage> {
  const facts = drainFacts(scope);
  if (!needsDrain(facts)) return 'next';
  const times = startTimes(scope);
  times.nodeDrainStartTime ??= scope.draft.now;
  await cordon(node, connection.api);
  const pods = await podsOn(node, connection.api);
  const unreachable = isUnreachable(node);
  const daemonSets = await daemonSetsOf(pods, connection.api);
  const progress = sortPods(pods, { now: facts.now, nodeUnreachable: unreachable, daemonSets });
  const { refused, failed } = await evict(progress, connection.api, unreachable);
  if (progress.toEvict.length + progress.terminating.length + progress.waiting.length === 0) {
    const name = node.metadata.name;
    scope.deps.events.event(
      scope.draft.stored,
      'Normal',
      'SuccessfulDrainNode',
      `success draining Machine's node "${name}"`,
    );
    return 'next';
  }
  const message = drainMessage(progress, { refused, failed }, times.nodeDrainStartTime);
  scope.deleting = { reason: Reason.drainingNode, message };
  scope.outcomes.push(requeueAfter(DRAIN_LOOK_MS));
  return 'wait';
}

/** Waits until the volumes of the evicted pods are detached: a VM that goes too early leaves them locked. */
export async function waitForVolumes(scope: MachineScope, node: Node, connection: WorkloadConnection): Promise<Stage> {
  if (isUnreachable(node) || !needsVolumeDetach(detachFacts(scope))) return 'next';
  startTimes(scope).waitForNodeVolumeDetachStartTime ??= scope.draft.now;
  const attached = await attachedVolumes(node, connection.api);
  if (attached.length === 0) {
    scope.deps.events.event(
      scope.draft.stored,
      'Normal',
      'NodeVolumesDetached',
      `success waiting for node volumes detaching Machine's node "${node.metadata.name}"`,
    );
    return 'next';
  }
  const message = `Waiting for Node volumes to be detached (started at ${startTimes(scope).waitForNodeVolumeDetachStartTime ?? ''}): ${attached.join(', ')}`;
  scope.deleting = { reason: Reason.waitingForVolumeDetach, message };
  scope.outcomes.push(requeueAfter(DRAIN_LOOK_MS));
  return 'wait';
}

/**
 * While the workload cluster does not answer, its nodes may well serve: drain and volumes are waited for up to their
 * time-outs, which run meanwhile. The connection's event ends the wait.
 */
export function waitForConnection(scope: MachineScope): Stage {
  const drain = drainFacts(scope);
  if (needsDrain(drain)) {
    const times = startTimes(scope);
    times.nodeDrainStartTime ??= scope.draft.now;
    const since = times.nodeDrainStartTime;
    const message = `Drain not completed yet (started at ${since}): ${NOT_CONNECTED}`;
    return waitUntilOver(scope, drain, since, { reason: Reason.drainingNode, message });
  }
  const detach = detachFacts(scope);
  if (!needsVolumeDetach(detach)) return 'next';
  const times = startTimes(scope);
  times.waitForNodeVolumeDetachStartTime ??= scope.draft.now;
  const since = times.waitForNodeVolumeDetachStartTime;
  const message = `Waiting for Node volumes to be detached (started at ${since}): ${NOT_CONNECTED}`;
  return waitUntilOver(scope, detach, since, { reason: Reason.waitingForVolumeDetach, message });
}

const NOT_CONNECTED = 'the API server of the workload cluster does not answer';

function waitUntilOver(
  scope: MachineScope,
  { timeoutSeconds = 0, now }: StageFacts,
  since: string,
  report: NonNullable<MachineScope['deleting']>,
): Stage {
  scope.deleting = report;
  if (timeoutSeconds > 0) scope.outcomes.push(requeueAfter(Date.parse(since) + timeoutSeconds * 1000 - now));
  return 'wait';
}

function drainFacts(scope: MachineScope): StageFacts {
  return stageFacts(scope, machineOf(scope).spec.deletion?.nodeDrainTimeoutSeconds);
}

function detachFacts(scope: MachineScope): StageFacts {
  return stageFacts(scope, machineOf(scope).spec.deletion?.nodeVolumeDetachTimeoutSeconds);
}

function stageFacts(scope: MachineScope, timeoutSeconds: number | undefined): StageFacts {
  const machine = machineOf(scope);
  return {
    annotations: machine.metadata.annotations,
    times: machine.status?.deletion ?? {},
    timeoutSeconds,
    infrastructureGone: infrastructureGone(scope),
    now: scope.deps.clock.now(),
  };
}

type StartTimes = NonNullable<ReturnType<typeof statusOf>['deletion']>;

export function startTimes(scope: MachineScope): StartTimes {
  const status = statusOf(scope);
  status.deletion ??= {};
  return status.deletion;
}

function infrastructureGone(scope: MachineScope): boolean {
  const object = scope.infrastructure?.object;
  return object === undefined || object.metadata.deletionTimestamp !== undefined;
}

/** A kubelet that has stopped to report: its pods cannot confirm that they ended. */
function isUnreachable(node: Node): boolean {
  return node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'Unknown') ?? false;
}

async function cordon(node: Node, api: KubeApi): Promise<void> {
  if (node.spec?.unschedulable === true) return;
  const key = { namespace: '', name: node.metadata.name };
  await api.patch(nodes, key, { type: 'merge', patch: { spec: { unschedulable: true } } }, { fieldManager: 'manager' });
}

async function podsOn(node: Node, api: KubeApi): Promise<Pod[]> {
  const pods: Pod[] = [];
  let next: string | undefined;
  do {
    const page = await api.list(Pod, {
      fieldSelector: `spec.nodeName=${node.metadata.name}`,
      limit: PODS_PER_PAGE,
      continue: next,
    });
    pods.push(...page.items);
    next = page.continue === '' ? undefined : page.continue;
  } while (next !== undefined);
  return pods;
}

/** `namespace/name` of the DaemonSets that there are, asked for only where pods belong to any. */
async function daemonSetsOf(pods: readonly Pod[], api: KubeApi): Promise<ReadonlySet<string>> {
  if (!pods.some((pod) => controllerOf(pod)?.kind === 'DaemonSet')) return new Set();
  return new Set((await api.list(DaemonSet)).items.map((daemonSet) => keyText(keyOf(daemonSet))));
}

/** Asks for every eviction. What one pod is refused for must not keep the others from leaving. */
async function evict(progress: DrainProgress, api: KubeApi, unreachable: boolean): Promise<NotEvicted> {
  const refused: Pod[] = [];
  const failed: { pod: Pod; why: string }[] = [];
  for (const pod of progress.toEvict) {
    const key = { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name };
    const eviction: KubeObject = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: key.name, namespace: key.namespace },
      deleteOptions: {
        preconditions: { uid: pod.metadata.uid },
        ...(unreachable ? { gracePeriodSeconds: 1 } : {}),
      },
    };
    try {
      await api.createSubresource(Pod, key, 'eviction', eviction);
    } catch (error) {
      // Gone, or another pod by now: the next look tells.
      if (isReason(error, 'NotFound', 'Conflict')) continue;
      if (isReason(error, 'TooManyRequests')) refused.push(pod);
      else if (error instanceof KubeError) failed.push({ pod, why: error.status.message });
      else throw error;
    }
  }
  return { refused, failed };
}

/** Names of what is still attached: by the kubelet's word and by the attach controller's. */
async function attachedVolumes(node: Node, api: KubeApi): Promise<string[]> {
  const byKubelet = (node.status?.volumesAttached ?? []).map((volume) => volume.name);
  const attachments = (await listOrNone(api)).filter(({ spec }) => spec?.nodeName === node.metadata.name);
  const names = new Set([...byKubelet, ...attachments.map((attachment) => attachment.metadata.name)]);
  if (names.size === 0) return [];
  const kept = await volumesOfPodsThatStay(node, api);
  return [...names].filter((name) => !kept.has(name)).sort();
}

async function listOrNone(api: KubeApi): Promise<readonly VolumeAttachment[]> {
  try {
    return (await api.list(VolumeAttachment)).items;
  } catch (error) {
    // A workload cluster without the storage API has no attachments.
    if (isReason(error, 'NotFound')) return [];
    throw error;
  }
}

/** Volumes of pods that are not evicted (DaemonSets and the like) stay attached; they must not be waited for. */
async function volumesOfPodsThatStay(node: Node, api: KubeApi): Promise<Set<string>> {
  const all = await podsOn(node, api);
  const pods = sortPods(all, { now: 0, nodeUnreachable: false, daemonSets: await daemonSetsOf(all, api) });
  const claims = new Set<string>();
  for (const pod of [...pods.skipped, ...pods.waiting]) {
    for (const volume of pod.spec?.volumes ?? []) {
      const claim = volume.persistentVolumeClaim?.claimName;
      if (claim !== undefined) claims.add(`${pod.metadata.namespace ?? ''}/${claim}`);
    }
  }
  const kept = new Set<string>();
  if (claims.size === 0) return kept;
  for (const volume of (await api.list(PersistentVolume)).items) {
    const { csi } = volume.spec;
    const claim = `${textAt(volume.spec, 'claimRef', 'namespace') ?? ''}/${textAt(volume.spec, 'claimRef', 'name') ?? ''}`;
    if (!claims.has(claim)) continue;
    if (csi !== undefined) kept.add(`kubernetes.io/csi/${csi.driver}^${csi.volumeHandle}`);
    for (const attachment of await listOrNone(api)) {
      if (attachment.spec?.source?.persistentVolumeName === volume.metadata.name) kept.add(attachment.metadata.name);
    }
  }
  return kept;
}

/** Deletes the Node of a machine whose VM is gone; `wait` while its API server does not answer. */
export async function deleteNode(scope: MachineScope, name: string): Promise<Stage> {
  const machine = machineOf(scope);
  try {
    if (scope.connection === undefined) throw new Error('the workload cluster is not connected');
    await scope.connection.api.delete(nodes, { namespace: '', name });
    return 'next';
  } catch (error) {
    if (isReason(error, 'NotFound')) return 'next';
    const timeoutMs = (machine.spec.deletion?.nodeDeletionTimeoutSeconds ?? 10) * 1000;
    const deletedAt = Date.parse(machine.metadata.deletionTimestamp ?? scope.draft.now);
    const left = deletedAt + timeoutMs - scope.deps.clock.now();
    // The Node of a cluster that does not come back must not keep its Machine for ever, unless asked for (0).
    if (timeoutMs > 0 && left <= 0) {
      scope.deps.events.event(scope.draft.stored, 'Warning', 'FailedDeleteNode', messageOf(error));
      return 'next';
    }
    scope.deleting = { reason: Reason.deletingNode, message: `Error deleting Node ${name}: ${messageOf(error)}` };
    scope.outcomes.push(requeueAfter(timeoutMs > 0 ? Math.min(left, DRAIN_LOOK_MS) : DRAIN_LOOK_MS));
    return 'wait';
  }
}
