import { Machine, MachineSet } from '../../../api/kinds';
import { DEFAULT_MAX_SURGE, DEFAULT_MAX_UNAVAILABLE } from '../../../api/kinds/cluster-api/machine-deployment';
import { DEPLOYMENT_NAME_LABEL, MACHINE_DEPLOYMENT_FIELD_MANAGER, REVISION_ANNOTATION } from '../../../api/labels';
import { requeueAfter } from '../../../api/ports';
import { isTrue } from '../../../machinery/conditions';
import { resolveIntOrPercent } from '../../../machinery/int-or-percent';
import { controllerOf, isBeingDeleted, type KubeObject } from '../../../machinery/kube-object';
import { labelValueOf } from '../../../machinery/label-values';
import { controllerReference, withOwner } from '../../../machinery/owner-references';
import { nameSuffix } from '../../../machinery/random';
import { matchesSelector } from '../../../machinery/selectors';
import { Type } from '../conditions/reasons';
import { selectorOf } from '../selector';
import { isRolloutAfterExpired } from '../template-equality';
import {
  currentRevision,
  currentSet,
  hashOf,
  newSet,
  revisionOf,
  type SetPlan,
  syncedSet,
  templateHash,
} from './machine-sets';
import {
  planOnDelete,
  planPaused,
  planRollingUpdate,
  type RolloutState,
  type ScalePlan,
  type SetScale,
} from './rolling-update';
import type { DeploymentScope } from './scope';

const EPOCH = new Date(0).toISOString();
/** How soon the clock of an API server that is behind ours is asked again. */
const SERVER_CLOCK_RETRY_MS = 1000;

/** The sets of a deployment: those it controls, and those that match and that nobody controls. */
export async function collectSets(scope: DeploymentScope): Promise<void> {
  const { deps, wanted, namespace } = scope;
  const mine: MachineSet[] = [];
  for (const set of deps.objects.list(MachineSet, { namespace, selector: selectorOf(wanted.spec.selector) })) {
    const controller = controllerOf(set);
    if (controller?.uid === wanted.metadata.uid) mine.push(set);
    else if (controller === undefined && !isBeingDeleted(set) && !isBeingDeleted(wanted)) {
      const ownerReferences = withOwner(set.metadata.ownerReferences, controllerReference(wanted));
      const adopted = { ...set, metadata: { ...set.metadata, ownerReferences } };
      mine.push(await deps.objects.patch(MachineSet, set, adopted));
    }
  }
  scope.sets = mine;
  scope.machines = deps.objects.list(Machine, {
    namespace,
    selector: { matchLabels: { [DEPLOYMENT_NAME_LABEL]: labelValueOf(wanted.metadata.name) } },
  });
}

interface Bounds {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** `maxSurge` rounds up, `maxUnavailable` down; both 0 could never replace anything. */
export function boundsOf(scope: DeploymentScope): Bounds {
  const { replicas = 1, rollout } = scope.wanted.spec;
  const rolling = rollout?.strategy?.rollingUpdate;
  if (rollout?.strategy?.type === 'OnDelete') return { maxSurge: 0, maxUnavailable: 0 };
  const maxSurge = resolveIntOrPercent(rolling?.maxSurge ?? DEFAULT_MAX_SURGE, replicas, 'up');
  const maxUnavailable = resolveIntOrPercent(rolling?.maxUnavailable ?? DEFAULT_MAX_UNAVAILABLE, replicas, 'down');
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable };
}

/** Brings the MachineSets one step nearer to the template: creates, scales and syncs them. */
export async function rollOut(scope: DeploymentScope): Promise<void> {
  const { deps, wanted } = scope;
  const current = currentSet(wanted, scope.sets, deps.clock.now());
  scope.current = current;
  const rolloutPaused = wanted.spec.paused === true;
  const active = scope.sets.filter((set) => !isBeingDeleted(set));
  if (current === undefined && !rolloutPaused) {
    await createSet(scope);
    return;
  }
  const first = current ?? [...active].sort((a, b) => revisionOf(b) - revisionOf(a))[0];
  if (first === undefined) return;
  const old = scope.sets.filter((set) => set !== first);
  const plan = planFor(scope, scaleOf(scope, first), old.map(scaleOfOld(scope)), rolloutPaused);
  for (const set of active) await syncSet(scope, set, plan.get(set.metadata.name) ?? set.spec.replicas ?? 0);
  if (current !== undefined) noteRevision(scope, currentRevision(current, scope.sets));
  await removeOldSets(scope);
}

function planFor(scope: DeploymentScope, current: SetScale, old: readonly SetScale[], paused: boolean): ScalePlan {
  const state: RolloutState = { replicas: scope.wanted.spec.replicas ?? 1, ...boundsOf(scope), current, old };
  if (paused) return planPaused(state);
  return scope.wanted.spec.rollout?.strategy?.type === 'OnDelete' ? planOnDelete(state) : planRollingUpdate(state);
}

/**
 * One that is being deleted wants no machines any more, but those it still has hold quota and addresses. What serves is
 * known from the machines: a set counts them only after it has acted, and not at all while it is paused.
 */
function scaleOfOld(scope: DeploymentScope): (set: MachineSet) => SetScale {
  return (set) => {
    const available = machinesOf(scope, set).filter((machine) => isTrue(machine, Type.available)).length;
    const scale = { ...scaleOf(scope, set), available };
    return isBeingDeleted(set) ? { ...scale, desired: 0 } : scale;
  };
}

function scaleOf(scope: DeploymentScope, set: MachineSet): SetScale {
  return {
    name: set.metadata.name,
    createdAt: set.metadata.creationTimestamp ?? '',
    desired: set.spec.replicas ?? 0,
    existing: Math.max(set.status?.replicas ?? 0, machinesOf(scope, set).length),
    available: set.status?.availableReplicas ?? 0,
  };
}

/** By owner: machines of a set that was adopted carry the deployment's label only later. */
function machinesOf({ deps, namespace }: DeploymentScope, set: MachineSet): readonly Machine[] {
  return deps.objects.list(Machine, { namespace, ownerUid: set.metadata.uid });
}

async function createSet(scope: DeploymentScope): Promise<void> {
  const { deps, wanted, draft } = scope;
  const suffix = nameSuffix(deps.random);
  const name = `${wanted.metadata.name.slice(0, 57)}-${suffix}`;
  const unborn: SetScale = { name, createdAt: draft.now, desired: 0, existing: 0, available: 0 };
  const replicas = planFor(scope, unborn, scope.sets.map(scaleOfOld(scope)), false).get(name) ?? 0;
  const revision = currentRevision(undefined, scope.sets);
  const plan: SetPlan = {
    name,
    hash: templateHash(wanted.spec.template.spec, suffix),
    replicas,
    maxReplicas: maxReplicas(scope),
    revision,
    disableCreate: false,
  };
  const intent = newSet(wanted, plan);
  // Sets that the deployment does not see would be made without end.
  if (!matchesSelector(selectorOf(wanted.spec.selector), intent.metadata.labels)) {
    scope.blocked = ['spec.selector does not match the labels of spec.template'];
    return;
  }
  if (await wouldBeTooOld(scope, intent)) {
    scope.outcomes.push(requeueAfter(SERVER_CLOCK_RETRY_MS));
    return;
  }
  const created = await deps.objects.apply(MachineSet, intent, MACHINE_DEPLOYMENT_FIELD_MANAGER);
  const message = `Created MachineSet ${scope.namespace}/${name} with ${replicas} replicas`;
  deps.events.event(draft.stored, 'Normal', 'SuccessfulCreate', message);
  scope.sets = [...scope.sets, created];
  scope.current = created;
  noteRevision(scope, revision);
}

/**
 * Whether `rollout.after` has not come by the clock of the API server, which says when the set is made: one made now
 * would be too old at once, and so would be all that follow.
 */
async function wouldBeTooOld({ deps, wanted }: DeploymentScope, intent: KubeObject): Promise<boolean> {
  const after = wanted.spec.rollout?.after;
  const now = deps.clock.now();
  if (after === undefined || !isRolloutAfterExpired(after, EPOCH, now)) return false;
  const { metadata } = await deps.objects.create<KubeObject>(MachineSet, intent, { dryRun: true });
  return isRolloutAfterExpired(after, metadata.creationTimestamp ?? EPOCH, now);
}

function maxReplicas(scope: DeploymentScope): number {
  return (scope.wanted.spec.replicas ?? 1) + boundsOf(scope).maxSurge;
}

/** One apply says both how many machines a set has and what changes in place; nothing new, nothing is sent. */
async function syncSet(scope: DeploymentScope, set: MachineSet, replicas: number): Promise<void> {
  const { deps, wanted, draft } = scope;
  const isCurrent = set === scope.current;
  const plan: SetPlan = {
    name: set.metadata.name,
    hash: hashOf(set),
    replicas,
    maxReplicas: maxReplicas(scope),
    revision: isCurrent ? currentRevision(set, scope.sets) : revisionOf(set),
    disableCreate: !isCurrent && wanted.spec.rollout?.strategy?.type === 'OnDelete',
  };
  const before = set.spec.replicas ?? 0;
  const applied = await deps.objects.apply(MachineSet, syncedSet(wanted, set, plan), MACHINE_DEPLOYMENT_FIELD_MANAGER);
  scope.sets = scope.sets.map((other) => (other === set ? applied : other));
  if (isCurrent) scope.current = applied;
  if (before === replicas) return;
  const direction = replicas > before ? 'up' : 'down';
  const message = `Scaled ${direction} MachineSet ${set.metadata.name}: ${before} -> ${replicas}`;
  deps.events.event(draft.stored, 'Normal', 'SuccessfulScale', message);
}

function noteRevision(scope: DeploymentScope, revision: number): void {
  const { metadata } = scope.draft.object;
  metadata.annotations = { ...metadata.annotations, [REVISION_ANNOTATION]: String(revision) };
}

/** When all machines are of today's template, sets that are empty for good are deleted. */
async function removeOldSets(scope: DeploymentScope): Promise<void> {
  const { deps, wanted, current, draft } = scope;
  const replicas = wanted.spec.replicas ?? 1;
  const complete =
    current !== undefined &&
    current.spec.replicas === replicas &&
    (current.status?.replicas ?? 0) === replicas &&
    (current.status?.availableReplicas ?? 0) === replicas;
  if (!complete) return;
  for (const set of scope.sets) {
    if (set === current || isBeingDeleted(set)) continue;
    if ((set.spec.replicas ?? 0) > 0 || (set.status?.replicas ?? 0) > 0) continue;
    // What has not been looked at since its last change may still have machines.
    if (set.status?.observedGeneration !== set.metadata.generation) continue;
    await deps.objects.delete(MachineSet, set);
    deps.events.event(draft.stored, 'Normal', 'SuccessfulDelete', `Deleted MachineSet "${set.metadata.name}"`);
  }
}
