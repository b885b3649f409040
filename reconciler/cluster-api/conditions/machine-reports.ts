import type { Machine } from '../../../api/kinds/cluster-api/machine';
import { CONTROL_PLANE_LABEL } from '../../../api/labels';
import { type ConditionReport, conditionOf, isFalse } from '../../../machinery/conditions';
import { type AggregateInput, aggregate } from '../../../machinery/conditions-merge';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { Reason, Type } from './reasons';

/** Conditions that say how the machines below an object are. Pure. */

export function machineInput(machine: Machine): AggregateInput {
  return {
    kind: 'Machine',
    name: machine.metadata.name,
    conditions: machine.status?.conditions,
    first: machine.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined,
  };
}

export function machinesReadyReport(target: string, machines: readonly Machine[]): ConditionReport {
  if (machines.length === 0) return { type: target, status: 'True', reason: Reason.noReplicas };
  const reasons = { issue: Reason.notReady, unknown: Reason.readyUnknown, info: Reason.ready };
  return aggregate(machines.map(machineInput), { target, source: Type.ready, reasons });
}

/** A machine is not missed here before its controller could say anything about it. */
const REPORT_GRACE_MS = 10_000;

/** @param now - milliseconds since the epoch */
export function machinesUpToDateReport(target: string, machines: readonly Machine[], now: number): ConditionReport {
  const judged = machines.filter(
    (machine) =>
      conditionOf(machine, Type.upToDate) !== undefined ||
      now - Date.parse(machine.metadata.creationTimestamp ?? '') > REPORT_GRACE_MS,
  );
  if (judged.length === 0) return { type: target, status: 'True', reason: Reason.noReplicas };
  const reasons = { issue: Reason.notUpToDate, unknown: Reason.upToDateUnknown, info: Reason.upToDate };
  return aggregate(judged.map(machineInput), { target, source: Type.upToDate, reasons });
}

/** @param by - who remediates, for the message about machines that are left alone */
export function remediatingReport(machines: readonly Machine[], by: string): ConditionReport {
  const unhealthy = machines.filter((machine) => isFalse(machine, Type.healthCheckSucceeded));
  const inRemediation = unhealthy.filter((machine) => isFalse(machine, Type.ownerRemediated));
  if (inRemediation.length === 0) {
    const message = unhealthyMessage(
      unhealthy.filter((machine) => !isBeingDeleted(machine)),
      by,
    );
    return { type: Type.remediating, status: 'False', reason: Reason.notRemediating, message };
  }
  const reasons = { issue: Reason.remediating, unknown: Reason.remediating, info: Reason.notRemediating };
  return aggregate(inRemediation.map(machineInput), {
    target: Type.remediating,
    source: Type.ownerRemediated,
    targetNegative: true,
    reasons,
  });
}

const NAMES_SHOWN = 3;

function unhealthyMessage(machines: readonly Machine[], by: string): string {
  if (machines.length === 0) return '';
  const names = machines.map((machine) => machine.metadata.name).sort();
  const more = names.length - NAMES_SHOWN;
  const list = names.slice(0, NAMES_SHOWN).join(', ') + (more > 0 ? `, ... (${more} more)` : '');
  const subject = names.length === 1 ? `Machine ${list} is` : `Machines ${list} are`;
  return `${subject} not healthy (not to be remediated${by === '' ? '' : ` by ${by}`})`;
}

/** Reports of `ScalingUp`, `ScalingDown` for a number of machines that should be another. */
export function scalingReports(options: {
  readonly current: number | undefined;
  readonly desired: number;
  readonly deleting: boolean;
  /** Why machines are not created now. */
  readonly blocked?: readonly string[] | undefined;
}): ConditionReport[] {
  const { current, deleting } = options;
  const desired = deleting ? 0 : options.desired;
  if (current === undefined) {
    const message = 'Waiting for status.replicas set';
    return [
      { type: Type.scalingUp, status: 'Unknown', reason: Reason.waitingForReplicasSet, message },
      { type: Type.scalingDown, status: 'Unknown', reason: Reason.waitingForReplicasSet, message },
    ];
  }
  const up: ConditionReport =
    current < desired
      ? {
          type: Type.scalingUp,
          status: 'True',
          reason: Reason.scalingUp,
          message: blockedMessage(`Scaling up from ${current} to ${desired} replicas`, options.blocked ?? []),
        }
      : { type: Type.scalingUp, status: 'False', reason: Reason.notScalingUp };
  const down: ConditionReport =
    current > desired
      ? {
          type: Type.scalingDown,
          status: 'True',
          reason: Reason.scalingDown,
          message: `Scaling down from ${current} to ${desired} replicas`,
        }
      : { type: Type.scalingDown, status: 'False', reason: Reason.notScalingDown };
  return [up, down];
}

function blockedMessage(text: string, blocked: readonly string[]): string {
  if (blocked.length === 0) return text;
  return `${text} is blocked because:\n${blocked.map((reason) => `* ${reason}`).join('\n')}`;
}
