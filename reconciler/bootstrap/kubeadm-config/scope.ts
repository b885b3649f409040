import { Cluster, KubeadmConfig, type KubeadmConfigSpec, Machine } from '../../../api/kinds';
import { CONTROL_PLANE_LABEL } from '../../../api/labels';
import { type ConditionReport, conditionOf } from '../../../machinery/conditions';
import { summarize } from '../../../machinery/conditions-merge';
import { endpointOf } from '../../../machinery/contract';
import { type ObjectKey, parseApiVersion } from '../../../machinery/kube-object';
import { Draft } from '../../runtime/draft';
import type { BootstrapDeps } from './dependencies';
import { Reason, Type } from './reasons';

/** A KubeadmConfig in work, with the Machine and the Cluster it belongs to. */
export interface Scope {
  readonly deps: BootstrapDeps;
  /** Phases change its object; it is written once, at the end. */
  readonly draft: Draft<KubeadmConfig>;
  /** The spec of the draft, to be changed as well. */
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
  const draft = new Draft(KubeadmConfig, stored, deps);
  draft.object.spec ??= {};
  return {
    deps,
    draft,
    spec: draft.object.spec,
    machine,
    cluster,
    clusterKey,
    isControlPlane: machine.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined,
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

/** Says that the data is not there yet, and why. */
export function reportWaiting(scope: Scope, message: string): void {
  scope.reports.push({ type: Type.dataSecretAvailable, status: 'False', reason: Reason.notAvailable, message });
}

/** Writes what the phases changed: spec first, then status with the conditions and their summary. */
export async function saveScope(scope: Scope, succeeded: boolean): Promise<void> {
  const { draft, reports } = scope;
  if (draft.stored.spec === undefined && Object.keys(scope.spec).length === 0) delete draft.object.spec;
  if (reports.some((report) => report.type !== Type.paused) || conditionOf(draft.stored, Type.ready) !== undefined) {
    reports.push(
      summarize(draft.conditionsWith(reports), {
        target: Type.ready,
        types: [Type.dataSecretAvailable, Type.certificatesAvailable],
        reasons: { issue: Reason.notReady, unknown: Reason.readyUnknown, info: Reason.ready },
      }),
    );
  }
  await draft.save(reports, succeeded);
}
