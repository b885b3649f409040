import { Machine } from '../../../api/kinds';
import { done, type JobOutcome, type Outcome, requeueAfter } from '../../../api/ports';
import { controllerOf } from '../../../machinery/kube-object';
import { reasonOfCode } from '../faults';
import { withdraw } from '../intent';
import { Annotation } from '../names';
import { Reason } from '../reasons';
import { countFailure } from './deploy';
import { failedDeployments, noteFailedDeployment } from './failed-deployments';
import { unplace } from './placement';
import { expunged, follow, jobOf, type MachineWork, tellFailure, untilExpungedMs } from './work';

/** Destroyed instances that nobody of us may expunge are looked at again after this. */
const LOOK_AGAIN_MS = 30_000;

/** Why the deployment failed, as the job says; jobs of an earlier process are asked for. */
export async function deployOutcome({ scope, cloud }: MachineWork): Promise<JobOutcome | undefined> {
  const jobId = scope.object.metadata.annotations?.[Annotation.deployJob];
  if (jobId === undefined) return undefined;
  const known = cloud.jobs.outcome(jobId);
  return known.state === 'pending' ? cloud.jobs.query(jobId) : known;
}

/** The reason and the words of a failed deployment. */
export function describeFailure(
  work: MachineWork,
  outcome: JobOutcome | undefined,
): { reason: Reason; message: string } {
  const { metadata, spec } = work.scope.object;
  const jobId = metadata.annotations?.[Annotation.deployJob];
  if (outcome?.state !== 'failed') {
    return {
      reason: Reason.DeployFailed,
      message: `instance ${spec.instanceID} is in state Error; CloudStack gives no cause`,
    };
  }
  const meaning = reasonOfCode(outcome.errorCode);
  return {
    reason: meaning === Reason.InsufficientCapacity || meaning === Reason.LimitReached ? meaning : Reason.DeployFailed,
    message: `CloudStack job ${jobId} failed with ${outcome.errorCode}: ${outcome.errorText}`,
  };
}

/** Whether the instance was given up before it ever ran; it is being destroyed, then another is deployed. */
export function isDiscarded({ scope }: MachineWork): boolean {
  const { instanceID } = scope.object.spec;
  return failedDeployments(scope.object.metadata).some(({ instanceId }) => instanceId === instanceID);
}

/**
 * Gives up an instance that never ran: noted first, then destroyed, and when it is gone the machine deploys again, in
 * another failure domain if it may choose. Nothing can depend on an instance that never booted.
 */
export async function discard(work: MachineWork): Promise<Outcome> {
  const { scope } = work;
  const { reason, message } = describeFailure(work, await deployOutcome(work));
  noteFailedDeployment(scope.object.metadata, {
    failureDomain: scope.object.spec.failureDomainName ?? '',
    instanceId: scope.object.spec.instanceID ?? '',
  });
  countFailure(work);
  scope.isFault = true;
  scope.report('False', reason, message);
  await scope.persist();
  scope.deps.log.warn({ namespace: scope.namespace, name: scope.name, reason, error: message }, 'deployment failed');
  return continueDiscard(work);
}

export async function continueDiscard(work: MachineWork): Promise<Outcome> {
  const { scope, cloud } = work;
  const id = scope.object.spec.instanceID ?? '';
  const running = jobOf(work, 'discard');
  if (running?.outcome.state === 'pending') return done();
  tellFailure(running, 'destroying the instance that could not be deployed');
  const instance = await cloud.machines.get(id);
  if (instance === undefined) return startOver(work);
  if (instance.state === 'Expunging' && running === undefined) return requeueAfter(untilExpungedMs(work));
  const { mayExpunge } = await cloud.capabilities();
  // Without the right to expunge the instance keeps its name until CloudStack's sweep: wait for that.
  if (instance.state === 'Destroyed' && !mayExpunge) return requeueAfter(LOOK_AGAIN_MS);
  follow(work, 'discard', await cloud.machines.destroy(id, { expunge: mayExpunge, volumeIds: [] }));
  return done();
}

function startOver(work: MachineWork): Outcome {
  const { scope, cloud, cloudStackCluster } = work;
  cloud.inventory.forget(work.watchKey);
  expunged(work);
  delete scope.object.spec.instanceID;
  if (scope.object.metadata.annotations !== undefined) delete scope.object.metadata.annotations[Annotation.deployJob];
  withdraw(scope.object.metadata, 'machine');
  scope.object.status = { ...scope.object.status, instanceState: '' };
  unplace(scope, cloudStackCluster);
  return requeueAfter(0);
}

/** Hands the machine back to its owner, which makes another. The text is matched by end-to-end suites (`capc.md` 8). */
export async function replace(work: MachineWork): Promise<Outcome> {
  const { scope, machine } = work;
  const { reason, message } = describeFailure(work, await deployOutcome(work));
  scope.isFault = true;
  scope.report('False', reason, message);
  if (machine !== undefined && machine.metadata.deletionTimestamp === undefined) {
    const text = 'CloudStackMachine VM in error state. Deleting associated Machine';
    scope.event('Warning', 'Error', text);
    scope.deps.log.error(
      { namespace: scope.namespace, name: scope.name, reason, error: `${text}: ${message}` },
      'reconcile failed',
    );
    await scope.deps.objects.delete(Machine, machine);
  }
  return done();
}

/** Whether somebody makes a new machine when this one is deleted. */
export function isReplaceable(machine: Machine | undefined): boolean {
  return machine !== undefined && controllerOf(machine) !== undefined;
}
