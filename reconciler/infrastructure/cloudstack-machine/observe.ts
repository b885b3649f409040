import type { CloudStackMachine } from '../../../api/kinds';
import { done, type Outcome, requeueAfter, type VirtualMachine } from '../../../api/ports';
import { kubeTime } from '../../../machinery/clock';
import { faultOf, JobFailure } from '../faults';
import { Annotation, clusterTag, providerId, Tag } from '../names';
import { Reason } from '../reasons';
import { continueDiscard, deployOutcome, discard, isDiscarded, isReplaceable, replace } from './failed-deploy';
import { failedDeployments } from './failed-deployments';
import { type InstanceView, STOPPED_GRACE_MS, whatToDoWithInstance } from './instance-decision';
import { ensureMembership } from './load-balancer';
import { outOfReach } from './placement';
import { follow, isControlPlane, jobOf, type MachineWork, watchInstance } from './work';

/** States without event are looked at again after this. */
const LOOK_AGAIN_MS = 1000;

/** Tags that no snapshot shows after this time are set again. */
const MARK_AGAIN_MS = 120_000;

/** Looks at the instance of a machine, in the shared snapshot, and does what its state asks for. */
export async function observe(work: MachineWork): Promise<Outcome> {
  const { scope } = work;
  if (isDiscarded(work)) return continueDiscard(work);
  watchInstance(work);
  const instance = await lookAt(work);
  const view = viewOf(instance);
  if (typeof instance === 'object') record(work, instance);

  // While all goes well the snapshot tells enough; the job is asked for only about an instance that does not run.
  const isSuspect =
    view.kind === 'gone' || (view.kind === 'seen' && (view.state === 'Error' || view.state === 'Stopped'));
  const deployment = isSuspect && !hasRun(work) ? await deployOutcome(work) : undefined;
  // A failed first start may leave nothing behind at all: the same as Error, with nothing to destroy.
  const effective: InstanceView =
    deployment?.state === 'failed' && view.kind === 'gone' ? { kind: 'seen', state: 'Error' } : view;
  const action = whatToDoWithInstance({
    instance: effective,
    jobPending: deployment?.state === 'pending' || isStarting(work),
    everRan: hasRun(work),
    stoppedForMs: stoppedForMs(work),
    failedAttempts: failedDeployments(scope.object.metadata).length,
    attemptLimit: attemptLimit(work),
    isReplaceable: isReplaceable(work.machine),
  });
  switch (action) {
    case 'serve':
      return typeof instance === 'object' ? serve(work, instance) : done();
    case 'start':
      return start(work);
    case 'discard':
      return discard(work);
    case 'replace':
      return replace(work);
    case 'report-lost':
      return reportLost(work, view);
    case 'wait':
      return deployment?.state === 'pending' ? deploying(work, requeueAfter(LOOK_AGAIN_MS)) : waiting(work, instance);
    case 'deploy':
    case 'look':
      // The snapshot is under way and wakes this machine.
      return done();
  }
}

/** The instance; 'gone' when the server says so for this very id; 'unknown' while no snapshot was taken. */
async function lookAt({ cloud, scope, watchKey }: MachineWork): Promise<VirtualMachine | 'gone' | 'unknown'> {
  const seen = cloud.inventory.observe(watchKey);
  if (seen.kind === 'unknown') return 'unknown';
  if (seen.kind === 'seen') return seen.machine;
  // A list can miss what moved between pages or lags behind: only the direct question counts.
  return (await cloud.machines.get(scope.object.spec.instanceID ?? '')) ?? 'gone';
}

function viewOf(instance: VirtualMachine | 'gone' | 'unknown'): InstanceView {
  if (typeof instance === 'string') return { kind: instance };
  return { kind: 'seen', state: instance.state };
}

function hasRun({ scope }: MachineWork): boolean {
  return scope.object.status?.ready === true;
}

/** One attempt for each failure domain it may choose from, and one more. */
function attemptLimit({ scope, cloudStackCluster, machine }: MachineWork): number {
  const isFree = (machine?.spec.failureDomain ?? '') === '' && scope.object.metadata.annotations !== undefined;
  return 1 + (isFree ? Math.max(1, cloudStackCluster?.spec.failureDomains?.length ?? 1) : 1);
}

function isStarting(work: MachineWork): boolean {
  return work.tools.jobs.isRunning(work.cloud, work.scope.uid, 'start');
}

function stoppedForMs({ scope }: MachineWork): number {
  const { status } = scope.object;
  if (status?.instanceState !== 'Stopped') return 0;
  return scope.deps.clock.now() - Date.parse(status.instanceStateLastUpdated ?? '');
}

/** Copies what is seen of the instance into the status, and marks it as ours if it is not marked. */
function record(work: MachineWork, instance: VirtualMachine): void {
  const { scope } = work;
  const { status } = scope.object;
  // The first start shows in the reason Deploying; a write for it would tell nothing more.
  if (instance.state === 'Starting' && !hasRun(work)) return;
  const addresses = instance.nics.flatMap(({ address }) =>
    address === undefined ? [] : [{ type: 'InternalIP', address }],
  );
  scope.object.status = {
    ...status,
    // Addresses of an instance that is being moved or stopped stay what they were.
    ...(addresses.length > 0 ? { addresses } : {}),
    failureDomain: scope.object.spec.failureDomainName ?? '',
    ...stateOf(scope, instance.state),
  };
}

/** The state of the instance, and since when. */
function stateOf({ object, deps }: MachineWork['scope'], instanceState: string): CloudStackMachine['status'] {
  if (object.status?.instanceState === instanceState) return {};
  return { instanceState, instanceStateLastUpdated: kubeTime(deps.clock) };
}

async function serve(work: MachineWork, instance: VirtualMachine): Promise<Outcome> {
  const { scope, tools, failureDomain } = work;
  if (!hasRun(work)) {
    scope.event('Normal', 'Running', 'Machine instance is Running...');
    tools.setbacks.succeeded(`deploy in ${failureDomain.metadata.uid ?? ''}`);
  }
  scope.object.spec.providerID = providerId(instance.id);
  const { status } = scope.object;
  scope.object.status = { ...status, ready: true, initialization: { ...status?.initialization, provisioned: true } };
  const marking = await ensureMarked(work, instance);
  const membership = await ensureMembership(work);
  if (membership !== undefined) return membership;
  const misplaced = outOfReach(scope, work.machine, failureDomain);
  // The first machine is waited for at the endpoint, where it never answers. Later ones may have joined all the same.
  if (misplaced !== undefined && scope.cluster?.status?.initialization?.controlPlaneInitialized !== true) {
    return scope.wait(done(), Reason.EndpointOutOfReach, misplaced);
  }
  scope.report('True', Reason.Ready, '');
  return isControlPlane(scope.object, work.machine) ? tools.doubts.outcome(scope, marking) : marking;
}

/**
 * Tags the instance; that they are there shows in a later snapshot, which costs nothing. Until it does, the machine comes
 * back: a failed job changes nothing in any snapshot.
 */
async function ensureMarked(work: MachineWork, instance: VirtualMachine): Promise<Outcome> {
  const wanted = { [Tag.created]: '1', [clusterTag(work.identity)]: '1' };
  const missing = Object.fromEntries(Object.entries(wanted).filter(([key]) => instance.tags[key] === undefined));
  if (Object.keys(missing).length === 0) return done();
  const { uid, deps } = work.scope;
  const { marked } = work.tools;
  const last = marked.get(uid);
  const againMs = last?.instanceId === instance.id ? last.atMs + MARK_AGAIN_MS - deps.clock.now() : 0;
  if (last !== undefined && againMs > 0) return last.isDenied ? done() : requeueAfter(againMs);
  const mark = { instanceId: instance.id, atMs: deps.clock.now() };
  marked.set(uid, { ...mark, isDenied: false });
  try {
    await work.cloud.tags.create('UserVm', instance.id, missing);
  } catch (error) {
    // Who may not set tags has heard so, and runs without; anything else is tried again as soon as the machine is.
    if (faultOf(error).reason === Reason.PermissionDenied) marked.set(uid, { ...mark, isDenied: true });
    else marked.delete(uid);
    throw error;
  }
  return requeueAfter(MARK_AGAIN_MS);
}

async function start(work: MachineWork): Promise<Outcome> {
  const { scope, cloud } = work;
  const ended = jobOf(work, 'start');
  if (ended?.outcome.state === 'failed') {
    const { errorCode, errorText } = ended.outcome;
    throw new JobFailure(Reason.StartFailed, 'starting the stopped instance', ended.job.id, errorCode, errorText);
  }
  const job = await cloud.machines.start(scope.object.spec.instanceID ?? '');
  follow(work, 'start', job);
  cloud.inventory.expectChange(work.watchKey, 'startVirtualMachine');
  const message = `the instance was Stopped and is being started (CloudStack job ${job.id})`;
  return scope.wait(done(), Reason.Starting, message);
}

function reportLost({ scope }: MachineWork, view: InstanceView): Outcome {
  const what = view.kind === 'seen' ? `is ${view.state}` : 'does not exist any more';
  scope.isFault = true;
  // Whoever is gone was destroyed; that it has run once (`status.ready`) stays true.
  if (view.kind === 'gone') scope.object.status = { ...scope.object.status, ...stateOf(scope, 'Destroyed') };
  scope.report(
    'False',
    Reason.InstanceLost,
    `instance ${scope.object.spec.instanceID} ${what} in CloudStack; a Machine is never deployed twice: ` +
      'a MachineHealthCheck replaces it, or delete the Machine',
  );
  return done();
}

function deploying({ scope }: MachineWork, outcome: Outcome): Outcome {
  const jobId = scope.object.metadata.annotations?.[Annotation.deployJob];
  const job = jobId === undefined ? '' : ` (CloudStack job ${jobId})`;
  return scope.wait(outcome, Reason.Deploying, `deploying the instance${job}`);
}

function waiting(work: MachineWork, instance: VirtualMachine | 'gone' | 'unknown'): Outcome {
  const { scope } = work;
  if (typeof instance === 'string') return done();
  if (!hasRun(work) && (instance.state === 'Starting' || instance.state === '')) return deploying(work, done());
  // A start that is under way wakes the machine; only a machine that rests is looked at again.
  const restsMs = STOPPED_GRACE_MS - stoppedForMs(work);
  const outcome = instance.state === 'Stopped' && restsMs > 0 ? requeueAfter(restsMs) : done();
  scope.isFault = true;
  // The word of the existing provider (`capc.md` 3.10).
  if (instance.state !== '') scope.eventReason = instance.state;
  return scope.wait(outcome, Reason.InstanceNotRunning, `Instance not ready, is ${instance.state}`);
}
