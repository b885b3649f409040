import type { KubeadmControlPlane, Machine } from '../../../api/kinds';
import type { EtcdMember } from '../../../api/ports';
import { type ConditionReport, conditionOf, isTrue, notYetReported } from '../../../machinery/conditions';
import { type AggregateInput, aggregate } from '../../../machinery/conditions-merge';
import { quorumOf } from './etcd-safety';
import type { PreflightVerdict } from './preflight';
import { MachineType, Reason, Type, Waiting } from './reasons';

/** What the conditions of a KubeadmControlPlane are made from. */
export interface RollUpInput {
  readonly controlPlane: KubeadmControlPlane;
  /** With the conditions of this reconcile. */
  readonly machines: readonly Machine[];
  /** Reasons to replace machines, by name. */
  readonly outdated: ReadonlyMap<string, readonly string[]>;
  readonly infrastructureProvisioned: boolean;
  readonly initialized: boolean;
  readonly managedEtcd: boolean;
  readonly certificatesAvailable: boolean;
  /** Undefined: unknown. */
  readonly etcdMembers: readonly EtcdMember[] | undefined;
  /** Undefined: connected. */
  readonly connectionDown: string | undefined;
  /** What stopped the last step; undefined: nothing. */
  readonly verdict: PreflightVerdict | undefined;
  /** Kind of the infrastructure template when it does not exist. */
  readonly missingTemplate: string | undefined;
  /** What stops the step that is due, for people; undefined: nothing. */
  readonly blocked: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** How long after initialization a silent etcd is a matter of patience. */
const ETCD_PATIENCE_MS = 2 * 60_000;

/** All conditions but CertificatesAvailable, Deleting and Paused (`capi.md` 6.8). */
export function rollUp(input: RollUpInput): ConditionReport[] {
  return [
    availableReport(input),
    initializedReport(input),
    etcdReport(input),
    componentsReport(input),
    rollingOutReport(input),
    remediatingReport(input),
    scalingDownReport(input),
    scalingUpReport(input),
    machinesReport(input, Type.machinesReady, 'Ready', Reason.notReady, Reason.readyUnknown, Reason.ready),
    machinesReport(
      input,
      Type.machinesUpToDate,
      MachineType.upToDate,
      Reason.notUpToDate,
      Reason.upToDateUnknown,
      Reason.upToDate,
    ),
  ];
}

function initializedReport({ initialized }: RollUpInput): ConditionReport {
  return initialized
    ? { type: Type.initialized, status: 'True', reason: Reason.initialized }
    : { type: Type.initialized, status: 'False', reason: Reason.notInitialized };
}

function availableReport(input: RollUpInput): ConditionReport {
  const no = (message: string): ConditionReport => ({
    type: Type.available,
    status: 'False',
    reason: Reason.notAvailable,
    message,
  });
  const { controlPlane, etcdMembers } = input;
  if (!input.initialized) return no('Control plane not yet initialized');
  if (input.managedEtcd && controlPlane.metadata.deletionTimestamp === undefined) {
    if (etcdMembers === undefined) {
      const since = conditionOf(controlPlane, Type.initialized)?.lastTransitionTime;
      const isFresh = since === undefined || input.now - Date.parse(since) < ETCD_PATIENCE_MS;
      if (isFresh) return no(Waiting.members);
      const message = input.connectionDown ?? 'Failed to get etcd members';
      const reason = input.connectionDown === undefined ? Reason.inspectionFailed : Reason.connectionDown;
      return { type: Type.available, status: 'Unknown', reason, message };
    }
  }
  const faults: string[] = [];
  if (controlPlane.metadata.deletionTimestamp !== undefined) {
    faults.push('* Control plane metadata.deletionTimestamp is set');
  }
  if (!input.certificatesAvailable) faults.push('* Control plane certificates are not available');
  if (input.managedEtcd && etcdMembers !== undefined) faults.push(...quorumFaults(input.machines, etcdMembers));
  const types = [...COMPONENTS, ...(input.managedEtcd ? [MachineType.etcdPod, MachineType.etcdMember] : [])];
  if (!input.machines.some((machine) => types.every((type) => isTrue(machine, type)))) {
    if (faults.length === 0) {
      faults.push('* There are no Machines with healthy control plane components, at least 1 required');
    }
  }
  return faults.length > 0 ? no(faults.join('\n')) : { type: Type.available, status: 'True', reason: Reason.available };
}

function quorumFaults(machines: readonly Machine[], members: readonly EtcdMember[]): string[] {
  const healthy = members.filter((member) => {
    const machine = machines.find((candidate) => candidate.status?.nodeRef?.name === member.name);
    return machine !== undefined && isTrue(machine, MachineType.etcdMember);
  }).length;
  const quorum = quorumOf(members.length);
  if (healthy >= quorum) return [];
  const verb = healthy === 1 ? 'is' : 'are';
  return [
    `* ${healthy} of ${members.length} etcd members ${verb} healthy, at least ${quorum} healthy member required for etcd quorum`,
  ];
}

const COMPONENTS = [MachineType.apiServerPod, MachineType.controllerManagerPod, MachineType.schedulerPod];

function etcdReport(input: RollUpInput): ConditionReport {
  const type = Type.etcdClusterHealthy;
  if (!input.managedEtcd) return { type, status: 'True', reason: Reason.healthy };
  const early = earlyReport(input, type);
  if (early !== undefined) return early;
  const report = healthOf(input, type, [MachineType.etcdMember]);
  // A member that nobody seems to own may be the one of a machine whose Node is not known yet.
  const isJoining = input.machines.some((machine) => machine.status?.nodeRef === undefined);
  const strangers = (isJoining ? [] : (input.etcdMembers ?? []))
    .filter((member) => !input.machines.some((machine) => machine.status?.nodeRef?.name === member.name))
    .map(
      (member) => `* Etcd member ${member.name === '' ? member.id : member.name} does not have a corresponding Machine`,
    );
  if (strangers.length === 0) return report;
  const lines = [...(report.message === undefined || report.message === '' ? [] : [report.message]), ...strangers];
  return { type, status: 'False', reason: Reason.notHealthy, message: lines.join('\n') };
}

function componentsReport(input: RollUpInput): ConditionReport {
  const types = input.managedEtcd ? [...COMPONENTS, MachineType.etcdPod] : COMPONENTS;
  return earlyReport(input, Type.componentsHealthy) ?? healthOf(input, Type.componentsHealthy, types);
}

function earlyReport(input: RollUpInput, type: string): ConditionReport | undefined {
  const unknown = (message: string): ConditionReport => ({
    type,
    status: 'Unknown',
    reason: Reason.inspectionFailed,
    message,
  });
  if (!input.infrastructureProvisioned) return unknown(Waiting.infrastructure);
  if (!input.initialized) return unknown(Waiting.initialized);
  if (input.connectionDown !== undefined) {
    return { type, status: 'Unknown', reason: Reason.connectionDown, message: input.connectionDown };
  }
  return undefined;
}

/** Several conditions of all machines as one. Machines that have no VM yet do not take part. */
function healthOf(input: RollUpInput, target: string, types: readonly string[]): ConditionReport {
  const inputs = input.machines
    .filter((machine) => machine.spec.providerID !== undefined)
    .map(
      (machine): AggregateInput => ({
        kind: 'Machine',
        name: machine.metadata.name,
        conditions: undefined,
        override: healthOfMachine(machine, target, types),
      }),
    );
  if (inputs.length === 0) {
    // With the last machine gone there is nothing new to say.
    const last = conditionOf(input.controlPlane, target);
    return last ?? { type: target, status: 'Unknown', reason: Reason.healthUnknown, message: 'No Machines to inspect' };
  }
  return aggregate(inputs, {
    target,
    source: target,
    reasons: { issue: Reason.notHealthy, unknown: Reason.healthUnknown, info: Reason.healthy },
  });
}

function healthOfMachine(machine: Machine, target: string, types: readonly string[]): ConditionReport {
  const found = types.map((type): ConditionReport => conditionOf(machine, type) ?? notYetReported(type));
  const bad = found.filter((condition) => condition.status !== 'True');
  const status = bad.some((condition) => condition.status === 'False') ? 'False' : bad.length > 0 ? 'Unknown' : 'True';
  const [first] = bad;
  const isSame =
    types.length > 1 &&
    bad.length === types.length &&
    bad.every((condition) => condition.status === first?.status && condition.message === first.message);
  const lines = isSame
    ? [`* Control plane components: ${first?.message ?? ''}`]
    : bad.map((condition) => `* ${condition.type}: ${condition.message ?? ''}`);
  const reason = status === 'False' ? Reason.notHealthy : status === 'True' ? Reason.healthy : Reason.healthUnknown;
  return { type: target, status, reason, message: lines.join('\n') };
}

function rollingOutReport({ outdated }: RollUpInput): ConditionReport {
  const type = Type.rollingOut;
  const reasons = [...outdated.values()].filter((messages) => messages.length > 0);
  if (reasons.length === 0) return { type, status: 'False', reason: Reason.notRollingOut };
  const distinct = [...new Set(reasons.flat())].sort(versionsFirst).map((message) => `* ${message}`);
  const message = [`Rolling out ${reasons.length} not up-to-date replicas`, ...distinct].join('\n');
  return { type, status: 'True', reason: Reason.rollingOut, message };
}

function versionsFirst(left: string, right: string): number {
  const rank = (text: string) => (text.startsWith('Version') ? 0 : 1);
  return rank(left) - rank(right) || (left < right ? -1 : 1);
}

function scalingUpReport(input: RollUpInput): ConditionReport {
  const type = Type.scalingUp;
  const desired = desiredReplicas(input.controlPlane);
  const blocked = [
    ...(input.missingTemplate === undefined ? [] : [`* ${input.missingTemplate} does not exist`]),
    ...verdictLines(input.verdict),
    ...(input.blocked === undefined ? [] : [`* ${input.blocked}`]),
  ];
  if (input.machines.length >= desired) {
    const missing = input.missingTemplate;
    const message =
      missing === undefined || desired === 0 ? '' : `Scaling up would be blocked because ${missing} does not exist`;
    return { type, status: 'False', reason: Reason.notScalingUp, message };
  }
  return {
    type,
    status: 'True',
    reason: Reason.scalingUp,
    message: blockedMessage(`Scaling up from ${input.machines.length} to ${desired} replicas`, blocked),
  };
}

function scalingDownReport(input: RollUpInput): ConditionReport {
  const type = Type.scalingDown;
  const desired = desiredReplicas(input.controlPlane);
  if (input.machines.length <= desired) return { type, status: 'False', reason: Reason.notScalingDown };
  const lines = input.controlPlane.metadata.deletionTimestamp === undefined ? verdictLines(input.verdict) : [];
  if (input.blocked !== undefined) lines.push(`* ${input.blocked}`);
  return {
    type,
    status: 'True',
    reason: Reason.scalingDown,
    message: blockedMessage(`Scaling down from ${input.machines.length} to ${desired} replicas`, lines),
  };
}

function blockedMessage(what: string, lines: readonly string[]): string {
  return lines.length === 0 ? what : [`${what} is blocked because:`, ...lines].join('\n');
}

function verdictLines(verdict: PreflightVerdict | undefined): string[] {
  if (verdict === undefined) return [];
  const lines: string[] = [];
  if (verdict.hasDeletingMachine) lines.push('* waiting for a control plane Machine to complete deletion');
  if (verdict.componentsNotHealthy) lines.push('* waiting for control plane components to become healthy');
  if (verdict.etcdNotHealthy) lines.push('* waiting for etcd cluster to become healthy');
  return lines;
}

/** What the spec asks for; nothing any more when it is being deleted. */
export function desiredReplicas(controlPlane: KubeadmControlPlane): number {
  return controlPlane.metadata.deletionTimestamp === undefined ? (controlPlane.spec.replicas ?? 1) : 0;
}

function remediatingReport({ machines }: RollUpInput): ConditionReport {
  const type = Type.remediating;
  const affected = machines.filter(
    (machine) =>
      conditionOf(machine, 'HealthCheckSucceeded')?.status === 'False' &&
      conditionOf(machine, MachineType.ownerRemediated)?.status === 'False',
  );
  if (affected.length === 0) return { type, status: 'False', reason: Reason.notRemediating };
  const report = aggregate(affected.map(inputOf), {
    target: type,
    source: MachineType.ownerRemediated,
    reasons: { issue: Reason.remediating, unknown: Reason.remediating, info: Reason.notRemediating },
    targetNegative: true,
  });
  return { ...report, status: 'True', reason: Reason.remediating };
}

function machinesReport(
  { machines }: RollUpInput,
  target: string,
  source: string,
  issue: string,
  unknown: string,
  info: string,
): ConditionReport {
  if (machines.length === 0) return { type: target, status: 'True', reason: Reason.noReplicas };
  return aggregate(machines.map(inputOf), { target, source, reasons: { issue, unknown, info } });
}

function inputOf(machine: Machine): AggregateInput {
  return { kind: 'Machine', name: machine.metadata.name, conditions: machine.status?.conditions };
}
