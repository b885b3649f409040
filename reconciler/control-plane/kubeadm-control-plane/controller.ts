import { Cluster, KubeadmConfig, KubeadmControlPlane, Machine, Secret } from '../../../api/kinds';
import { CLUSTER_NAME_LABEL, CONTROL_PLANE_LABEL } from '../../../api/labels';
import {
  type Controller,
  done,
  type ObjectEvent,
  type Outcome,
  ownedBy,
  ownKind,
  soonest,
  type WatchSource,
  type WorkloadEvent,
} from '../../../api/ports';
import { conditionOf } from '../../../machinery/conditions';
import { CapstanError } from '../../../machinery/errors';
import { equalJson } from '../../../machinery/json';
import { isBeingDeleted, type KubeObject, keyOf, keyText, type ObjectKey } from '../../../machinery/kube-object';
import { clusterOfSecret } from '../../../machinery/kubeadm';
import { type PaceRules, Pacer } from '../../runtime/pacing';
import { pausedReport } from '../../runtime/paused';
import { Addons } from './addons';
import { reconcileDeletion, releaseFinalizer } from './deletion';
import type { ControlPlaneDeps } from './dependencies';
import { EtcdObserver } from './etcd-view';
import { inspectMachines } from './inspect';
import { claimFinalizer, reconcileControlPlane } from './phases';
import { Type } from './reasons';
import { loadMembers, type Memory, machinesOf, openScope, type Scope, saveScope } from './scope';

/**
 * Keeps a control plane of Machines that run kubeadm (`capi.md` 6): makes its certificates and kubeconfig, adds and
 * replaces machines one at a time, and never lets etcd lose its quorum by its own doing.
 */
export function kubeadmControlPlaneController(deps: ControlPlaneDeps): Controller {
  const memory: Memory = {
    observer: new EtcdObserver(deps.etcd, deps.clock),
    held: new Map(),
    pacer: new Pacer(PACE),
  };
  const addons = new Addons();
  let enqueue: (key: ObjectKey) => void = () => undefined;
  // One for all control planes: a watch keeps the first handler that it was given.
  const onTemplate = (event: ObjectEvent) => {
    for (const key of keysOfTemplate(deps, event.object)) enqueue(key);
  };
  return {
    name: 'kubeadmcontrolplane',
    watches: watches(deps),
    async reconcile(key): Promise<Outcome> {
      const scope = openScope(deps, memory, key);
      if (scope === undefined) return done();
      const paused = pausedReport(scope.cluster, scope.draft.stored);
      if (paused.status === 'True') {
        await scope.draft.save([paused], false);
        return done();
      }
      scope.reports.push(paused);
      if (isBeingDeleted(scope.draft.stored)) return reconcileDeleting(scope, addons);
      await claimFinalizer(scope);
      return withStatus(scope, () => reconcileControlPlane(scope, addons, onTemplate));
    },
    start(enqueueKey) {
      enqueue = enqueueKey;
      const unsubscribe = deps.workloads.subscribe((event) => {
        const key = isRelevantInWorkload(event) ? controlPlaneOf(deps, event.cluster) : undefined;
        if (key !== undefined) enqueueKey(key);
      });
      return () => {
        unsubscribe();
        enqueue = () => undefined;
      };
    },
  };
}

/** A Cluster waits for these; MachineSets decide on the counters. */
const PACE: PaceRules = {
  urgentConditions: [Type.available, Type.initialized, Type.deleting, 'Paused'],
  informativeFields: ['versions', 'selector'],
};

async function reconcileDeleting(scope: Scope, addons: Addons): Promise<Outcome> {
  const outcome = await withStatus(scope, async () => {
    await loadMembers(scope);
    const deletion = await reconcileDeletion(scope);
    await loadMembers(scope);
    return soonest(deletion, await inspectMachines(scope));
  });
  if (machinesOf(scope).length === 0 && scope.reports.some(isCompleted)) {
    addons.forget(keyText(scope.clusterKey));
    scope.observer.forget(scope.clusterKey);
    scope.held.delete(keyText(scope.clusterKey));
    await releaseFinalizer(scope);
  }
  return outcome;
}

function isCompleted(report: { readonly type: string; readonly reason: string }): boolean {
  return report.type === Type.deleting && report.reason === 'DeletionCompleted';
}

/** Writes the status after success and after failure; a failure to write never hides the first one. */
async function withStatus(scope: Scope, work: () => Promise<Outcome>): Promise<Outcome> {
  let outcome: Outcome;
  try {
    outcome = await work();
  } catch (error) {
    if (error instanceof CapstanError) scope.blocked ??= error.message;
    if (scope.isLoaded) await saveScope(scope, false).catch(() => undefined);
    throw error;
  }
  return soonest(outcome, await saveScope(scope, true));
}

function watches(deps: ControlPlaneDeps): WatchSource[] {
  const owner = { group: KubeadmControlPlane.group, kind: KubeadmControlPlane.kind };
  return [
    ownKind(KubeadmControlPlane),
    { resource: Machine, keys: (event) => machineKeys(deps, event) },
    { resource: Cluster, keys: (event) => (isRelevantCluster(event) ? keysOfCluster(deps, event.object) : []) },
    // Deleted by hand to be made anew, or brought by the user.
    { resource: Secret, keys: (event) => secretKeys(deps, event) },
    // Read for comparison; changes that matter are changes of the control plane itself.
    { ...ownedBy(KubeadmConfig, owner), keys: () => [] },
  ];
}

/** Control planes whose machines are cloned from a template. */
function keysOfTemplate(deps: ControlPlaneDeps, template: KubeObject): readonly ObjectKey[] {
  const { name, namespace } = template.metadata;
  return deps.objects
    .list(KubeadmControlPlane, { namespace })
    .filter(({ spec: { machineTemplate } }) => {
      const { infrastructureRef } = machineTemplate.spec;
      return infrastructureRef.kind === template.kind && infrastructureRef.name === name;
    })
    .map(keyOf);
}

/** Every Machine of the cluster counts while the control plane waits for workers to go. */
function machineKeys(deps: ControlPlaneDeps, event: ObjectEvent): readonly ObjectKey[] {
  const { labels, namespace = '' } = event.object.metadata;
  const name = labels?.[CLUSTER_NAME_LABEL];
  const key = name === undefined ? undefined : controlPlaneOf(deps, { namespace, name });
  if (key === undefined) return [];
  if (labels?.[CONTROL_PLANE_LABEL] !== undefined) return [key];
  const controlPlane = deps.objects.get(KubeadmControlPlane, key);
  return event.type === 'deleted' && controlPlane !== undefined && isBeingDeleted(controlPlane) ? [key] : [];
}

function isRelevantCluster(event: ObjectEvent): boolean {
  if (event.type !== 'modified' || event.previous === undefined) return event.type === 'added';
  return !equalJson(essenceOf(event.previous as Cluster), essenceOf(event.object as Cluster)); // the watch is of Clusters
}

function essenceOf(cluster: Cluster) {
  const { spec, status } = cluster;
  return [
    conditionOf(cluster, 'ControlPlaneInitialized')?.status,
    spec?.paused,
    spec?.controlPlaneEndpoint,
    spec?.controlPlaneRef,
    status?.failureDomains,
    status?.initialization?.infrastructureProvisioned,
  ];
}

function keysOfCluster(deps: ControlPlaneDeps, cluster: KubeObject): readonly ObjectKey[] {
  const { name, namespace = '' } = cluster.metadata;
  const key = controlPlaneOf(deps, { namespace, name });
  return key === undefined ? [] : [key];
}

function secretKeys(deps: ControlPlaneDeps, event: ObjectEvent): readonly ObjectKey[] {
  const { name, namespace = '' } = event.object.metadata;
  const clusterName = clusterOfSecret(name);
  const key = clusterName === undefined ? undefined : controlPlaneOf(deps, { namespace, name: clusterName });
  return key === undefined ? [] : [key];
}

/** The KubeadmControlPlane of a cluster, when it has one. */
function controlPlaneOf(deps: ControlPlaneDeps, cluster: ObjectKey): ObjectKey | undefined {
  const reference = deps.objects.get(Cluster, cluster)?.spec?.controlPlaneRef;
  if (reference?.kind !== KubeadmControlPlane.kind || reference.apiGroup !== KubeadmControlPlane.group)
    return undefined;
  return { namespace: cluster.namespace, name: reference.name };
}

const STATIC_POD = /^(?:etcd|kube-apiserver|kube-controller-manager|kube-scheduler)-/;

/** Of all that happens in a workload cluster: the connection, Nodes, static pods, kubeadm's ConfigMap. */
function isRelevantInWorkload(event: WorkloadEvent): boolean {
  if (event.type !== 'object') return true;
  const { kind, metadata } = event.object;
  if (kind === 'Node') return true;
  if (metadata.namespace !== 'kube-system') return false;
  return kind === 'Pod' ? STATIC_POD.test(metadata.name) : kind === 'ConfigMap' && metadata.name === 'kubeadm-config';
}
