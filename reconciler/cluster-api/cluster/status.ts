import type { Cluster } from '../../../api/kinds/cluster-api/cluster';
import { requeueAfter } from '../../../api/ports';
import { type Condition, type ConditionReport, isTrue, setCondition } from '../../../machinery/conditions';
import {
  type AggregateInput,
  aggregate,
  type MergeReasons,
  summarize,
  type Weight,
} from '../../../machinery/conditions-merge';
import { endpointOf, viewInfraCluster } from '../../../machinery/contract';
import { isBeingDeleted, keyOf } from '../../../machinery/kube-object';
import { machinesReadyReport, machinesUpToDateReport, remediatingReport } from '../conditions/machine-reports';
import { conditionIn, conditionsIn, mirrorOf } from '../conditions/mirror';
import { Reason, Type } from '../conditions/reasons';
import { controlPlaneCounters, workerCounters } from './counters';
import { standaloneSets } from './descendants';
import { type ClusterScope, statusOf } from './scope';

/** How long a workload cluster may be silent before its connection counts as lost (upstream's default). */
const PROBE_GRACE_MS = 50_000;

/** Fills the status of a Cluster; returns the conditions to write. */
export function reportStatus(scope: ClusterScope, paused: ConditionReport): ConditionReport[] {
  const { descendants, draft, deps } = scope;
  const cluster = draft.object;
  const status = statusOf(scope);
  const controlPlane = controlPlaneCounters(scope.controlPlaneView, descendants);
  if (controlPlane !== undefined) status.controlPlane = controlPlane;
  status.workers = workerCounters(descendants);
  reportPhase(scope);
  const now = deps.clock.now();
  const machines = [...descendants.controlPlaneMachines, ...descendants.workerMachines];
  const reports: ConditionReport[] = [
    probeReport(scope),
    ...infrastructureReport(scope),
    initializedReport(scope),
    ...controlPlaneAvailableReport(scope),
    workersAvailableReport(scope),
    ...movementReports(scope),
    remediatingReport(machines, ''),
    machinesReadyReport(Type.controlPlaneMachinesReady, descendants.controlPlaneMachines),
    machinesReadyReport(Type.workerMachinesReady, descendants.workerMachines),
    machinesUpToDateReport(Type.controlPlaneMachinesUpToDate, descendants.controlPlaneMachines, now),
    machinesUpToDateReport(Type.workerMachinesUpToDate, descendants.workerMachines, now),
    paused,
    deletingReport(scope),
  ];
  const conditions = reports.reduce<Condition[]>(
    (list, report) => setCondition(list, report, draft.now),
    [...(cluster.status?.conditions ?? [])],
  );
  reports.push(availableReport(cluster, conditions));
  return reports;
}

function reportPhase(scope: ClusterScope): void {
  const cluster = scope.draft.object;
  const status = statusOf(scope);
  if (isBeingDeleted(cluster)) status.phase = 'Deleting';
  else if (status.initialization?.infrastructureProvisioned === true && endpointOf(cluster) !== undefined) {
    status.phase = 'Provisioned';
  } else if (cluster.spec.infrastructureRef !== undefined || cluster.spec.controlPlaneRef !== undefined) {
    status.phase = 'Provisioning';
  } else status.phase = 'Pending';
}

/** Says that the Cluster came into another phase: once it is stored, because one that is held back is found again. */
export function announcePhase({ draft, deps }: ClusterScope, before: string | undefined): void {
  const { metadata, status } = draft.stored;
  const phase = status?.phase;
  if (phase === undefined || phase === before) return;
  deps.events.event(draft.stored, 'Normal', phase, `Cluster ${metadata.name} is ${phase}`);
}

function probeReport(scope: ClusterScope): ConditionReport {
  const type = Type.remoteConnectionProbe;
  const { lastSuccess, connected, wantedSince } = scope.deps.workloads.health(keyOf(scope.draft.stored));
  // The kubeconfig goes with the control plane, before the Cluster: that nobody asks any more is not a failure.
  const givenUp = wantedSince === undefined && isBeingDeleted(scope.draft.stored);
  if (givenUp && isTrue(scope.draft.stored, type)) return { type, status: 'True', reason: Reason.probeSucceeded };
  if (lastSuccess === undefined) {
    const message = 'Remote connection not established yet';
    return { type, status: 'False', reason: Reason.probeFailed, message };
  }
  const left = lastSuccess + PROBE_GRACE_MS - scope.deps.clock.now();
  if (connected || left > 0) {
    if (!connected) scope.outcomes.push(requeueAfter(left));
    return { type, status: 'True', reason: Reason.probeSucceeded };
  }
  const message = `Remote connection probe failed, probe last succeeded at ${new Date(lastSuccess).toISOString()}`;
  return { type, status: 'False', reason: Reason.probeFailed, message };
}

function infrastructureReport(scope: ClusterScope): ConditionReport[] {
  const { infrastructureRef } = scope.draft.object.spec;
  if (infrastructureRef === undefined) {
    return [{ type: Type.infrastructureReady, status: 'True', reason: Reason.ready }];
  }
  const found = scope.infrastructure;
  return [
    mirrorOf({
      target: Type.infrastructureReady,
      source: Type.ready,
      kind: infrastructureRef.kind,
      object: found?.object,
      error: scope.infrastructureError,
      flag: {
        path: found?.contract === 'v1beta1' ? 'status.ready' : 'status.initialization.provisioned',
        value: found?.object !== undefined && viewInfraCluster(found.object, found.contract).provisioned,
      },
      reasons: { good: Reason.ready, bad: Reason.notReady },
      seen: statusOf(scope).initialization?.infrastructureProvisioned === true,
    }),
  ];
}

/** Never taken back: many controllers wait for it once and do not look again. */
function initializedReport(scope: ClusterScope): ConditionReport {
  const type = Type.controlPlaneInitialized;
  const initialized =
    isTrue(scope.draft.object, type) || statusOf(scope).initialization?.controlPlaneInitialized === true;
  if (initialized) return { type, status: 'True', reason: Reason.initialized };
  const message =
    scope.draft.object.spec.controlPlaneRef === undefined
      ? 'Waiting for the first control plane machine to have status.nodeRef set'
      : 'Control plane not yet initialized';
  return { type, status: 'False', reason: Reason.notInitialized, message };
}

function controlPlaneAvailableReport(scope: ClusterScope): ConditionReport[] {
  const { controlPlaneRef } = scope.draft.object.spec;
  if (controlPlaneRef === undefined) return [];
  const found = scope.controlPlane;
  const path = found?.contract === 'v1beta1' ? 'status.initialized' : 'status.initialization.controlPlaneInitialized';
  return [
    mirrorOf({
      target: Type.controlPlaneAvailable,
      source: Type.available,
      kind: controlPlaneRef.kind,
      object: found?.object,
      error: scope.controlPlaneError,
      flag: { path, value: scope.controlPlaneView?.initialized === true },
      reasons: { good: Reason.available, bad: Reason.notAvailable },
      seen: statusOf(scope).initialization?.controlPlaneInitialized === true,
    }),
  ];
}

const AVAILABLE: MergeReasons = {
  issue: Reason.notAvailable,
  unknown: Reason.availableUnknown,
  info: Reason.available,
};

function workersAvailableReport(scope: ClusterScope): ConditionReport {
  const inputs = scope.descendants.deployments.map(inputOf);
  if (inputs.length === 0) return { type: Type.workersAvailable, status: 'True', reason: Reason.noWorkers };
  return aggregate(inputs, { target: Type.workersAvailable, source: Type.available, reasons: AVAILABLE });
}

function inputOf(object: {
  kind: string;
  metadata: { name: string };
  status?: { conditions?: Condition[] | undefined } | undefined;
}): AggregateInput {
  return { kind: object.kind, name: object.metadata.name, conditions: object.status?.conditions };
}

/** RollingOut, ScalingUp and ScalingDown over everything that makes machines. */
function movementReports(scope: ClusterScope): ConditionReport[] {
  const { deployments } = scope.descendants;
  const scalers = [...deployments, ...standaloneSets(scope.descendants)];
  const over = (type: string, members: readonly AggregateInput[], reasons: MergeReasons): ConditionReport => {
    const inputs = [...controlPlaneInput(scope, type), ...members];
    if (inputs.length === 0) return { type, status: 'False', reason: reasons.info };
    return aggregate(inputs, { target: type, source: type, sourceNegative: true, targetNegative: true, reasons });
  };
  return [
    over(Type.rollingOut, deployments.map(inputOf), {
      issue: Reason.rollingOut,
      unknown: Reason.rollingOutUnknown,
      info: Reason.notRollingOut,
    }),
    over(Type.scalingDown, scalers.map(inputOf), {
      issue: Reason.scalingDown,
      unknown: Reason.scalingDownUnknown,
      info: Reason.notScalingDown,
    }),
    over(Type.scalingUp, scalers.map(inputOf), {
      issue: Reason.scalingUp,
      unknown: Reason.scalingUpUnknown,
      info: Reason.notScalingUp,
    }),
  ];
}

/** Control planes of other providers need not report these conditions. */
function controlPlaneInput(scope: ClusterScope, type: string): AggregateInput[] {
  const object = scope.controlPlane?.object;
  if (object === undefined || conditionIn(object, type) === undefined) return [];
  return [{ kind: object.kind, name: object.metadata.name, conditions: conditionsIn(object) }];
}

function deletingReport(scope: ClusterScope): ConditionReport {
  if (!isBeingDeleted(scope.draft.object)) {
    return { type: Type.deleting, status: 'False', reason: Reason.notDeleting };
  }
  const { reason, message } = scope.deleting ?? { reason: Reason.internalError };
  return { type: Type.deleting, status: 'True', reason, message };
}

function availableReport(cluster: Cluster, conditions: readonly Condition[]): ConditionReport {
  const gates = cluster.spec.availabilityGates ?? [];
  return summarize(conditions, {
    target: Type.available,
    types: [
      Type.deleting,
      Type.remoteConnectionProbe,
      Type.infrastructureReady,
      Type.controlPlaneAvailable,
      Type.workersAvailable,
      Type.topologyReconciled,
      ...gates.map((gate) => gate.conditionType),
    ],
    negative: [
      Type.deleting,
      ...gates.filter((gate) => gate.polarity === 'Negative').map((gate) => gate.conditionType),
    ],
    optional: [
      ...(cluster.spec.topology === undefined ? [Type.topologyReconciled] : []),
      ...(cluster.spec.controlPlaneRef === undefined ? [Type.controlPlaneAvailable] : []),
    ],
    reasons: AVAILABLE,
    weight: isBeingDeleted(cluster) ? tolerateDeletion : undefined,
  });
}

const GONE: readonly string[] = [Reason.objectDeleted, Reason.objectDoesNotExist];

/** That the parts of a cluster go away is the purpose of its deletion, not an issue of its own. */
function tolerateDeletion(condition: ConditionReport, usual: Weight): Weight {
  if (condition.type === Type.remoteConnectionProbe) return 'info';
  return GONE.includes(condition.reason) ? 'info' : usual;
}
