import { CloudStackFailureDomain, CloudStackMachine, Machine } from '../../../api/kinds';
import { done, type Outcome, requeueAfter } from '../../../api/ports';
import { isTrue } from '../../../machinery/conditions';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { cloudStackClusterOf } from '../family';
import { endpointNetworkOf, isInReachOfEndpoint } from '../isolated-networks';
import { CLUSTER_API_GROUP, Label } from '../names';
import { Reason } from '../reasons';
import type { Scope } from '../scope';

/** Between looks at machines of others that must become healthy first. */
const LOOK_AGAIN_MS = 5000;

/**
 * Empties a failure domain that is being deleted: undefined when no machine is left in it.
 *
 * When the cluster goes as a whole, Cluster API deletes the machines. When a living cluster gives the failure domain up,
 * the machines go one by one, each only while all others of the cluster are well (`capc.md` 3.4).
 */
export async function evacuate(scope: Scope<CloudStackFailureDomain>): Promise<Outcome | undefined> {
  const machines = machinesIn(scope, scope.object);
  if (machines.length === 0) return undefined;
  const names = machines.map((machine) => machine.metadata.name).join(', ');
  const isClusterGoing = scope.cluster === undefined || isBeingDeleted(scope.cluster);
  if (isClusterGoing || machines.some((machine) => isGoing(scope, machine))) {
    return scope.wait(done(), Reason.WaitingForMachines, `waiting until the machines are gone: ${names}`);
  }
  const [next] = machines;
  const owner = next === undefined ? undefined : machineOf(scope, next);
  if (owner === undefined) {
    return scope.wait(done(), Reason.WaitingForMachines, `machines without Machine must be deleted by hand: ${names}`);
  }
  const awaited = [...othersThatAreUnwell(scope, machines), ...replacements(scope)];
  if (awaited.length > 0) {
    const message = `machines ${names} are to be replaced one by one; waiting for ${awaited.join(', ')} to be ready first`;
    return scope.wait(requeueAfter(LOOK_AGAIN_MS), Reason.WaitingForMachines, message);
  }
  const hold = whyItStays(scope, owner);
  if (hold !== undefined) return scope.wait(requeueAfter(LOOK_AGAIN_MS), Reason.WaitingForMachines, hold);
  scope.event(
    'Normal',
    Reason.Deleting,
    `Deleting Machine ${owner.metadata.name}: its failure domain is being removed`,
  );
  await scope.deps.objects.delete(Machine, owner);
  return scope.wait(done(), Reason.WaitingForMachines, `machines are being replaced one by one; left: ${names}`);
}

/** Also while its Machine drains: the machine itself is deleted after that. */
function isGoing(scope: Scope<CloudStackFailureDomain>, machine: CloudStackMachine): boolean {
  const owner = machineOf(scope, machine);
  return isBeingDeleted(machine) || (owner !== undefined && isBeingDeleted(owner));
}

export function machinesIn(
  scope: Scope<CloudStackFailureDomain>,
  failureDomain: CloudStackFailureDomain,
): readonly CloudStackMachine[] {
  const { objects } = scope.deps;
  const selector = { matchLabels: { [Label.clusterName]: scope.clusterName } };
  return objects
    .list(CloudStackMachine, { namespace: scope.namespace, selector })
    .filter((machine) => isIn(failureDomain, machine))
    .sort((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1));
}

/** Whether a machine of the cluster is placed in a failure domain. */
export function isIn({ spec, metadata }: CloudStackFailureDomain, machine: CloudStackMachine): boolean {
  return (
    machine.spec.failureDomainName === spec.name || machine.metadata.labels?.[Label.failureDomain] === metadata.name
  );
}

function machineOf(scope: Scope<CloudStackFailureDomain>, machine: CloudStackMachine): Machine | undefined {
  const owner = machine.metadata.ownerReferences?.find(
    (reference) => reference.kind === 'Machine' && reference.apiVersion.startsWith(`${CLUSTER_API_GROUP}/`),
  );
  if (owner === undefined) return undefined;
  return scope.deps.objects.get(Machine, { namespace: scope.namespace, name: owner.name });
}

function othersThatAreUnwell(
  scope: Scope<CloudStackFailureDomain>,
  inside: readonly CloudStackMachine[],
): readonly string[] {
  const insideNames = new Set(inside.map((machine) => machineOf(scope, machine)?.metadata.name));
  return machinesOfCluster(scope)
    .filter((machine) => !insideNames.has(machine.metadata.name))
    .filter((machine) => isBeingDeleted(machine) || !isTrue(machine, 'Ready'))
    .map((machine) => machine.metadata.name);
}

/** What the cluster wants and does not have yet: the machine before may be gone and its replacement not made. */
function replacements(scope: Scope<CloudStackFailureDomain>): readonly string[] {
  const machines = machinesOfCluster(scope);
  const controlPlane = machines.filter(isControlPlane).length;
  const { status } = scope.cluster ?? {};
  return [
    ...(controlPlane < (status?.controlPlane?.desiredReplicas ?? 0) ? ['another control-plane machine'] : []),
    ...(machines.length - controlPlane < (status?.workers?.desiredReplicas ?? 0) ? ['another worker'] : []),
  ];
}

/** The control plane of a cluster that stays is never evacuated to nowhere: with its last machine it would be lost. */
function whyItStays(scope: Scope<CloudStackFailureDomain>, machine: Machine): string | undefined {
  const cloudStackCluster = cloudStackClusterOf(scope);
  const isClusterGoing = cloudStackCluster === undefined || isBeingDeleted(cloudStackCluster);
  if (isClusterGoing || !isControlPlane(machine)) return undefined;
  const { name } = machine.metadata;
  if (machinesOfCluster(scope).filter(isControlPlane).length === 1) {
    return `Machine ${name} is the only one of the control plane, and the cluster would be lost with it: scale the control plane up first`;
  }
  const selector = { matchLabels: { [Label.clusterName]: scope.clusterName } };
  const hasPlace = scope.deps.objects
    .list(CloudStackFailureDomain, { namespace: scope.namespace, selector })
    .some((other) => !isBeingDeleted(other) && isInReachOfEndpoint(scope, other));
  if (hasPlace) return undefined;
  const network = endpointNetworkOf(scope)?.spec.name ?? '';
  return `Machine ${name} of the control plane stays: no other failure domain is behind the endpoint, which network ${network} carries; add one that names this network`;
}

function isControlPlane({ metadata }: Machine): boolean {
  return metadata.labels?.[Label.controlPlane] !== undefined;
}

function machinesOfCluster(scope: Scope<CloudStackFailureDomain>): readonly Machine[] {
  const selector = { matchLabels: { [Label.clusterName]: scope.clusterName } };
  return scope.deps.objects.list(Machine, { namespace: scope.namespace, selector });
}
