import { Cluster } from '../../../api/kinds/cluster-api/cluster';
import { Machine } from '../../../api/kinds/cluster-api/machine';
import { MachineDeployment } from '../../../api/kinds/cluster-api/machine-deployment';
import { MachineSet } from '../../../api/kinds/cluster-api/machine-set';
import {
  CLUSTER_NAME_LABEL,
  DEPLOYMENT_NAME_LABEL,
  MACHINE_FINALIZER,
  NODE_MACHINE_ANNOTATION,
  SET_NAME_LABEL,
} from '../../../api/labels';
import {
  type Controller,
  done,
  type ObjectEvent,
  type Outcome,
  ownKind,
  soonest,
  type WorkloadEvent,
} from '../../../api/ports';
import { type ConditionReport, isTrue } from '../../../machinery/conditions';
import { textAt } from '../../../machinery/contract';
import { equalJson } from '../../../machinery/json';
import {
  isBeingDeleted,
  type KubeObject,
  keyOf,
  type ObjectKey,
  parseApiVersion,
} from '../../../machinery/kube-object';
import { labelValueOf } from '../../../machinery/label-values';
import { Draft } from '../../runtime/draft';
import { type PaceRules, Pacer } from '../../runtime/pacing';
import { pausedReport } from '../../runtime/paused';
import { Reason, Type } from '../conditions/reasons';
import type { ClusterApiDeps } from '../dependencies';
import { ExternalObjects } from '../references/external-objects';
import { type Phase, runPhases } from '../run-phases';
import { reconcileDelete } from './deletion';
import { claim, findControlPlane, reconcileBootstrap, reconcileInfrastructure, reconcileNode } from './phases';
import type { MachineScope } from './scope';
import { reportStatus } from './status';

/** Turns a Machine into a Node: bootstrap data, infrastructure, Node, and back again. */
export function machineController(deps: ClusterApiDeps): Controller {
  let enqueue: (key: ObjectKey) => void = () => undefined;
  const external = new ExternalObjects(deps.objects, 'machine', (event) => {
    for (const key of machinesOf(event)) enqueue(key);
  });
  const pacer = new Pacer(PACE);
  return {
    name: 'machine',
    watches: [
      ownKind(Machine),
      { resource: Cluster, keys: (event) => machinesToldByCluster(deps, event) },
      { resource: MachineSet, keys: (event) => machinesOfPool(deps, event) },
      { resource: MachineDeployment, keys: (event) => machinesOfPool(deps, event) },
    ],
    start(add) {
      enqueue = add;
      return deps.workloads.subscribe((event) => {
        for (const key of machinesOfWorkload(deps, event)) add(key);
      });
    },
    async reconcile(key) {
      const stored = deps.objects.get(Machine, key);
      if (stored === undefined) return done();
      const clusterKey = { namespace: key.namespace, name: stored.spec.clusterName };
      const cluster = deps.objects.get(Cluster, clusterKey);
      // Without its Cluster a Machine is not acted upon; the event of the Cluster's creation wakes it.
      if (cluster === undefined) return done();
      const draft = new Draft(Machine, stored, deps);
      const connection = deps.workloads.connection(clusterKey);
      return reconcileMachine({ deps, external, draft, pacer, cluster, clusterKey, connection, outcomes: [] });
    },
  };
}

/** MachineSets and control planes decide on these. */
const PACE: PaceRules = {
  soonMs: 200,
  urgentConditions: [
    Type.available,
    Type.ready,
    Type.upToDate,
    Type.bootstrapConfigReady,
    Type.infrastructureReady,
    Type.nodeReady,
    Type.nodeHealthy,
    Type.paused,
    Type.deleting,
  ],
  // A control plane waits for the hooks of its Machines.
  urgentReasons: [Type.deleting],
  informativeFields: ['lastUpdated', 'certificatesExpiryDate'],
};

async function reconcileMachine(scope: MachineScope): Promise<Outcome> {
  const { draft, cluster } = scope;
  const paused = pausedReport(cluster, draft.stored);
  if (paused.status === 'True') {
    await draft.save([paused], false);
    return done();
  }
  const deleting = isBeingDeleted(draft.stored);
  if (!deleting) {
    claim(scope);
    const { metadata } = draft.object;
    if (!metadata.finalizers?.includes(MACHINE_FINALIZER)) {
      metadata.finalizers = [...(metadata.finalizers ?? []), MACHINE_FINALIZER];
    }
    if (!equalJson(metadata, draft.stored.metadata)) await draft.saveMain();
  }
  const errors = await runPhases(scope, phasesOf(scope));
  if (deleting && errors.length === 0) {
    try {
      if (await reconcileDelete(scope)) {
        await reportCompletion(scope, paused);
        await draft.release(MACHINE_FINALIZER);
        return done();
      }
    } catch (error) {
      errors.push(error);
    }
  }
  // Status tells what is known even when a phase failed; the failure itself comes back by its retry.
  const saved = await draft.save(reportStatus(scope, paused), errors.length === 0, scope.pacer);
  if (errors.length > 0) throw errors[0];
  return soonest(saved, ...scope.outcomes);
}

/** Says that nothing of ours is left to do, where somebody else's finalizer keeps the Machine; else it just vanishes. */
async function reportCompletion(scope: MachineScope, paused: ConditionReport): Promise<void> {
  const isHeld = scope.draft.stored.metadata.finalizers?.some((finalizer) => finalizer !== MACHINE_FINALIZER) === true;
  if (!isHeld) return;
  scope.deleting = { reason: Reason.deletionCompleted, message: 'Deletion completed' };
  await scope.draft.save(reportStatus(scope, paused), true);
}

/** What a Machine does on every pass, whether it goes or stays. */
function phasesOf(scope: MachineScope): readonly Phase<MachineScope>[] {
  return [
    ...(isBeingDeleted(scope.draft.stored) ? [{ run: findControlPlane }] : []),
    {
      run: reconcileBootstrap,
      failed: (error) => {
        scope.bootstrapError = error;
      },
    },
    {
      run: reconcileInfrastructure,
      failed: (error) => {
        scope.infrastructureError = error;
      },
    },
    { run: reconcileNode },
  ];
}

/** InfraMachines and BootstrapConfigs: their Machine, by owner and (before it is the owner) by name. */
function machinesOf(event: ObjectEvent): ObjectKey[] {
  const { metadata } = event.object;
  const namespace = metadata.namespace ?? '';
  const owners = (metadata.ownerReferences ?? []).filter(
    (owner) => owner.kind === 'Machine' && parseApiVersion(owner.apiVersion).group === Machine.group,
  );
  const names = new Set([...owners.map((owner) => owner.name), metadata.name]);
  return [...names].map((name) => ({ namespace, name }));
}

/** Machines listen to few things of their Cluster: pause, deletion, and the flags of its initialization. */
function machinesToldByCluster(deps: ClusterApiDeps, event: ObjectEvent): ObjectKey[] {
  if (!isCluster(event.object)) return [];
  const before = event.previous !== undefined && isCluster(event.previous) ? event.previous : undefined;
  if (before !== undefined && equalJson(toldToMachines(before), toldToMachines(event.object))) return [];
  return machinesOfCluster(deps, keyOf(event.object)).map(keyOf);
}

function isCluster(object: KubeObject): object is Cluster {
  return object.kind === 'Cluster' && object['spec'] !== undefined;
}

function toldToMachines(cluster: Cluster): unknown {
  return [
    cluster.spec.paused === true,
    isBeingDeleted(cluster),
    cluster.status?.initialization?.infrastructureProvisioned === true,
    isTrue(cluster, Type.controlPlaneInitialized),
  ];
}

/** Machines of a MachineSet or MachineDeployment: whether they are up to date depends on its spec and revision. */
function machinesOfPool(deps: ClusterApiDeps, event: ObjectEvent): ObjectKey[] {
  const { object, previous } = event;
  if (previous !== undefined && previous.metadata.generation === object.metadata.generation) {
    if (equalJson(previous.metadata.annotations, object.metadata.annotations)) return [];
  }
  const label = object.kind === 'MachineSet' ? SET_NAME_LABEL : DEPLOYMENT_NAME_LABEL;
  const machines = deps.objects.list(Machine, {
    namespace: object.metadata.namespace,
    selector: { matchLabels: { [label]: labelValueOf(object.metadata.name) } },
  });
  return machines.map(keyOf);
}

function machinesOfCluster(deps: ClusterApiDeps, cluster: ObjectKey): readonly Machine[] {
  const selector = { matchLabels: { [CLUSTER_NAME_LABEL]: cluster.name } };
  return deps.objects.list(Machine, { namespace: cluster.namespace, selector });
}

function machinesOfWorkload(deps: ClusterApiDeps, event: WorkloadEvent): ObjectKey[] {
  if (event.type !== 'object') return machinesOfCluster(deps, event.cluster).map(keyOf);
  if (event.object.kind !== 'Node') return [];
  const known = event.object.metadata.annotations?.[NODE_MACHINE_ANNOTATION];
  if (known !== undefined) return [{ namespace: event.cluster.namespace, name: known }];
  const providerId = textAt(event.object, 'spec', 'providerID');
  if (providerId === undefined) return [];
  return machinesOfCluster(deps, event.cluster)
    .filter((machine) => machine.spec.providerID === providerId)
    .map(keyOf);
}
