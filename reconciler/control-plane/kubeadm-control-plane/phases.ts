import { KubeadmControlPlane, Machine } from '../../../api/kinds';
import { KUBEADM_CONTROL_PLANE_FINALIZER } from '../../../api/labels';
import { done, type Outcome, requeueAfter, soonest } from '../../../api/ports';
import { isTrue } from '../../../machinery/conditions';
import { endpointOf } from '../../../machinery/contract';
import { cloneJson } from '../../../machinery/json';
import { isOwnedBy, type KubeObject } from '../../../machinery/kube-object';
import { ownerReference, withOwner } from '../../../machinery/owner-references';
import type { Addons } from './addons';
import { adoptMachines } from './adoption';
import { reconcileCertificateExpiry } from './certificate-expiry';
import { reconcileCertificates, reconcileKubeconfig } from './cluster-secrets';
import { createMachine, removeLeftOvers } from './create-machine';
import { reconcileDeletingMachine } from './delete-machines';
import { EtcdNotSafe, moveLeadershipFrom, removeStrangers } from './etcd-members';
import { inspectMachines, observeInitialization } from './inspect';
import { planStep } from './plan';
import { joinMessages } from './preflight';
import { EventReason } from './reasons';
import { endRemediation, remediateMachine, remediationInProgress } from './remediate';
import { mayReplace } from './remediation';
import {
  candidatesOf,
  findTemplate,
  isInitialized,
  loadMembers,
  machinesOf,
  type Scope,
  type TemplateHandler,
} from './scope';
import { syncMachines } from './sync-machines';
import { nextRolloutTime } from './up-to-date';
import { prepareRollout } from './workload-configuration';

/** The finalizer comes before the first side effect. */
export async function claimFinalizer(scope: Scope): Promise<void> {
  const { metadata } = scope.draft.object;
  if (metadata.finalizers?.includes(KUBEADM_CONTROL_PLANE_FINALIZER) === true) return;
  metadata.finalizers = [...(metadata.finalizers ?? []), KUBEADM_CONTROL_PLANE_FINALIZER];
  await scope.draft.saveMain();
  scope.controlPlane = KubeadmControlPlane.withDefaults(scope.draft.stored);
}

/** One reconcile of a control plane that shall exist, in the order of `capi.md` 6.1. */
export async function reconcileControlPlane(
  scope: Scope,
  addons: Addons,
  onTemplate: TemplateHandler,
): Promise<Outcome> {
  const refusal = await adoptMachines(scope);
  await loadMembers(scope);
  if (refusal !== undefined) {
    scope.blocked = refusal;
    scope.deps.events.event(scope.draft.stored, 'Warning', EventReason.unhealthy, refusal);
    return done();
  }
  const template = await findTemplate(scope, onTemplate);
  if (template === undefined)
    scope.missingTemplate = scope.controlPlane.spec.machineTemplate.spec.infrastructureRef.kind;
  else await ownTemplate(scope, template);
  if (scope.cluster.status?.initialization?.infrastructureProvisioned !== true) return done();
  const initialization = await observeInitialization(scope);
  const hasCertificates = await reconcileCertificates(scope);
  // A cluster that runs needs them only for machines that are to join; the others are looked after.
  if (!hasCertificates && !isInitialized(scope)) return initialization;
  if (endpointOf(scope.cluster) === undefined) return initialization;
  if (hasCertificates) await reconcileKubeconfig(scope);
  await syncMachines(scope);
  const look = soonest(initialization, await inspectMachines(scope));
  if (await removeStrangers(scope)) return requeueAfter(1_000);
  const removal = await removeDeletingMachine(scope);
  if (removal !== undefined) return soonest(look, removal);
  const remediation = await remediateMachine(scope);
  if (remediation === 'stepped') return look;
  const step = await takeStep(scope, template);
  if (step === 'stepped') return look;
  if (step === 'resting') {
    endRemediation(scope);
    await removeLeftOvers(scope);
    await addons.reconcile(scope);
  }
  await reconcileCertificateExpiry(scope);
  return soonest(look, remediation, untilRollout(scope));
}

/** How soon an etcd that could not spare a member is asked again; its health also changes conditions, which wake us. */
const UNSAFE_RETRY_MS = 5_000;

/** Undefined when no machine is being deleted. An etcd that cannot spare the member is a wait, not a failure. */
async function removeDeletingMachine(scope: Scope): Promise<Outcome | undefined> {
  try {
    return await reconcileDeletingMachine(scope);
  } catch (error) {
    if (!(error instanceof EtcdNotSafe)) throw error;
    scope.blocked = error.message;
    scope.deps.events.event(scope.draft.stored, 'Warning', EventReason.failedScaleDown, error.message);
    scope.observer.forget(scope.clusterKey);
    return requeueAfter(UNSAFE_RETRY_MS);
  }
}

/** Keeps the template alive, and found by tools that follow owners, as long as the cluster is. */
async function ownTemplate(scope: Scope, template: KubeObject): Promise<void> {
  if (isOwnedBy(template, scope.cluster)) return;
  const { objects } = scope.deps;
  const reference = scope.controlPlane.spec.machineTemplate.spec.infrastructureRef;
  const { resource } = await objects.resolveContract(reference.apiGroup, reference.kind);
  const after = cloneJson(template);
  after.metadata.ownerReferences = withOwner(template.metadata.ownerReferences, ownerReference(scope.cluster));
  await objects.patch(resource, template, after);
}

/** Makes or removes one machine, when that is due and safe. */
async function takeStep(scope: Scope, template: KubeObject | undefined): Promise<'stepped' | 'waiting' | 'resting'> {
  const { spec } = scope.controlPlane;
  const candidates = candidatesOf(scope);
  const replaced = remediationInProgress(scope);
  const step = planStep({
    candidates,
    desiredReplicas: spec.replicas ?? 1,
    maxSurge: Number(spec.rollout?.strategy?.rollingUpdate?.maxSurge ?? 1),
    managedEtcd: scope.managedEtcd,
    certificatesAvailable: scope.certificatesAvailable,
    initialized: isInitialized(scope) || isTrue(scope.cluster, 'ControlPlaneInitialized'),
    domains: scope.cluster.status?.failureDomains ?? [],
    mayReplace:
      replaced !== undefined &&
      mayReplace({ machines: machinesOf(scope), managedEtcd: scope.managedEtcd, etcdMembers: scope.etcd.members }),
  });
  if (step.kind === 'rest') return 'resting';
  if (step.kind === 'wait') {
    scope.verdict = step.verdict;
    const why = joinMessages(step.verdict.messages);
    const message = `Waiting for control plane to pass preflight checks to continue reconciliation: ${why}`;
    scope.deps.events.event(scope.draft.stored, 'Warning', EventReason.unhealthy, message);
    return 'waiting';
  }
  if (step.kind === 'startOver') {
    await scope.deps.objects.delete(Machine, step.machine);
    const message = `Machine ${step.machine.metadata.name} is deleted and made anew: it is outdated and has not come up`;
    scope.deps.events.event(scope.draft.stored, 'Normal', EventReason.startOver, message);
    return 'stepped';
  }
  // The bootstrap provider serves joins from then on; a moment earlier the new machine would only wait.
  if (step.kind === 'scaleUp' && !isTrue(scope.cluster, 'ControlPlaneInitialized')) return 'waiting';
  if (candidates.some((candidate) => candidate.outdated)) await prepareRollout(scope);
  if (step.kind === 'scaleDown') {
    if (scope.managedEtcd) await moveLeadershipFrom(scope, step.machine);
    await scope.deps.objects.delete(Machine, step.machine);
    return 'stepped';
  }
  if (template === undefined) return 'waiting';
  await createMachine(scope, template, step.kind === 'initialize' ? 'init' : 'join', replaced);
  endRemediation(scope);
  return 'stepped';
}

/** Time alone can make machines outdated. */
function untilRollout(scope: Scope): Outcome {
  const now = scope.deps.clock.now();
  const next = nextRolloutTime(scope.controlPlane, machinesOf(scope), now);
  return next === undefined ? done() : requeueAfter(next - now);
}
