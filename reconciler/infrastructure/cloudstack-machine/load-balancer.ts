import { CloudStackRefused, done, isGone, type Outcome, requeueAfter } from '../../../api/ports';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { JobFailure } from '../faults';
import { isNetworkOf, isolatedNetworksOf } from '../isolated-networks';
import { Reason } from '../reasons';
import { follow, isControlPlane, jobOf, type MachineWork } from './work';

/** The API server's load balancer rule, if this machine belongs behind one. */
function ruleOf({ scope, machine, failureDomain }: MachineWork): string | undefined {
  if (!isControlPlane(scope.object, machine)) return undefined;
  const network = isolatedNetworksOf(scope).find(
    (candidate) => (candidate.status?.loadBalancerRuleID ?? '') !== '' && isNetworkOf(scope, candidate, failureDomain),
  );
  return (network?.status?.routingMode ?? '') === '' ? network?.status?.loadBalancerRuleID : undefined;
}

/** Puts a control-plane machine behind the endpoint; undefined when it is there, or does not belong there. */
export async function ensureMembership(work: MachineWork): Promise<Outcome | undefined> {
  const { scope, cloud } = work;
  const id = scope.object.spec.instanceID ?? '';
  const ruleId = ruleOf(work);
  if (ruleId === undefined) return undefined;
  const running = jobOf(work, 'assign');
  if (running?.outcome.state === 'pending') return waiting(work, running.job.id);
  if (running?.outcome.state === 'failed' && !isAlreadyMember(running.outcome.errorText)) {
    cloud.loadBalancers.forgetMembers(ruleId);
    const { errorCode, errorText } = running.outcome;
    throw new JobFailure(Reason.JobFailed, 'assigning to the load balancer', running.job.id, errorCode, errorText);
  }
  // Nobody knows whether it was assigned; what is remembered says so since it was asked for.
  if (running?.outcome.state === 'lost') cloud.loadBalancers.forgetMembers(ruleId);
  // Somebody may have taken it out, which a look at what is remembered does not show.
  if (work.tools.doubts.arise(scope)) cloud.loadBalancers.forgetMembers(ruleId);
  try {
    if ((await cloud.loadBalancers.members(ruleId)).has(id)) return undefined;
    const job = await cloud.loadBalancers.assign(ruleId, id);
    follow(work, 'assign', job);
    return waiting(work, job.id);
  } catch (error) {
    if (error instanceof CloudStackRefused && isAlreadyMember(error.errorText)) return undefined;
    // The rule itself is gone: the network's controller makes another, which wakes this machine.
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isAlreadyMember(errorText: string): boolean {
  return errorText.toLowerCase().includes('already mapped');
}

function waiting({ scope }: MachineWork, jobId: string): Outcome {
  const message = `assigning the instance to the API server's load balancer (CloudStack job ${jobId})`;
  return scope.wait(done(), Reason.AssigningToLoadBalancer, message);
}

/**
 * Takes a control-plane machine out of the endpoint before it is destroyed, so that no connection is sent to it. When
 * the cluster goes as a whole nobody needs the endpoint: the step is left out. undefined: it is out.
 */
export async function endMembership(work: MachineWork): Promise<Outcome | undefined> {
  const { scope, cloud } = work;
  const id = scope.object.spec.instanceID ?? '';
  const ruleId = ruleOf(work);
  if (ruleId === undefined || scope.cluster === undefined || isBeingDeleted(scope.cluster)) return undefined;
  const message = "removing the instance from the API server's load balancer";
  const running = jobOf(work, 'unassign');
  // A failed removal does not hold up the destruction, which removes the member as well.
  if (running !== undefined) {
    return running.outcome.state === 'pending'
      ? scope.wait(done(), Reason.RemovingFromLoadBalancer, `${message} (CloudStack job ${running.job.id})`)
      : undefined;
  }
  const assigning = jobOf(work, 'assign');
  if (assigning?.outcome.state === 'pending') {
    return scope.wait(requeueAfter(500), Reason.RemovingFromLoadBalancer, message);
  }
  try {
    if (!(await cloud.loadBalancers.members(ruleId)).has(id)) return undefined;
    const job = await cloud.loadBalancers.remove(ruleId, id);
    follow(work, 'unassign', job);
    return scope.wait(done(), Reason.RemovingFromLoadBalancer, `${message} (CloudStack job ${job.id})`);
  } catch (error) {
    if (isGone(error) || (error instanceof CloudStackRefused && error.errorCode === 431)) return undefined;
    throw error;
  }
}
