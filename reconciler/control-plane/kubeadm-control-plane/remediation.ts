import type { KubeadmControlPlane, Machine } from '../../../api/kinds';
import { REMEDIATE_MACHINE_ANNOTATION } from '../../../api/labels';
import type { EtcdMember } from '../../../api/ports';
import { kubeTime } from '../../../machinery/clock';
import { type ConditionReport, isFalse, isTrue } from '../../../machinery/conditions';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { isTargetSafe } from './etcd-safety';
import { MachineType, REMEDIATION_FOR, Reason } from './reasons';
import { type RemediationData, readRemediation } from './remediation-data';

/** Which unhealthy machine is replaced now, and why another one is not (`capi.md` 6.7). Pure. */

export interface RemediationInput {
  readonly machines: readonly Machine[];
  readonly initialized: boolean;
  readonly managedEtcd: boolean;
  /** Undefined: etcd does not answer. */
  readonly etcdMembers: readonly EtcdMember[] | undefined;
  /** A replacement that was begun and whose new machine does not exist yet. */
  readonly inProgress: RemediationData | undefined;
  readonly limits: NonNullable<KubeadmControlPlane['spec']['remediation']>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type RemediationStep =
  | { readonly kind: 'none' }
  /** `retryAfterMs`: time alone can change it. */
  | {
      readonly kind: 'wait';
      readonly machine: Machine;
      readonly report: ConditionReport;
      readonly retryAfterMs?: number | undefined;
    }
  | { readonly kind: 'remediate'; readonly machine: Machine; readonly data: RemediationData };

const DEFAULT_MIN_HEALTHY_SECONDS = 3600;

export function planRemediation(input: RemediationInput): RemediationStep {
  const [machine] = input.machines.filter(isToBeRemediated).sort(byUrgency);
  if (machine === undefined) return { kind: 'none' };
  if (input.inProgress !== undefined) {
    // Begun and interrupted before the deletion: it goes on. Otherwise its replacement comes first.
    const begun = input.machines.find(({ metadata }) => metadata.name === input.inProgress?.machine);
    if (begun !== undefined && isToBeRemediated(begun)) {
      return { kind: 'remediate', machine: begun, data: input.inProgress };
    }
    if (begun !== undefined || !isInTheWay(machine, input)) return { kind: 'none' };
  }
  const retry = retryOf(machine, input);
  if (!('retryCount' in retry)) return retry;
  const fault = input.initialized ? faultOf(machine, input) : undefined;
  if (fault !== undefined) return { kind: 'wait', machine, report: fault };
  const timestamp = kubeTime({ now: () => input.now });
  const retryCount = Math.max(retry.retryCount, input.inProgress?.retryCount ?? 0);
  return { kind: 'remediate', machine, data: { machine: machine.metadata.name, timestamp, retryCount } };
}

/**
 * Whether the replacement of another machine waits for this one: it may not join as long as this one counts for the
 * quorum of etcd, and etcd can spare this one. Neither would ever move.
 */
function isInTheWay(machine: Machine, input: RemediationInput): boolean {
  return input.initialized && !mayReplace(input) && faultOf(machine, input) === undefined;
}

/** Machines that are healthy again although something was said about their replacement. */
export function recoveredMachines(machines: readonly Machine[]): Machine[] {
  return machines.filter(
    (machine) =>
      !isBeingDeleted(machine) &&
      isTrue(machine, MachineType.healthCheckSucceeded) &&
      isFalse(machine, MachineType.ownerRemediated),
  );
}

/** A health check failed, and its owner is asked to do something about it. */
function isToBeRemediated(machine: Machine): boolean {
  return (
    !isBeingDeleted(machine) &&
    isFalse(machine, MachineType.healthCheckSucceeded) &&
    isFalse(machine, MachineType.ownerRemediated)
  );
}

/** A machine that never came up may be followed by others like it; that ends at some point. */
function retryOf(machine: Machine, { limits, now }: RemediationInput): RemediationStep | { retryCount: number } {
  const last = readRemediation(machine.metadata.annotations?.[REMEDIATION_FOR]);
  if (last === undefined) return { retryCount: 0 };
  const since = now - Date.parse(last.timestamp);
  if (since > (limits.minHealthyPeriodSeconds ?? DEFAULT_MIN_HEALTHY_SECONDS) * 1000) return { retryCount: 0 };
  const retryPeriod = limits.retryPeriodSeconds ?? 0;
  const left = retryPeriod * 1000 - since;
  if (left > 0) {
    const message = `KubeadmControlPlane can't remediate this machine because the operation already failed in the latest ${retryPeriod}s (RetryPeriod)`;
    return { kind: 'wait', machine, report: report(Reason.remediationDeferred, message), retryAfterMs: left };
  }
  if (limits.maxRetry !== undefined && last.retryCount >= limits.maxRetry) {
    const message = `KubeadmControlPlane can't remediate this machine because the operation already failed ${limits.maxRetry} times (MaxRetry)`;
    return { kind: 'wait', machine, report: report(Reason.cannotBeRemediated, message) };
  }
  return { retryCount: last.retryCount + 1 };
}

/** What a running control plane must not lose by it. */
function faultOf(machine: Machine, input: RemediationInput): ConditionReport | undefined {
  const { machines } = input;
  if (machines.length <= 1) {
    const message = "KubeadmControlPlane can't remediate if current replicas are less or equal to 1";
    return report(Reason.cannotBeRemediated, message);
  }
  const waiting = (what: string) =>
    report(
      Reason.remediationDeferred,
      `KubeadmControlPlane waiting for control plane Machine ${what} to complete before triggering remediation`,
    );
  const isProvisioning = (other: Machine) =>
    other.status?.nodeRef === undefined && !isFalse(other, MachineType.healthCheckSucceeded);
  if (machines.some(isProvisioning)) return waiting('provisioning');
  if (machines.some(isBeingDeleted)) return waiting('deletion');
  const rest = machines.filter((other) => other !== machine);
  if (input.managedEtcd && !isTargetSafe(rest, machines, input.etcdMembers, 'remove')) {
    const message = "KubeadmControlPlane can't remediate this Machine because this could result in etcd loosing quorum";
    return report(Reason.cannotBeRemediated, message);
  }
  if (!rest.some((other) => runsComponents(other, input.managedEtcd))) {
    const message =
      "KubeadmControlPlane can't remediate this Machine because no other Machine has healthy control plane components";
    return report(Reason.cannotBeRemediated, message);
  }
  return undefined;
}

/** Whether a machine may join to take the place of one that was remediated, although not all others are healthy. */
export function mayReplace(input: Pick<RemediationInput, 'machines' | 'managedEtcd' | 'etcdMembers'>): boolean {
  const { machines, managedEtcd, etcdMembers } = input;
  if (managedEtcd && !isTargetSafe(machines, machines, etcdMembers, 'add')) return false;
  return machines.some((machine) => runsComponents(machine, managedEtcd));
}

/** Whether all of the control plane's own Pods on a machine are healthy. */
export function runsComponents(machine: Machine, managedEtcd: boolean): boolean {
  const { apiServerPod, controllerManagerPod, schedulerPod, etcdPod } = MachineType;
  const types = [apiServerPod, controllerManagerPod, schedulerPod, ...(managedEtcd ? [etcdPod] : [])];
  return types.every((type) => isTrue(machine, type));
}

function report(reason: string, message: string): ConditionReport {
  return { type: MachineType.ownerRemediated, status: 'False', reason, message };
}

/** What is worst goes first; of equals the oldest. */
function byUrgency(a: Machine, b: Machine): number {
  const created = ({ metadata }: Machine) => Date.parse(metadata.creationTimestamp ?? '');
  for (const applies of URGENCY) {
    const order = Number(applies(b)) - Number(applies(a));
    if (order !== 0) return order;
  }
  return created(a) - created(b) || (a.metadata.name < b.metadata.name ? -1 : 1);
}

const URGENCY: readonly ((machine: Machine) => boolean)[] = [
  ({ metadata }) => metadata.annotations?.[REMEDIATE_MACHINE_ANNOTATION] !== undefined,
  ({ status }) => status?.nodeRef === undefined,
  ...[
    MachineType.etcdMember,
    MachineType.etcdPod,
    MachineType.apiServerPod,
    MachineType.controllerManagerPod,
    MachineType.schedulerPod,
    MachineType.nodeLabelsAndTaints,
  ].map((type) => (machine: Machine) => isFalse(machine, type)),
];
