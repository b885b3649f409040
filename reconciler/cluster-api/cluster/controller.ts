import { Cluster } from '../../../api/kinds/cluster-api/cluster';
import { Machine } from '../../../api/kinds/cluster-api/machine';
import { MachineDeployment } from '../../../api/kinds/cluster-api/machine-deployment';
import { MachineSet } from '../../../api/kinds/cluster-api/machine-set';
import { CLUSTER_FINALIZER, CLUSTER_NAME_LABEL } from '../../../api/labels';
import {
  type Controller,
  done,
  type ObjectEvent,
  type Outcome,
  ownKind,
  soonest,
  type TypedResource,
} from '../../../api/ports';
import { textAt } from '../../../machinery/contract';
import { equalJson } from '../../../machinery/json';
import { isBeingDeleted, type KubeObject, keyOf, type ObjectKey } from '../../../machinery/kube-object';
import { Draft } from '../../runtime/draft';
import { type PaceRules, Pacer } from '../../runtime/pacing';
import { pausedReport } from '../../runtime/paused';
import { Type } from '../conditions/reasons';
import type { ClusterApiDeps } from '../dependencies';
import { ExternalObjects } from '../references/external-objects';
import { type Phase, runPhases } from '../run-phases';
import { reconcileDelete } from './deletion';
import { descendantsOf } from './descendants';
import { reconcileKubeconfig } from './kubeconfig';
import { reconcileControlPlane, reconcileInfrastructure } from './phases';
import type { ClusterScope } from './scope';
import { announcePhase, reportStatus } from './status';

/** Connects a Cluster with its infrastructure and control plane, and tells how all below it are. */
export function clusterController(deps: ClusterApiDeps): Controller {
  let enqueue: (key: ObjectKey) => void = () => undefined;
  const external = new ExternalObjects(deps.objects, 'cluster', (event) => {
    for (const key of clustersReferringTo(deps, event)) enqueue(key);
  });
  const pacer = new Pacer(PACE);
  const firstPacer = new Pacer(FIRST_PACE);
  return {
    name: 'cluster',
    watches: [ownKind(Cluster), below(MachineDeployment), below(MachineSet), below(Machine)],
    start(add) {
      enqueue = add;
      return deps.workloads.subscribe((event) => {
        if (event.type !== 'object') add(event.cluster);
      });
    },
    async reconcile(key) {
      const stored = deps.objects.get(Cluster, key);
      if (stored === undefined) return done();
      const draft = new Draft(Cluster, stored, deps);
      const descendants = descendantsOf(deps.objects, key);
      const pace = stored.status === undefined ? firstPacer : pacer;
      return reconcileCluster({ deps, external, draft, pacer: pace, descendants, outcomes: [] });
    },
  };
}

/** Providers, bootstrap and machines wait for these; the rest informs. */
const PACE: PaceRules = {
  // A Cluster counts what is counted below it.
  soonMs: 1000,
  urgentConditions: [
    Type.available,
    Type.controlPlaneInitialized,
    Type.infrastructureReady,
    Type.paused,
    Type.deleting,
  ],
  informativeFields: ['controlPlane', 'workers'],
};

/** The first status says that nothing is there yet; what the user creates together with the Cluster joins it. */
const FIRST_PACE: PaceRules = {
  ...PACE,
  urgentConditions: [],
  informativeFields: [...PACE.informativeFields, 'phase'],
};

async function reconcileCluster(scope: ClusterScope): Promise<Outcome> {
  const { draft } = scope;
  const paused = pausedReport(draft.stored, draft.stored);
  if (paused.status === 'True') {
    await draft.save([paused], false);
    return done();
  }
  const deleting = isBeingDeleted(draft.stored);
  const { metadata } = draft.object;
  if (!deleting && !metadata.finalizers?.includes(CLUSTER_FINALIZER)) {
    metadata.finalizers = [...(metadata.finalizers ?? []), CLUSTER_FINALIZER];
    await draft.saveMain();
  }
  const errors = await runPhases(scope, phasesOf(scope));
  if (deleting) {
    try {
      if (await reconcileDelete(scope)) {
        const name = draft.stored.metadata.name;
        scope.deps.events.event(draft.stored, 'Normal', 'Deleted', `Cluster ${name} has been deleted`);
        await draft.release(CLUSTER_FINALIZER);
        return done();
      }
    } catch (error) {
      errors.push(error);
    }
  }
  // Status tells what is known even when a phase failed; the failure itself comes back by its retry.
  const phaseBefore = draft.stored.status?.phase;
  const saved = await draft.save(reportStatus(scope, paused), errors.length === 0, scope.pacer);
  announcePhase(scope, phaseBefore);
  if (errors.length > 0) throw errors[0];
  return soonest(saved, ...scope.outcomes);
}

/** What a Cluster does on every pass, whether it goes or stays. */
function phasesOf(scope: ClusterScope): readonly Phase<ClusterScope>[] {
  return [
    {
      run: reconcileInfrastructure,
      failed: (error) => {
        scope.infrastructureError = error;
      },
    },
    {
      run: reconcileControlPlane,
      failed: (error) => {
        scope.controlPlaneError = error;
      },
    },
    ...(isBeingDeleted(scope.draft.stored) ? [] : [{ run: reconcileKubeconfig }]),
  ];
}

/** Machines and pools: their Cluster, by name. */
function below(resource: TypedResource): Controller['watches'][number] {
  return {
    resource,
    keys: (event) => {
      const name = textAt(event.object, 'spec', 'clusterName');
      if (name === undefined || !concernsCluster(event)) return [];
      return [{ namespace: event.object.metadata.namespace ?? '', name }];
    },
  };
}

/** A Cluster shows conditions, counters and the existence of what is below it, and nothing of the rest. */
function concernsCluster(event: ObjectEvent): boolean {
  if (event.type !== 'modified' || event.previous === undefined) return true;
  const shown = ({ metadata, spec, status }: KubeObject) => [
    metadata.labels,
    metadata.deletionTimestamp,
    metadata.ownerReferences,
    spec,
    status,
  ];
  return !equalJson(shown(event.previous), shown(event.object));
}

/** InfraClusters and control planes: their Clusters, by owner, label and reference. */
function clustersReferringTo(deps: ClusterApiDeps, event: ObjectEvent): ObjectKey[] {
  const { kind, metadata } = event.object;
  const namespace = metadata.namespace ?? '';
  const labelled = metadata.labels?.[CLUSTER_NAME_LABEL];
  if (labelled !== undefined) return [{ namespace, name: labelled }];
  const refersToIt = (reference: { kind: string; name: string } | undefined) =>
    reference?.kind === kind && reference.name === metadata.name;
  return deps.objects
    .list(Cluster, { namespace })
    .filter(({ spec }) => refersToIt(spec.infrastructureRef) || refersToIt(spec.controlPlaneRef))
    .map(keyOf);
}
