import { Cluster, KubeadmConfig, type KubeadmConfigSpec, Machine } from '../../../api/kinds';
import { kubeTime } from '../../../machinery/clock';
import { type ConditionReport, conditionOf, setCondition } from '../../../machinery/conditions';
import { summarize } from '../../../machinery/conditions-merge';
import { endpointOf } from '../../../machinery/contract';
import { Annotation, Label } from '../../../machinery/contract-metadata';
import { cloneJson, equalJson } from '../../../machinery/json';
import { type ObjectKey, parseApiVersion } from '../../../machinery/kube-object';
import type { BootstrapDeps } from './dependencies';
import { Reason, Type } from './reasons';

/** A KubeadmConfig in work, with the Machine and the Cluster it belongs to. */
export interface Scope {
  readonly deps: BootstrapDeps;
  readonly stored: KubeadmConfig;
  /** Phases change this; it is written once, at the end. */
  readonly draft: KubeadmConfig;
  readonly spec: KubeadmConfigSpec;
  readonly machine: Machine;
  readonly cluster: Cluster;
  readonly clusterKey: ObjectKey;
  readonly isControlPlane: boolean;
  /** What this reconcile has to say; the last word on a type counts. */
  readonly reports: ConditionReport[];
}

/** The scope of a config, or undefined while it has no Machine or no Cluster. */
export function openScope(deps: BootstrapDeps, key: ObjectKey): Scope | undefined {
  const stored = deps.objects.get(KubeadmConfig, key);
  if (stored === undefined || stored.metadata.deletionTimestamp !== undefined) return undefined;
  const owner = stored.metadata.ownerReferences?.find(
    (reference) => reference.kind === Machine.kind && parseApiVersion(reference.apiVersion).group === Machine.group,
  );
  if (owner === undefined) return undefined;
  const machine = deps.objects.get(Machine, { namespace: key.namespace, name: owner.name });
  if (machine === undefined || machine.metadata.uid !== owner.uid) return undefined;
  const clusterKey = { namespace: key.namespace, name: machine.spec.clusterName };
  const cluster = deps.objects.get(Cluster, clusterKey);
  if (cluster === undefined) return undefined;
  const draft = cloneJson(stored);
  draft.spec ??= {};
  return {
    deps,
    stored,
    draft,
    spec: draft.spec,
    machine,
    cluster,
    clusterKey,
    isControlPlane: machine.metadata.labels?.[Label.controlPlane] !== undefined,
    reports: [],
  };
}

/** `host:port` of the cluster's API server; undefined until it is known. */
export function endpointText(cluster: Cluster): string | undefined {
  const endpoint = endpointOf(cluster);
  if (endpoint === undefined) return undefined;
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `${host}:${endpoint.port}`;
}

/** The condition `Paused`; True stops everything else. */
export function pausedReport(scope: Scope): ConditionReport {
  const causes: string[] = [];
  if (scope.cluster.spec?.paused === true) causes.push('Cluster spec.paused is set to true');
  if (scope.stored.metadata.annotations?.[Annotation.paused] !== undefined) {
    causes.push(`KubeadmConfig has the ${Annotation.paused} annotation`);
  }
  if (causes.length === 0) return { type: Type.paused, status: 'False', reason: Reason.notPaused };
  return { type: Type.paused, status: 'True', reason: Reason.paused, message: causes.join(', ') };
}

/** Says that the data is not there yet, and why. */
export function reportWaiting(scope: Scope, message: string): void {
  scope.reports.push({ type: Type.dataSecretAvailable, status: 'False', reason: Reason.notAvailable, message });
}

/** Writes what the phases changed: spec first, then status with the conditions and their summary. */
export async function saveScope(scope: Scope, succeeded: boolean): Promise<void> {
  const { deps, stored, draft } = scope;
  const generation = stored.metadata.generation ?? 0;
  // Our own change of the spec is seen by us; the server will count it.
  const observed = equalJson(stored.spec ?? {}, draft.spec) ? generation : generation + 1;
  const status = draft.status ?? {};
  const now = kubeTime(deps.clock);
  let conditions = status.conditions ?? [];
  for (const report of scope.reports) conditions = setCondition(conditions, report, now, observed);
  if (scope.reports.some((report) => report.type !== Type.paused) || conditionOf(stored, Type.ready) !== undefined) {
    const ready = summarize(conditions, {
      target: Type.ready,
      types: [Type.dataSecretAvailable, Type.certificatesAvailable],
      reasons: { issue: Reason.notReady, unknown: Reason.readyUnknown, info: Reason.ready },
    });
    conditions = setCondition(conditions, ready, now, observed);
  }
  status.conditions = conditions;
  if (succeeded && observed > 0) status.observedGeneration = observed;
  draft.status = status;
  if (stored.spec === undefined && Object.keys(scope.spec).length === 0) delete draft.spec;
  await deps.objects.patch(KubeadmConfig, stored, draft, { ownedConditions: Object.values(Type) });
}
