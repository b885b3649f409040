/** Conditions (`metav1.Condition`) and the algebra that turns many into one (`capi.md` 0.7). */

export type ConditionStatus = 'True' | 'False' | 'Unknown';

export interface Condition {
  type: string;
  status: ConditionStatus;
  reason: string;
  message: string;
  /** RFC 3339, whole seconds; moves only when `status` changes. */
  lastTransitionTime: string;
  observedGeneration?: number | undefined;
}

/** What a controller says about a condition; time and generation are filled in when it is stored. */
export interface ConditionReport {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  /** @default '' */
  readonly message?: string | undefined;
}

/** Where conditions are found: any object of ours. */
export interface WithConditions {
  readonly status?: { readonly conditions?: readonly Condition[] | undefined } | undefined;
}

/** Reason of a condition that should be there and is not. */
export const NOT_YET_REPORTED = 'NotYetReported';

/** The reason Kubernetes objects carry while a controller cannot say more. */
export const INTERNAL_ERROR = 'InternalError';

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function conditionOf(object: WithConditions, type: string): Condition | undefined {
  return findCondition(object.status?.conditions, type);
}

export function isTrue(object: WithConditions, type: string): boolean {
  return conditionOf(object, type)?.status === 'True';
}

/** False when the condition is absent. */
export function isFalse(object: WithConditions, type: string): boolean {
  return conditionOf(object, type)?.status === 'False';
}

/** The order upstream stores conditions in; types not named here go, by name, before `Paused`. */
const STORED_ORDER = [
  'Available',
  'Ready',
  'UpToDate',
  'RemoteConnectionProbe',
  'BootstrapConfigReady',
  'InfrastructureReady',
  'ControlPlaneInitialized',
  'ControlPlaneAvailable',
  'WorkersAvailable',
  'CertificatesAvailable',
  'Initialized',
  'EtcdClusterHealthy',
  'ControlPlaneComponentsHealthy',
  'NodeHealthy',
  'NodeReady',
  'NodeKubeadmLabelsAndTaintsSet',
  'EtcdPodHealthy',
  'EtcdMemberHealthy',
  'APIServerPodHealthy',
  'ControllerManagerPodHealthy',
  'SchedulerPodHealthy',
  'HealthCheckSucceeded',
  'OwnerRemediated',
  'TopologyReconciled',
  'Updating',
  'RollingOut',
  'Remediating',
  'ScalingDown',
  'ScalingUp',
  'MachinesReady',
  'ControlPlaneMachinesReady',
  'WorkerMachinesReady',
  'MachinesUpToDate',
  'ControlPlaneMachinesUpToDate',
  'WorkerMachinesUpToDate',
];
const LAST = ['Paused', 'Deleting'];

/** Types without a place of their own stand between the two lists. */
const RANKS = new Map([
  ...STORED_ORDER.map((type, index) => [type, index] as const),
  ...LAST.map((type, index) => [type, STORED_ORDER.length + 1 + index] as const),
]);

const rank = (type: string): number => RANKS.get(type) ?? STORED_ORDER.length;

/** Conditions in the order they are stored in. */
export function sortConditions(conditions: readonly Condition[]): Condition[] {
  return [...conditions].sort((left, right) => {
    const byRank = rank(left.type) - rank(right.type);
    if (byRank !== 0) return byRank;
    return left.type < right.type ? -1 : left.type > right.type ? 1 : 0;
  });
}

/**
 * The list with one condition set. `lastTransitionTime` is kept while the status stays; an equal report returns the
 * list as it was, so that nothing is written.
 * @param now - RFC 3339 with whole seconds (`kubeTime`)
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  report: ConditionReport,
  now: string,
  observedGeneration?: number,
): Condition[] {
  const list = conditions ?? [];
  const before = findCondition(list, report.type);
  const after: Condition = {
    type: report.type,
    status: report.status,
    reason: report.reason,
    message: report.message ?? '',
    lastTransitionTime: before !== undefined && before.status === report.status ? before.lastTransitionTime : now,
  };
  if (observedGeneration !== undefined) after.observedGeneration = observedGeneration;
  return sortConditions([...list.filter((condition) => condition.type !== report.type), after]);
}

/** The list without a type. */
export function removeCondition(conditions: readonly Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}

/** A condition under another type name; undefined when there is none to copy. */
export function mirrorCondition(source: Condition | undefined, type: string): ConditionReport | undefined {
  if (source === undefined) return undefined;
  return { type, status: source.status, reason: source.reason, message: source.message };
}

/** A positive condition that should exist and does not. */
export function notYetReported(type: string): ConditionReport {
  return { type, status: 'Unknown', reason: NOT_YET_REPORTED, message: `Condition ${type} not yet reported` };
}
