import { ConfigMap, type Machine, Node, Pod } from '../../../api/kinds';
import { done, type Outcome, requeueAfter, soonest, tryGet } from '../../../api/ports';
import { kubeTime } from '../../../machinery/clock';
import { type ConditionReport, isFalse } from '../../../machinery/conditions';
import { isBeingDeleted, keyText } from '../../../machinery/kube-object';
import { inspectedTypes, inspectMachine, type WorkloadView } from './inspection';
import { patienceLeft, sift } from './patience';
import { MachineType, Reason } from './reasons';
import {
  isInitialized,
  machinesOf,
  outdatedReasons,
  type Scope,
  saveMachineConditions,
  updateMachine,
  workloadOf,
} from './scope';

/** How long a lost connection leaves what was seen last in the conditions. */
const GRACE_MS = 5 * 60_000;
/** How often a control plane without etcd of its own is looked at, so that its kubeconfig is renewed in time. */
const EXPIRY_LOOK_MS = 3600_000;

const KUBEADM_CONFIG = { namespace: 'kube-system', name: 'kubeadm-config' };
/** How soon an API server that did not show its ConfigMap again is asked once more. */
const INITIALIZATION_RETRY_MS = 5000;

/**
 * Notes that the first machine's kubeadm is done: its ConfigMap appears last. What was seen may be of a machine that is
 * gone, whose connection is given up later, so the server is asked once. For ever after the others join: a cluster that
 * goes with its only machine was never one.
 */
export async function observeInitialization(scope: Scope): Promise<Outcome> {
  if (isInitialized(scope) || !machinesOf(scope).some((machine) => mayStay(scope, machine))) return done();
  const connection = workloadOf(scope);
  if (connection?.get(ConfigMap, KUBEADM_CONFIG) === undefined) return done();
  const found = await tryGet(connection.api, ConfigMap, KUBEADM_CONFIG).catch(() => undefined);
  if (found === undefined) return requeueAfter(INITIALIZATION_RETRY_MS);
  const status = scope.draft.object.status ?? {};
  status.initialization = { ...status.initialization, controlPlaneInitialized: true };
  scope.draft.object.status = status;
  return done();
}

/** One that is the only machine goes as well when a health check failed. */
function mayStay(scope: Scope, machine: Machine): boolean {
  const isReplaced = machinesOf(scope).length === 1 && isFalse(machine, MachineType.healthCheckSucceeded);
  return !isBeingDeleted(machine) && !isReplaced;
}

/** Looks at every machine's node, pods and etcd member, and writes what it sees into the Machines' conditions. */
export async function inspectMachines(scope: Scope): Promise<Outcome> {
  const view = await observeWorkload(scope);
  const outdated = outdatedReasons(scope);
  const now = scope.deps.clock.now();
  const key = keyText(scope.clusterKey);
  const heldBefore = scope.held.get(key) ?? new Map<string, number>();
  const heldNow = new Map<string, number>();
  for (const { machine, config } of scope.members) {
    const reasons = outdated.get(machine.metadata.name) ?? [];
    const reports: ConditionReport[] = [upToDateReport(reasons)];
    if (view !== undefined) reports.push(...inspectMachine(machine, config, view, scope.managedEtcd));
    const { due, held } = sift(machine, reports, heldBefore, now);
    for (const [id, since] of held) heldNow.set(id, since);
    updateMachine(scope, await saveMachineConditions(scope, machine, due));
  }
  const left = patienceLeft(heldNow, now);
  if (left === undefined) scope.held.delete(key);
  else scope.held.set(key, heldNow);
  return left === undefined ? nextLook(scope) : soonest(nextLook(scope), requeueAfter(left));
}

function upToDateReport(reasons: readonly string[]): ConditionReport {
  const type = MachineType.upToDate;
  if (reasons.length === 0) return { type, status: 'True', reason: Reason.upToDate };
  const message = reasons.map((reason) => `* ${reason}`).join('\n');
  return { type, status: 'False', reason: Reason.notUpToDate, message };
}

/** Undefined: the connection was lost so recently that the conditions stay as they are. */
async function observeWorkload(scope: Scope): Promise<WorkloadView | undefined> {
  if (!isInitialized(scope)) return { kind: 'notInitialized' };
  const connection = workloadOf(scope);
  if (connection === undefined) {
    const { lastSuccess } = scope.deps.workloads.health(scope.clusterKey);
    if (lastSuccess !== undefined && scope.deps.clock.now() - lastSuccess < GRACE_MS) return undefined;
    scope.connectionDown =
      lastSuccess === undefined
        ? 'Remote connection not established yet'
        : `Last successful probe at ${kubeTime({ now: () => lastSuccess })}`;
    return { kind: 'disconnected', message: scope.connectionDown };
  }
  if (scope.managedEtcd) await lookAtEtcd(scope);
  return { kind: 'connected', connection, etcd: scope.etcd };
}

async function lookAtEtcd(scope: Scope): Promise<void> {
  scope.etcd = await scope.observer.view(scope.clusterKey, etcdNodes(scope), aboutEtcd(scope));
}

/** Asks etcd anew, whatever was seen in this pass. */
export async function lookAtEtcdAgain(scope: Scope): Promise<void> {
  scope.observer.forget(scope.clusterKey);
  await lookAtEtcd(scope);
}

/** Nodes whose etcd member can be asked: those of our machines that have the Pod. */
export function etcdNodes(scope: Scope): string[] {
  const connection = workloadOf(scope);
  if (connection === undefined) return [];
  const nodes = connection.list(Node);
  return machinesOf(scope)
    .map((machine) => nodes.find((node) => node.spec?.providerID === machine.spec.providerID))
    .filter((node) => node !== undefined)
    .map((node) => node.metadata.name)
    .filter((name) => connection.get(Pod, { namespace: 'kube-system', name: `etcd-${name}` }) !== undefined)
    .sort();
}

/** Everything that makes an earlier answer of etcd doubtful. */
function aboutEtcd(scope: Scope): string {
  const connection = workloadOf(scope);
  const pods = etcdNodes(scope).map((name) => {
    const pod = connection?.get(Pod, { namespace: 'kube-system', name: `etcd-${name}` });
    const ready = pod?.status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
    return `${name} ${pod?.metadata.uid ?? ''} ${ready ?? ''}`;
  });
  const machines = machinesOf(scope).map(({ metadata, status }) => {
    return `${metadata.name} ${status?.nodeRef?.name ?? ''} ${metadata.deletionTimestamp ?? ''}`;
  });
  return [...pods, ...machines].join('\n');
}

/** etcd and lost connections send no events; everything else does. */
function nextLook(scope: Scope): Outcome {
  if (!isInitialized(scope)) return done();
  if (workloadOf(scope) === undefined) {
    const { lastSuccess } = scope.deps.workloads.health(scope.clusterKey);
    const left = (lastSuccess ?? 0) + GRACE_MS - scope.deps.clock.now();
    return lastSuccess !== undefined && left > 0 ? requeueAfter(left) : done();
  }
  if (!scope.managedEtcd) return requeueAfter(EXPIRY_LOOK_MS);
  const next = scope.observer.nextLookMs(scope.clusterKey);
  return next === undefined ? done() : requeueAfter(next);
}

/** Types of the Machines' conditions that this controller owns. */
export function ownedMachineTypes(managedEtcd: boolean): string[] {
  return [MachineType.upToDate, ...inspectedTypes(managedEtcd)];
}
