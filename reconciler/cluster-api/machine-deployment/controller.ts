import { Cluster, Machine, MachineDeployment, MachineSet } from '../../../api/kinds';
import { CLUSTER_NAME_LABEL, DEPLOYMENT_NAME_LABEL, MACHINE_DEPLOYMENT_FINALIZER } from '../../../api/labels';
import { type Controller, done, type ObjectEvent, type Outcome, ownedBy, ownKind, soonest } from '../../../api/ports';
import { equalJson } from '../../../machinery/json';
import { controllerOf, isBeingDeleted, keyOf, type ObjectKey } from '../../../machinery/kube-object';
import { labelValueOf } from '../../../machinery/label-values';
import { ownerReference, withOwner } from '../../../machinery/owner-references';
import { Draft } from '../../runtime/draft';
import { type PaceRules, Pacer } from '../../runtime/pacing';
import { pausedReport } from '../../runtime/paused';
import { Type } from '../conditions/reasons';
import type { ClusterApiDeps } from '../dependencies';
import { ExternalObjects } from '../references/external-objects';
import { claimTemplates, templateReferences } from '../references/templates';
import { untilRollout } from '../template-equality';
import { collectSets, rollOut } from './rollout';
import type { DeploymentScope } from './scope';
import { reportStatus } from './status';

/** Replaces machines step by step when their template changes. */
export function machineDeploymentController(deps: ClusterApiDeps): Controller {
  const external = new ExternalObjects(deps.objects, 'machinedeployment', () => undefined);
  const pacer = new Pacer(PACE);
  return {
    name: 'machinedeployment',
    watches: [
      ownKind(MachineDeployment),
      ownedBy(MachineSet, { group: MachineDeployment.group, kind: MachineDeployment.kind }),
      { resource: MachineSet, keys: (event) => deploymentsMatchingOrphan(deps, event) },
      { resource: Machine, keys: (event) => deploymentsOfMachine(deps, event) },
      { resource: Cluster, keys: (event) => deploymentsOfCluster(deps, event) },
    ],
    async reconcile(key) {
      const stored = deps.objects.get(MachineDeployment, key);
      if (stored === undefined) return done();
      const { namespace } = key;
      const cluster = deps.objects.get(Cluster, { namespace, name: stored.spec.clusterName });
      // Without its Cluster nothing is acted upon; the event of the Cluster's creation wakes it.
      if (cluster === undefined) return done();
      const draft = new Draft(MachineDeployment, stored, deps);
      const wanted = MachineDeployment.withDefaults(stored);
      const found = { sets: [], machines: [], blocked: [], outcomes: [] };
      return reconcileDeployment({ deps, external, draft, pacer, wanted, cluster, namespace, ...found });
    },
  };
}

/** Nothing is decided on the status of a MachineDeployment; people and Clusters read it. */
const PACE: PaceRules = {
  urgentConditions: [Type.available, Type.paused],
  informativeFields: [
    'replicas',
    'readyReplicas',
    'availableReplicas',
    'upToDateReplicas',
    'versions',
    'phase',
    'selector',
  ],
};

async function reconcileDeployment(scope: DeploymentScope): Promise<Outcome> {
  const { deps, draft, wanted, cluster } = scope;
  const paused = pausedReport(cluster, draft.stored);
  if (paused.status === 'True') {
    await draft.save([paused], false);
    return done();
  }
  const deleting = isBeingDeleted(wanted);
  let failure: unknown;
  try {
    if (!deleting) await claim(scope);
    await collectSets(scope);
    if (deleting) {
      for (const set of scope.sets) if (!isBeingDeleted(set)) await deps.objects.delete(MachineSet, set);
      await collectSets(scope);
      if (scope.sets.length === 0) {
        await draft.release(MACHINE_DEPLOYMENT_FINALIZER);
        return done();
      }
    } else {
      const references = templateReferences(wanted.spec.template.spec);
      await claimTemplates({ objects: deps.objects, external: scope.external }, cluster, references);
      await rollOut(scope);
    }
  } catch (error) {
    failure = error;
  }
  const saved = await draft.save(reportStatus(scope, paused), failure === undefined, scope.pacer);
  if (failure !== undefined) throw failure;
  return soonest(saved, untilRollout(wanted.spec.rollout?.after, deps.clock.now()), ...scope.outcomes);
}

/** Finalizer, label and owner in one write, before the first MachineSet. */
async function claim(scope: DeploymentScope): Promise<void> {
  const { draft, wanted, cluster } = scope;
  const { metadata } = draft.object;
  metadata.labels = { ...metadata.labels, [CLUSTER_NAME_LABEL]: wanted.spec.clusterName };
  metadata.ownerReferences = withOwner(metadata.ownerReferences, ownerReference(cluster));
  if (!metadata.finalizers?.includes(MACHINE_DEPLOYMENT_FINALIZER)) {
    metadata.finalizers = [...(metadata.finalizers ?? []), MACHINE_DEPLOYMENT_FINALIZER];
  }
  if (!equalJson(metadata, draft.stored.metadata)) await draft.saveMain();
}

function deploymentsMatchingOrphan(deps: ClusterApiDeps, { object }: ObjectEvent): ObjectKey[] {
  if (controllerOf(object) !== undefined || isBeingDeleted(object)) return [];
  const cluster = object.metadata.labels?.[CLUSTER_NAME_LABEL];
  return deps.objects
    .list(MachineDeployment, { namespace: object.metadata.namespace ?? '' })
    .filter((deployment) => deployment.spec.clusterName === cluster)
    .map(keyOf);
}

/** Machines tell a deployment how its rollout goes: conditions and existence. */
function deploymentsOfMachine(deps: ClusterApiDeps, { object }: ObjectEvent): ObjectKey[] {
  const label = object.metadata.labels?.[DEPLOYMENT_NAME_LABEL];
  if (label === undefined) return [];
  const namespace = object.metadata.namespace ?? '';
  if (!label.startsWith('hash_')) return [{ namespace, name: label }];
  return deps.objects
    .list(MachineDeployment, { namespace })
    .filter((deployment) => labelValueOf(deployment.metadata.name) === label)
    .map(keyOf);
}

/** Deployments of a Cluster that appears or is unpaused. */
function deploymentsOfCluster(deps: ClusterApiDeps, { object, previous }: ObjectEvent): ObjectKey[] {
  if (previous !== undefined && equalJson(previous.spec, object.spec)) return [];
  return deps.objects
    .list(MachineDeployment, { namespace: object.metadata.namespace ?? '' })
    .filter((deployment) => deployment.spec.clusterName === object.metadata.name)
    .map(keyOf);
}
