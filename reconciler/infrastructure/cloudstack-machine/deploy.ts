import type { Machine } from '../../../api/kinds';
import { CloudStackRefused, done, type Outcome, requeueAfter, type VirtualMachine } from '../../../api/ports';
import { failureDomainOf } from '../family';
import { ConfigurationProblem, faultOf } from '../faults';
import { announce, inFlightMs, intentOf, withdraw } from '../intent';
import { isolatedNetworkOf } from '../isolated-networks';
import { Annotation, Finalizer } from '../names';
import { Reason } from '../reasons';
import { affinityGroups } from './affinity';
import { bootstrapData } from './bootstrap-data';
import { type Place, resolveDeployment } from './deployment-request';
import { isOurInstance } from './instance-identity';
import { promiseToLeaveRecord } from './kubernetes-record';
import { placeSubject, unplace } from './placement';
import { type MachineWork, watchInstance } from './work';

/** Waits after refused or failed deployments in a failure domain grow to this. */
const SLOWEST_RETRY_MS = 10_000;

/**
 * Deploys the instance, exactly once: the intent is stored before the call, and when an intent is found from before,
 * the instance is looked for first.
 */
export async function deploy(work: MachineWork, machine: Machine): Promise<Outcome> {
  const { scope, cloud } = work;
  const place = placeOf(work);
  if (place === undefined) {
    return scope.wait(done(), Reason.WaitingForNetwork, 'the network of the failure domain has no id yet');
  }
  const lookFirst = await adoptLostDeployment(work, place);
  if (lookFirst !== undefined) return lookFirst;

  const waitMs = work.tools.setbacks.waitMs(placeSubject(work.failureDomain.metadata.uid));
  if (waitMs > 0) return holdBack(work, waitMs);

  const groups = await affinityGroups(work, machine);
  if ('kind' in groups) return groups;
  const request = await resolveDeployment(cloud, scope.object, machine, place, groups);
  const userData = await bootstrapData(scope, machine);

  scope.addFinalizer(Finalizer.machine);
  promiseToLeaveRecord(scope, work.cloudStackCluster);
  announce(scope.object.metadata, 'machine', scope.deps.clock);
  await scope.persistMain();
  try {
    const started = await cloud.machines.deploy({ ...request, userData });
    accept(work, started.id, started.job.id);
    cloud.inventory.expectChange(work.watchKey, 'deployVirtualMachine');
    scope.event('Normal', 'Created', 'CloudStack instance Created');
    return scope.wait(done(), Reason.Deploying, `deploying the instance (CloudStack job ${started.job.id})`);
  } catch (error) {
    return refused(work, error);
  }
}

/** Notes the instance of this machine. From here on it is the only one. */
function accept({ scope, ...work }: MachineWork, instanceId: string, jobId: string | undefined): void {
  scope.object.spec.instanceID = instanceId;
  scope.object.status = { ...scope.object.status, status: 'Success' };
  if (jobId !== undefined) {
    scope.object.metadata.annotations = { ...scope.object.metadata.annotations, [Annotation.deployJob]: jobId };
  }
  watchInstance({ scope, ...work });
}

/** Where the machine's first network is; undefined while the isolated network is being made. */
export function placeOf({
  scope,
  failureDomain,
  zoneId,
}: Pick<MachineWork, 'scope' | 'failureDomain' | 'zoneId'>): Place | undefined {
  const { network } = failureDomain.spec.zone;
  const isolated = isolatedNetworkOf(scope, failureDomain);
  const networkId = isolated?.spec.id || network.id || '';
  if (networkId === '') return undefined;
  return { zoneId, networkId, networkName: network.name ?? isolated?.spec.name ?? '' };
}

/**
 * When a deployment was announced before this pass, its answer may be lost: the instance is looked for by its exact name
 * and proof of being ours. undefined: there is surely none.
 */
export async function adoptLostDeployment(work: MachineWork, place: Place | undefined): Promise<Outcome | undefined> {
  const { scope } = work;
  const found = await findLostDeployment(work, place);
  if (found === undefined) return undefined;
  if ('kind' in found) return found;
  accept(work, found.id, undefined);
  scope.event('Normal', 'Created', `CloudStack instance ${found.id} found again after its answer was lost`);
  await scope.persistMain();
  return scope.wait(
    requeueAfter(0),
    Reason.Deploying,
    `instance ${found.id} was found again after its answer was lost`,
  );
}

async function findLostDeployment(
  work: MachineWork,
  place: Place | undefined,
): Promise<VirtualMachine | Outcome | undefined> {
  const { scope, cloud, zoneId } = work;
  const intended = intentOf(scope.object.metadata, 'machine');
  const mayBeAnothersIntent = (scope.stored.metadata.finalizers ?? []).includes(Finalizer.machine);
  // Without intent and finalizer nobody can have deployed anything for this object yet: no need to look.
  if (intended === undefined && !mayBeAnothersIntent) return undefined;
  const named = await cloud.machines.find(zoneId, scope.name);
  const wanted = {
    name: scope.name,
    zoneId,
    networkId: place?.networkId,
    clusterIdentity: work.identity,
    intendedAt: intended ?? createdAt(work),
  };
  const [ours, ...more] = named.filter((instance) => isOurInstance(instance, wanted));
  if (more.length > 0) {
    throw new ConfigurationProblem(Reason.NameTaken, [
      `several instances named ${scope.name} bear the marks of this cluster: ${[ours, ...more].map((instance) => instance?.id).join(', ')}`,
    ]);
  }
  if (ours !== undefined) return ours;
  const waitMs = intended === undefined ? 0 : inFlightMs(intended, scope.deps.clock);
  if (waitMs === 0) return undefined;
  return scope.wait(
    requeueAfter(waitMs),
    Reason.WaitingForAnswer,
    'deployVirtualMachine was sent and not answered; looking whether it took effect',
  );
}

function createdAt({ scope }: MachineWork): number | undefined {
  const parsed = Date.parse(scope.object.metadata.creationTimestamp ?? '');
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** The server's "no" to a deployment: nothing exists. Other machines need not ask the same place at once. */
function refused(work: MachineWork, error: unknown): never {
  const { scope, cloudStackCluster } = work;
  if (error instanceof CloudStackRefused && error.errorCode !== 530) {
    withdraw(scope.object.metadata, 'machine');
    const { reason } = faultOf(error);
    if (reason === Reason.LimitReached || reason === Reason.InsufficientCapacity) {
      countFailure(work);
      unplace(scope, cloudStackCluster);
    }
  }
  throw error;
}

/** Counts a failure against the failure domain, unless that has gone meanwhile. */
export function countFailure({ scope, tools, failureDomain }: MachineWork): void {
  const { uid } = failureDomain.metadata;
  if (failureDomainOf(scope, failureDomain.spec.name)?.metadata.uid !== uid) return;
  tools.setbacks.failed(placeSubject(uid), SLOWEST_RETRY_MS);
}

function holdBack(work: MachineWork, waitMs: number): Outcome {
  const { scope, failureDomain } = work;
  const ready = scope.object.status?.conditions?.find((condition) => condition.type === 'Ready');
  // What failed stays visible until the next attempt.
  if (ready?.reason !== undefined && FAILURES.has(ready.reason)) return requeueAfter(waitMs);
  const message = `deployments in failure domain ${failureDomain.spec.name} failed lately; the next attempt follows soon`;
  return scope.wait(requeueAfter(waitMs), Reason.WaitingForRetry, message);
}

const FAILURES = new Set<string>([Reason.DeployFailed, Reason.LimitReached, Reason.InsufficientCapacity]);
