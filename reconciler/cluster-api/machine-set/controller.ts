import { Cluster, Machine, MachineSet } from '../../../api/kinds';
import {
  CLUSTER_NAME_LABEL,
  DISABLE_MACHINE_CREATE_ANNOTATION,
  MACHINE_SET_FINALIZER,
  SKIP_PREFLIGHT_CHECKS_ANNOTATION,
  TOPOLOGY_OWNED_LABEL,
} from '../../../api/labels';
import { type Controller, done, type ObjectEvent, type Outcome, ownedBy, ownKind } from '../../../api/ports';
import { textAt, viewControlPlane } from '../../../machinery/contract';
import { equalJson } from '../../../machinery/json';
import {
  controllerOf,
  describeObject,
  isBeingDeleted,
  type KubeObject,
  keyOf,
  type ObjectKey,
  parseApiVersion,
} from '../../../machinery/kube-object';
import { ownerReference, withOwner } from '../../../machinery/owner-references';
import { matchesSelector } from '../../../machinery/selectors';
import { Draft } from '../../runtime/draft';
import { type PaceRules, Pacer } from '../../runtime/pacing';
import { pausedReport } from '../../runtime/paused';
import { Type } from '../conditions/reasons';
import type { ClusterApiDeps } from '../dependencies';
import { ExternalObjects } from '../references/external-objects';
import { claimTemplates, templateReferences } from '../references/templates';
import { selectorOf } from '../selector';
import { machineLabels } from './intents';
import {
  collectMachines,
  createMachines,
  deleteMachine,
  deleteMachines,
  refreshMachines,
  removeAbandonedParts,
  syncMachines,
} from './machines';
import { preflightFailures } from './preflight';
import { remediateMachines } from './remediate';
import type { MachineSetScope } from './scope';
import { reportStatus } from './status';

/** Keeps a number of equal machines. */
export function machineSetController(deps: ClusterApiDeps): Controller {
  let enqueue: (key: ObjectKey) => void = () => undefined;
  const external = new ExternalObjects(deps.objects, 'machineset', (event) => {
    for (const key of setsToldBy(deps, event)) enqueue(key);
  });
  const pacer = new Pacer(PACE);
  return {
    name: 'machineset',
    watches: [
      ownKind(MachineSet),
      ownedBy(Machine, { group: MachineSet.group, kind: MachineSet.kind }),
      { resource: Machine, keys: (event) => setsMatchingOrphan(deps, event) },
      { resource: Cluster, keys: (event) => setsOfCluster(deps, event) },
    ],
    start(add) {
      enqueue = add;
      return () => undefined;
    },
    async reconcile(key) {
      const stored = deps.objects.get(MachineSet, key);
      if (stored === undefined) return done();
      const { namespace } = key;
      const cluster = deps.objects.get(Cluster, { namespace, name: stored.spec.clusterName });
      // Without its Cluster a MachineSet is not acted upon; the event of the Cluster's creation wakes it.
      if (cluster === undefined) return done();
      const draft = new Draft(MachineSet, stored, deps);
      const wanted = MachineSet.withDefaults(stored);
      return reconcileSet({ deps, external, draft, pacer, wanted, cluster, namespace, machines: [], blocked: [] });
    },
  };
}

/** A MachineDeployment decides on the counters; they are not among these fields. */
const PACE: PaceRules = { urgentConditions: [Type.paused], informativeFields: ['versions', 'upToDateReplicas'] };

async function reconcileSet(scope: MachineSetScope): Promise<Outcome> {
  const { draft, wanted, cluster } = scope;
  const paused = pausedReport(cluster, draft.stored);
  if (paused.status === 'True') {
    await draft.save([paused], false);
    return done();
  }
  const deleting = isBeingDeleted(wanted);
  let failure: unknown;
  try {
    if (!deleting) await claim(scope);
    await collectMachines(scope);
    if (deleting) {
      for (const machine of scope.machines) if (!isBeingDeleted(machine)) await deleteMachine(scope, machine);
      refreshMachines(scope);
      if (scope.machines.length === 0) {
        await draft.release(MACHINE_SET_FINALIZER);
        return done();
      }
    } else {
      await claimTemplates({ objects: scope.deps.objects, external: scope.external }, cluster, templatesOf(wanted));
      await remediateMachines(scope, () => preflight(scope));
      await syncMachines(scope);
      await removeAbandonedParts(scope);
      // The look for what was abandoned may have found a Machine whose creation was never answered.
      refreshMachines(scope);
      await syncReplicas(scope);
      refreshMachines(scope);
    }
  } catch (error) {
    failure = error;
  }
  const saved = await draft.save(reportStatus(scope, paused), failure === undefined, scope.pacer);
  if (failure !== undefined) throw failure;
  return saved;
}

function templatesOf(set: MachineSet) {
  return templateReferences(set.spec.template.spec);
}

/** Finalizer, label and, for a set on its own, the owner: in one write, before the first machine. */
async function claim(scope: MachineSetScope): Promise<void> {
  const { draft, wanted, cluster } = scope;
  const { metadata } = draft.object;
  metadata.labels = { ...metadata.labels, [CLUSTER_NAME_LABEL]: wanted.spec.clusterName };
  if (controllerOf(wanted)?.kind !== 'MachineDeployment') {
    metadata.ownerReferences = withOwner(metadata.ownerReferences, ownerReference(cluster));
  }
  if (!metadata.finalizers?.includes(MACHINE_SET_FINALIZER)) {
    metadata.finalizers = [...(metadata.finalizers ?? []), MACHINE_SET_FINALIZER];
  }
  if (!equalJson(metadata, draft.stored.metadata)) await draft.saveMain();
}

async function syncReplicas(scope: MachineSetScope): Promise<void> {
  const { wanted, machines } = scope;
  const missing = (wanted.spec.replicas ?? 1) - machines.length;
  if (missing < 0) {
    await deleteMachines(scope, -missing);
    return;
  }
  if (missing === 0) return;
  if (wanted.metadata.annotations?.[DISABLE_MACHINE_CREATE_ANNOTATION] === 'true') return;
  scope.blocked = [...unselected(wanted), ...(await missingTemplates(scope)), ...(await preflight(scope))];
  if (scope.blocked.length > 0) return;
  await createMachines(scope, missing);
}

/** Machines that the set does not see would be made without end. */
function unselected(set: MachineSet): string[] {
  if (matchesSelector(selectorOf(set.spec.selector), machineLabels(set))) return [];
  return ['spec.selector does not match the labels of spec.template'];
}

async function missingTemplates({ wanted, external, namespace }: MachineSetScope): Promise<string[]> {
  const missing: string[] = [];
  for (const reference of templatesOf(wanted)) {
    const { object } = await external.find(reference, namespace);
    if (object === undefined) missing.push(`${reference.kind} ${namespace}/${reference.name} does not exist`);
  }
  return missing;
}

/** Events of the control plane repeat what failed here; nothing has to be tried again by time. */
async function preflight(scope: MachineSetScope): Promise<string[]> {
  const { cluster, wanted, external, namespace } = scope;
  const reference = cluster.spec.controlPlaneRef;
  if (reference === undefined) return [];
  const controlPlane = await external.find(reference, namespace);
  if (controlPlane.object === undefined) return [`${reference.kind} ${namespace}/${reference.name} does not exist`];
  const { bootstrap, version } = wanted.spec.template.spec;
  const annotated = wanted.metadata.annotations?.[SKIP_PREFLIGHT_CHECKS_ANNOTATION];
  const template = bootstrap.configRef === undefined ? undefined : await external.find(bootstrap.configRef, namespace);
  return preflightFailures({
    controlPlaneName: describeObject(controlPlane.object),
    controlPlane: viewControlPlane(controlPlane.object, controlPlane.contract),
    version,
    kubeadm: bootstrap.configRef?.kind === 'KubeadmConfigTemplate',
    topologyManaged: wanted.metadata.labels?.[TOPOLOGY_OWNED_LABEL] !== undefined,
    skip: annotated ?? template?.object?.metadata.annotations?.[SKIP_PREFLIGHT_CHECKS_ANNOTATION],
  });
}

/**
 * Control planes decide on preflight; templates that appear late are what a set waits for; a part that appears may come
 * from an attempt that was given up.
 */
function setsToldBy(deps: ClusterApiDeps, event: ObjectEvent): ObjectKey[] {
  const { object, previous } = event;
  const namespace = object.metadata.namespace ?? '';
  if (object.kind.endsWith('Template')) {
    if (event.type !== 'added') return [];
    return deps.objects
      .list(MachineSet, { namespace })
      .filter((set) =>
        templatesOf(set).some((reference) => reference.kind === object.kind && reference.name === object.metadata.name),
      )
      .map(keyOf);
  }
  // A control plane that appears may have neither label nor version yet, or never.
  if (event.type === 'added') return [...makersOf(object), ...setsWithControlPlane(deps, object)];
  // InfraMachines and BootstrapConfigs are watched to be read; their Machines tell what they mean.
  const cluster = object.metadata.labels?.[CLUSTER_NAME_LABEL];
  if (cluster === undefined || textAt(object, 'spec', 'version') === undefined) return [];
  if (previous !== undefined && equalJson(preflightPart(previous), preflightPart(object))) return [];
  return deps.objects
    .list(MachineSet, { namespace })
    .filter((set) => set.spec.clusterName === cluster)
    .map(keyOf);
}

/** The sets that made a part, until its Machine owns it. */
function makersOf({ metadata }: KubeObject): ObjectKey[] {
  return (metadata.ownerReferences ?? [])
    .filter((owner) => owner.kind === MachineSet.kind && parseApiVersion(owner.apiVersion).group === MachineSet.group)
    .map((owner) => ({ namespace: metadata.namespace ?? '', name: owner.name }));
}

function setsWithControlPlane(deps: ClusterApiDeps, { kind, metadata }: KubeObject): ObjectKey[] {
  const namespace = metadata.namespace ?? '';
  const clusters = deps.objects
    .list(Cluster, { namespace })
    .filter(({ spec }) => spec.controlPlaneRef?.kind === kind && spec.controlPlaneRef.name === metadata.name)
    .map((cluster) => cluster.metadata.name);
  if (clusters.length === 0) return [];
  const sets = deps.objects.list(MachineSet, { namespace });
  return sets.filter((set) => clusters.includes(set.spec.clusterName)).map(keyOf);
}

function preflightPart(object: KubeObject): unknown {
  const { version, versions } = viewControlPlane(object, 'v1beta2');
  return { version, versions };
}

function setsMatchingOrphan(deps: ClusterApiDeps, { object }: ObjectEvent): ObjectKey[] {
  if (controllerOf(object) !== undefined || isBeingDeleted(object)) return [];
  const namespace = object.metadata.namespace ?? '';
  const cluster = object.metadata.labels?.[CLUSTER_NAME_LABEL];
  return deps.objects
    .list(MachineSet, { namespace })
    .filter((set) => set.spec.clusterName === cluster)
    .map(keyOf);
}

/** Sets of a Cluster that appears, or is unpaused, or gets another control plane. */
function setsOfCluster(deps: ClusterApiDeps, { object, previous }: ObjectEvent): ObjectKey[] {
  if (previous !== undefined && equalJson(previous.spec, object.spec)) return [];
  return deps.objects
    .list(MachineSet, { namespace: object.metadata.namespace ?? '' })
    .filter((set) => set.spec.clusterName === object.metadata.name)
    .map(keyOf);
}
