import type { Machine } from '../../../api/kinds';
import { REMEDIATE_MACHINE_ANNOTATION } from '../../../api/labels';
import { type ConditionReport, isFalse, isTrue } from '../../../machinery/conditions';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { Reason, Type } from '../conditions/reasons';

/** Which unhealthy machines a MachineSet replaces now (`capi.md` 4.4, "remediate"). Pure. */

export interface RemediationLimits {
  /** False: an older revision of a MachineDeployment, whose machines go anyway. */
  readonly isCurrent: boolean;
  /** How many machines may be replaced at once; `text` is what the user wrote. Undefined: all of them. */
  readonly maxInFlight: { readonly count: number; readonly text: string } | undefined;
}

export interface HeldMachine {
  readonly machine: Machine;
  readonly report: ConditionReport;
}

export interface RemediationPlan {
  /** To be deleted now, so that another one takes their place. */
  readonly due: readonly Machine[];
  /** Why the others are not. */
  readonly held: readonly HeldMachine[];
  /** Healthy again: what was said about their replacement is no longer true. */
  readonly recovered: readonly Machine[];
}

export function planRemediation(machines: readonly Machine[], limits: RemediationLimits): RemediationPlan {
  const staying = machines.filter((machine) => !isBeingDeleted(machine));
  const recovered = staying.filter(
    (machine) => isTrue(machine, Type.healthCheckSucceeded) && isFalse(machine, Type.ownerRemediated),
  );
  const unhealthy = staying
    .filter((machine) => isFalse(machine, Type.healthCheckSucceeded) && isFalse(machine, Type.ownerRemediated))
    .sort(byUrgency);
  if (!limits.isCurrent) {
    const message = "Machine won't be remediated because it is pending removal due to rollout";
    return { due: [], held: unhealthy.map((machine) => held(machine, Reason.cannotBeRemediated, message)), recovered };
  }
  const inFlight = machines.filter((machine) => isBeingDeleted(machine) && isFalse(machine, Type.ownerRemediated));
  const free = Math.max(0, (limits.maxInFlight?.count ?? Number.POSITIVE_INFINITY) - inFlight.length);
  const message = `Waiting because there are already too many remediations in progress (spec.remediation.maxInFlight is ${limits.maxInFlight?.text ?? ''})`;
  return {
    due: unhealthy.slice(0, free),
    held: unhealthy.slice(free).map((machine) => held(machine, Reason.remediationDeferred, message)),
    recovered,
  };
}

/** No machine goes while none could come: all that were due wait for the same. */
export function deferred(due: readonly Machine[], blocked: readonly string[]): HeldMachine[] {
  const message = blocked.map((reason) => `* ${reason}`).join('\n');
  return due.map((machine) => held(machine, Reason.remediationDeferred, message));
}

export const DELETING: ConditionReport = {
  type: Type.ownerRemediated,
  status: 'False',
  reason: Reason.machineDeleting,
  message: 'Machine is deleting',
};

function held(machine: Machine, reason: string, message: string): HeldMachine {
  return { machine, report: { type: Type.ownerRemediated, status: 'False', reason, message } };
}

/** First what somebody asked for, then the newest: it is the least likely to run anything. */
function byUrgency(a: Machine, b: Machine): number {
  const asked = ({ metadata }: Machine) => Number(metadata.annotations?.[REMEDIATE_MACHINE_ANNOTATION] !== undefined);
  const created = ({ metadata }: Machine) => Date.parse(metadata.creationTimestamp ?? '');
  return asked(b) - asked(a) || created(b) - created(a) || (a.metadata.name < b.metadata.name ? -1 : 1);
}
