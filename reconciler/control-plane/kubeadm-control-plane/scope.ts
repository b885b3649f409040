import { Cluster, KubeadmConfig, KubeadmControlPlane, Machine } from '../../../api/kinds';
import { CLUSTER_NAME_LABEL, CONTROL_PLANE_LABEL } from '../../../api/labels';
import { done, type ObjectEvent, type Outcome, type WorkloadConnection } from '../../../api/ports';
import { type ConditionReport, conditionOf, isTrue } from '../../../machinery/conditions';
import {
  controllerOf,
  isBeingDeleted,
  type KubeObject,
  keyOf,
  type ObjectKey,
  parseApiVersion,
} from '../../../machinery/kube-object';
import { hasExternalEtcd } from '../../../machinery/kubeadm';
import { kindOfTemplate } from '../../../machinery/template-clone';
import { countVersions } from '../../../machinery/versions';
import { Draft } from '../../runtime/draft';
import type { Pacer } from '../../runtime/pacing';
import type { ControlPlaneDeps } from './dependencies';
import { type EtcdObserver, type EtcdView, NO_ETCD } from './etcd-view';
import type { WithheldConditions } from './patience';
import { isMachineHealthy, type PreflightVerdict } from './preflight';
import { MachineType, REMEDIATION_FOR, REMEDIATION_IN_PROGRESS, Reason, Type } from './reasons';
import { latestRemediation } from './remediation-data';
import { rollUp } from './roll-up';
import type { Candidate } from './selection';
import { type Member, rolloutReasons } from './up-to-date';

/** A KubeadmControlPlane in work, with its Cluster and its Machines. */
export interface Scope {
  readonly deps: ControlPlaneDeps;
  readonly observer: EtcdObserver;
  /** Of each cluster, the reports about machines that wait for better ones. */
  readonly held: Map<string, WithheldConditions>;
  readonly pacer: Pacer;
  /** Phases change the status of its object, which is written once, at the end. */
  readonly draft: Draft<KubeadmControlPlane>;
  /** What is stored, with defaults: to decide on, not to write. */
  controlPlane: KubeadmControlPlane;
  readonly cluster: Cluster;
  readonly clusterKey: ObjectKey;
  readonly managedEtcd: boolean;
  /** Machines this control plane owns, with the conditions of this reconcile once they are inspected. */
  members: Member[];
  /** What conditions are said beside the roll-up. */
  readonly reports: ConditionReport[];
  certificatesAvailable: boolean;
  etcd: EtcdView;
  /** Undefined: connected, or not wanted yet. */
  connectionDown: string | undefined;
  verdict: PreflightVerdict | undefined;
  missingTemplate: string | undefined;
  /** What stops the step that is due, for people. */
  blocked: string | undefined;
  /** False: nothing is known of the machines, and nothing may be said about them. */
  isLoaded: boolean;
}

/** What a controller remembers from one reconcile to the next, for all its control planes. */
export type Memory = Pick<Scope, 'observer' | 'held' | 'pacer'>;

/** The scope of a control plane, or undefined while it does not belong to a Cluster. */
export function openScope(deps: ControlPlaneDeps, memory: Memory, key: ObjectKey): Scope | undefined {
  const stored = deps.objects.get(KubeadmControlPlane, key);
  if (stored === undefined) return undefined;
  const owner = stored.metadata.ownerReferences?.find(
    (reference) => reference.kind === Cluster.kind && parseApiVersion(reference.apiVersion).group === Cluster.group,
  );
  if (owner === undefined) return undefined;
  const clusterKey = { namespace: key.namespace, name: owner.name };
  const cluster = deps.objects.get(Cluster, clusterKey);
  if (cluster === undefined) return undefined;
  const controlPlane = KubeadmControlPlane.withDefaults(stored);
  return {
    deps,
    ...memory,
    draft: new Draft(KubeadmControlPlane, stored, deps),
    controlPlane,
    cluster,
    clusterKey,
    managedEtcd: !hasExternalEtcd(controlPlane.spec.kubeadmConfigSpec?.clusterConfiguration),
    members: [],
    reports: [],
    certificatesAvailable: isTrue(stored, Type.certificatesAvailable),
    etcd: NO_ETCD,
    connectionDown: undefined,
    verdict: undefined,
    missingTemplate: undefined,
    blocked: undefined,
    isLoaded: false,
  };
}

/** All Machines of the cluster's control plane, whoever owns them. */
export function controlPlaneMachines(deps: ControlPlaneDeps, cluster: ObjectKey): Machine[] {
  const selector = {
    matchLabels: { [CLUSTER_NAME_LABEL]: cluster.name },
    matchExpressions: [{ key: CONTROL_PLANE_LABEL, operator: 'Exists' as const }],
  };
  return [...deps.objects.list(Machine, { namespace: cluster.namespace, selector })].sort((left, right) =>
    left.metadata.name < right.metadata.name ? -1 : 1,
  );
}

/** Reads the Machines that belong to this control plane, with their configuration and infrastructure. */
export async function loadMembers(scope: Scope): Promise<void> {
  const owned = controlPlaneMachines(scope.deps, scope.clusterKey).filter(
    (machine) => controllerOf(machine)?.uid === scope.draft.stored.metadata.uid,
  );
  const members: Member[] = [];
  for (const machine of owned) members.push(await memberOf(scope, machine));
  scope.members = members;
  scope.isLoaded = true;
}

async function memberOf(scope: Scope, machine: Machine): Promise<Member> {
  const { namespace } = scope.clusterKey;
  const configName = machine.spec.bootstrap.configRef?.name;
  const config =
    configName === undefined ? undefined : scope.deps.objects.get(KubeadmConfig, { namespace, name: configName });
  return { machine, config, infra: await findInfra(scope, machine) };
}

async function findInfra(scope: Scope, machine: Machine): Promise<KubeObject | undefined> {
  const { apiGroup, kind, name } = machine.spec.infrastructureRef;
  const { objects } = scope.deps;
  const { resource } = await objects.resolveContract(apiGroup, kind);
  // Only looked at; the Machine tells when something about it changes.
  await objects.ensureWatched('kubeadmcontrolplane', resource, () => undefined);
  return objects.get(resource, { namespace: scope.clusterKey.namespace, name });
}

export function machinesOf(scope: Scope): Machine[] {
  return scope.members.map((member) => member.machine);
}

/** Replaces a Machine by the state it was answered with. */
export function updateMachine(scope: Scope, machine: Machine): void {
  scope.members = scope.members.map((member) =>
    member.machine.metadata.name === machine.metadata.name ? { ...member, machine } : member,
  );
}

/** Why each machine has to be replaced; machines that are being deleted have nothing to be replaced for. */
export function outdatedReasons(scope: Scope): Map<string, string[]> {
  const now = scope.deps.clock.now();
  return new Map(
    scope.members.map((member) => [member.machine.metadata.name, rolloutReasons(scope.controlPlane, member, now)]),
  );
}

export function candidatesOf(scope: Scope): Candidate[] {
  const outdated = outdatedReasons(scope);
  return machinesOf(scope).map((machine) => ({
    machine,
    outdated: (outdated.get(machine.metadata.name)?.length ?? 0) > 0,
    healthy: isMachineHealthy(machine, scope.managedEtcd),
  }));
}

export function isInitialized(scope: Scope): boolean {
  return scope.draft.object.status?.initialization?.controlPlaneInitialized === true;
}

export function workloadOf(scope: Scope): WorkloadConnection | undefined {
  return scope.deps.workloads.connection(scope.clusterKey);
}

/** Hears of changes of the templates that machines are cloned from. */
export type TemplateHandler = (event: ObjectEvent) => void;

/** The template machines are cloned from; undefined when it does not exist. */
export async function findTemplate(scope: Scope, onEvent: TemplateHandler): Promise<KubeObject | undefined> {
  const reference = scope.controlPlane.spec.machineTemplate.spec.infrastructureRef;
  const { objects } = scope.deps;
  const { resource } = await objects.resolveContract(reference.apiGroup, reference.kind);
  await objects.ensureWatched('kubeadmcontrolplane', resource, onEvent);
  return objects.get(resource, { namespace: scope.clusterKey.namespace, name: reference.name });
}

/** Kind of the infrastructure machines of this control plane. */
export function infraKind(scope: Scope): string {
  return kindOfTemplate(scope.controlPlane.spec.machineTemplate.spec.infrastructureRef.kind);
}

/**
 * Writes the status: counters, conditions with their roll-up. One request, or none when nothing changed.
 * @returns when to come back for what was held back
 */
export async function saveScope(scope: Scope, succeeded: boolean): Promise<Outcome> {
  if (isGone(scope)) return done();
  const { deps, controlPlane, draft } = scope;
  const machines = machinesOf(scope);
  const outdated = outdatedReasons(scope);
  const isDeleting = isBeingDeleted(controlPlane);
  const reports = [
    ...rollUp({
      controlPlane,
      machines,
      outdated: isDeleting ? new Map() : outdated,
      infrastructureProvisioned: scope.cluster.status?.initialization?.infrastructureProvisioned === true,
      initialized: isInitialized(scope),
      managedEtcd: scope.managedEtcd,
      certificatesAvailable: scope.certificatesAvailable,
      etcdMembers: scope.etcd.members,
      connectionDown: scope.connectionDown,
      verdict: scope.verdict,
      missingTemplate: scope.missingTemplate,
      blocked: scope.blocked,
      now: deps.clock.now(),
    }),
    ...scope.reports,
  ];
  if (!isDeleting) reports.push({ type: Type.deleting, status: 'False', reason: Reason.notDeleting });
  const status = draft.object.status ?? {};
  status.selector = `${CLUSTER_NAME_LABEL}=${scope.clusterKey.name},${CONTROL_PLANE_LABEL}`;
  status.replicas = machines.length;
  status.readyReplicas = machines.filter((machine) => isTrue(machine, 'Ready')).length;
  status.availableReplicas = machines.filter((machine) => isTrue(machine, 'Available')).length;
  status.upToDateReplicas = machines.filter((machine) => isTrue(machine, MachineType.upToDate)).length;
  const versions = countVersions(machines.map((machine) => machine.spec.version));
  if (versions.length > 0) status.versions = versions;
  else delete status.versions;
  const lowest = versions[0]?.version;
  if (lowest !== undefined) status.version = lowest;
  const remediation = latestRemediation([
    draft.object.metadata.annotations?.[REMEDIATION_IN_PROGRESS],
    ...machines.map(({ metadata }) => metadata.annotations?.[REMEDIATION_FOR]),
  ]);
  if (remediation !== undefined) {
    const { machine, timestamp: time, retryCount } = remediation;
    status.lastRemediation = { machine, time, retryCount };
  }
  draft.object.status = status;
  return draft.save(reports, succeeded, scope.pacer);
}

/** Another one of that name, or none, stands where this control plane stood: there is nothing to write to. */
export function isGone(scope: Scope): boolean {
  const { stored } = scope.draft;
  return scope.deps.objects.get(KubeadmControlPlane, keyOf(stored))?.metadata.uid !== stored.metadata.uid;
}

/**
 * Writes conditions of a Machine that this control plane owns. A change of the observed generation alone is not worth
 * a request.
 */
export async function saveMachineConditions(
  scope: Scope,
  machine: Machine,
  reports: readonly ConditionReport[],
): Promise<Machine> {
  const changed = reports.some((report) => {
    const before = conditionOf(machine, report.type);
    return (
      before?.status !== report.status || before.reason !== report.reason || before.message !== (report.message ?? '')
    );
  });
  if (!changed) return machine;
  const draft = new Draft(Machine, machine, scope.deps);
  await draft.save(reports, false);
  return draft.stored;
}
