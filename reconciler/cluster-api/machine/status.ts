import type { Machine } from '../../../api/kinds/cluster-api/machine';
import { CERTIFICATES_EXPIRY_ANNOTATION, CONTROL_PLANE_LABEL } from '../../../api/labels';
import { requeueAfter } from '../../../api/ports';
import {
  type Condition,
  type ConditionReport,
  findCondition,
  isTrue,
  setCondition,
} from '../../../machinery/conditions';
import { type SummaryLine, summarize, type Weight } from '../../../machinery/conditions-merge';
import { textAt, viewBootstrap, viewInfraMachine } from '../../../machinery/contract';
import { controllerOf, isBeingDeleted } from '../../../machinery/kube-object';
import { mirrorOf } from '../conditions/mirror';
import { Reason, Type } from '../conditions/reasons';
import { isRolloutAfterExpired, rolloutReasons, untilRollout } from '../template-equality';
import { nodeReports } from './node-conditions';
import { phaseOf } from './phase';
import { ownersOf } from './phases';
import { type MachineScope, machineOf, statusOf } from './scope';

/** How long a workload cluster may be silent before conditions say that nothing is known (upstream's default). */
const REMOTE_GRACE_MS = 5 * 60_000;
/** A deletion that takes longer than this is said to. */
const LONG_DELETION_MS = 15 * 60_000;

/** Fills the status of a Machine; returns the conditions to write. */
export function reportStatus(scope: MachineScope, paused: ConditionReport): ConditionReport[] {
  const machine = machineOf(scope);
  const reports: ConditionReport[] = [
    bootstrapReport(scope),
    infrastructureReport(scope),
    ...reportNode(scope),
    ...upToDateReport(scope),
    { type: Type.updating, status: 'False', reason: Reason.notUpdating },
    paused,
    deletingReport(scope),
  ];
  const ready = readyReport(machine, withReports(machine, reports, scope.draft.now), scope.deps.clock.now());
  reports.push(ready, availableReport(scope, ready));
  reportPhase(scope);
  reportExpiry(scope);
  return reports;
}

/** The conditions as they will be stored. */
function withReports(machine: Machine, reports: readonly ConditionReport[], now: string): Condition[] {
  return reports.reduce<Condition[]>(
    (list, report) => setCondition(list, report, now),
    [...(machine.status?.conditions ?? [])],
  );
}

function bootstrapReport(scope: MachineScope): ConditionReport {
  const machine = machineOf(scope);
  const reference = machine.spec.bootstrap.configRef;
  if (reference === undefined) {
    return { type: Type.bootstrapConfigReady, status: 'True', reason: Reason.dataSecretProvided };
  }
  const found = scope.bootstrap;
  const seen = machine.status?.initialization?.bootstrapDataSecretCreated === true;
  return mirrorOf({
    target: Type.bootstrapConfigReady,
    source: Type.ready,
    kind: reference.kind,
    object: found?.object,
    error: scope.bootstrapError,
    flag: {
      path: found?.contract === 'v1beta1' ? 'status.ready' : 'status.initialization.dataSecretCreated',
      value: found?.object !== undefined && viewBootstrap(found.object, found.contract).dataSecretCreated,
    },
    reasons: { good: Reason.ready, bad: Reason.notReady },
    seen,
  });
}

function infrastructureReport(scope: MachineScope): ConditionReport {
  const machine = machineOf(scope);
  const found = scope.infrastructure;
  return mirrorOf({
    target: Type.infrastructureReady,
    source: Type.ready,
    kind: machine.spec.infrastructureRef.kind,
    object: found?.object,
    error: scope.infrastructureError,
    flag: {
      path: found?.contract === 'v1beta1' ? 'status.ready' : 'status.initialization.provisioned',
      value: found?.object !== undefined && viewInfraMachine(found.object, found.contract).provisioned,
    },
    reasons: { good: Reason.ready, bad: Reason.notReady },
    seen: machine.status?.initialization?.infrastructureProvisioned === true,
  });
}

function reportNode(scope: MachineScope): ConditionReport[] {
  const machine = machineOf(scope);
  const health = scope.deps.workloads.health(scope.clusterKey);
  const now = scope.deps.clock.now();
  const silentSince = health.lastSuccess ?? health.wantedSince;
  const graceOver = silentSince === undefined || now - silentSince >= REMOTE_GRACE_MS;
  const reports = nodeReports({
    clusterInfrastructureProvisioned: scope.cluster.status?.initialization?.infrastructureProvisioned === true,
    controlPlaneInitialized: isTrue(scope.cluster, Type.controlPlaneInitialized),
    machineDeleting: isBeingDeleted(machine),
    connected: scope.connection !== undefined,
    graceOver,
    lastProbe: health.lastSuccess === undefined ? undefined : new Date(health.lastSuccess).toISOString(),
    infrastructureKind: machine.spec.infrastructureRef.kind,
    providerId: machine.spec.providerID,
    nodeRef: machine.status?.nodeRef?.name,
    node: scope.node,
  });
  if (reports !== undefined) return reports;
  if (silentSince !== undefined) scope.outcomes.push(requeueAfter(silentSince + REMOTE_GRACE_MS - now));
  return [];
}

/** Machines of control planes get this condition from their control plane; machines on their own have none. */
function upToDateReport(scope: MachineScope): ConditionReport[] {
  const { set, deployment } = ownersOf(scope);
  if (set === undefined || deployment === undefined) return [];
  const reasons = rolloutReasons(set.spec.template.spec, deployment.spec.template.spec);
  const machine = machineOf(scope);
  const created = machine.metadata.creationTimestamp ?? scope.draft.now;
  if (isRolloutAfterExpired(deployment.spec.rollout?.after, created, scope.deps.clock.now())) {
    reasons.push('MachineDeployment spec.rolloutAfter expired');
  }
  scope.outcomes.push(untilRollout(deployment.spec.rollout?.after, scope.deps.clock.now()));
  if (reasons.length === 0) return [{ type: Type.upToDate, status: 'True', reason: Reason.upToDate }];
  const message = reasons.map((reason) => `* ${reason}`).join('\n');
  return [{ type: Type.upToDate, status: 'False', reason: Reason.notUpToDate, message }];
}

function deletingReport(scope: MachineScope): ConditionReport {
  if (!isBeingDeleted(machineOf(scope))) return { type: Type.deleting, status: 'False', reason: Reason.notDeleting };
  const { reason, message } = scope.deleting ?? { reason: Reason.internalError };
  return { type: Type.deleting, status: 'True', reason, message };
}

function readyReport(machine: Machine, conditions: readonly Condition[], now: number): ConditionReport {
  const gates = machine.spec.readinessGates ?? [];
  const deleting = isBeingDeleted(machine);
  return summarize(conditions, {
    target: Type.ready,
    types: [
      Type.deleting,
      Type.updating,
      Type.bootstrapConfigReady,
      Type.infrastructureReady,
      Type.nodeHealthy,
      Type.healthCheckSucceeded,
      ...gates.map((gate) => gate.conditionType),
    ],
    negative: [
      Type.deleting,
      Type.updating,
      ...gates.filter((gate) => gate.polarity === 'Negative').map((gate) => gate.conditionType),
    ],
    optional: [Type.healthCheckSucceeded],
    override: deleting ? [deletingSummary(machine, conditions, now)] : [],
    reasons: { issue: Reason.notReady, unknown: Reason.readyUnknown, info: Reason.ready },
    weight: deleting ? tolerateDeletion : undefined,
    lines: machine.metadata.labels?.[CONTROL_PLANE_LABEL] === undefined ? undefined : joinComponents,
  });
}

function deletingSummary(machine: Machine, conditions: readonly Condition[], now: number): ConditionReport {
  const condition = findCondition(conditions, Type.deleting);
  const since = Date.parse(machine.metadata.deletionTimestamp ?? '');
  const long = now - since > LONG_DELETION_MS ? ' since more than 15m' : '';
  const message = `Machine deletion in progress${long}, stage: ${condition?.reason ?? Reason.deleting}`;
  return { type: Type.deleting, status: 'True', reason: Reason.deleting, message };
}

const GONE: readonly string[] = [
  Reason.objectDeleted,
  Reason.objectDoesNotExist,
  Reason.nodeDeleted,
  Reason.nodeDoesNotExist,
];
const PARTS: readonly string[] = [Type.bootstrapConfigReady, Type.infrastructureReady, Type.nodeHealthy];

/** That the parts of a machine go away is the purpose of its deletion, not an issue of its own. */
function tolerateDeletion(condition: ConditionReport, usual: Weight): Weight {
  return PARTS.includes(condition.type) && GONE.includes(condition.reason) ? 'info' : usual;
}

const COMPONENTS: readonly string[] = [
  'APIServerPodHealthy',
  'ControllerManagerPodHealthy',
  'SchedulerPodHealthy',
  'EtcdPodHealthy',
];

/** The static pods of a control-plane machine nearly always wait for the same thing: one line for all. */
function joinComponents(lines: readonly SummaryLine[]): readonly SummaryLine[] {
  const components = lines.filter((line) => COMPONENTS.includes(line.type));
  const first = components[0];
  if (first === undefined || components.length < 2) return lines;
  if (components.some((line) => line.message !== first.message)) return lines;
  return lines.flatMap((line) => {
    if (!COMPONENTS.includes(line.type)) return [line];
    return line === first ? [{ type: 'Control plane components', message: first.message }] : [];
  });
}

function availableReport(scope: MachineScope, ready: ConditionReport): ConditionReport {
  const machine = machineOf(scope);
  if (ready.status !== 'True') return { type: Type.available, status: 'False', reason: Reason.notReady };
  const stored = findCondition(machine.status?.conditions, Type.ready);
  const now = scope.deps.clock.now();
  const since = stored?.status === 'True' ? Date.parse(stored.lastTransitionTime) : now;
  const left = since + (machine.spec.minReadySeconds ?? 0) * 1000 - now;
  if (left <= 0) return { type: Type.available, status: 'True', reason: Reason.available };
  scope.outcomes.push(requeueAfter(left));
  return { type: Type.available, status: 'False', reason: Reason.waitingForMinReadySeconds };
}

function reportPhase(scope: MachineScope): void {
  const machine = machineOf(scope);
  const status = statusOf(scope);
  const phase = phaseOf({
    deleting: isBeingDeleted(machine),
    bootstrapDataSecretCreated: status.initialization?.bootstrapDataSecretCreated === true,
    infrastructureProvisioned: status.initialization?.infrastructureProvisioned === true,
    providerId: machine.spec.providerID,
    nodeRef: status.nodeRef?.name,
  });
  if (status.phase !== phase) status.lastUpdated = scope.draft.now;
  status.phase = phase;
}

/** The expiry of a control-plane machine's certificates, as its control plane wrote it down. */
function reportExpiry(scope: MachineScope): void {
  const machine = machineOf(scope);
  if (machine.metadata.labels?.[CONTROL_PLANE_LABEL] === undefined || controllerOf(machine) === undefined) return;
  const own = machine.metadata.annotations?.[CERTIFICATES_EXPIRY_ANNOTATION];
  const config = textAt(scope.bootstrap?.object, 'metadata', 'annotations', CERTIFICATES_EXPIRY_ANNOTATION);
  const expiry = own ?? config;
  if (expiry !== undefined && !Number.isNaN(Date.parse(expiry))) statusOf(scope).certificatesExpiryDate = expiry;
}
