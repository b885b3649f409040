import type { CloudStackCluster, CloudStackFailureDomain } from '../../../api/kinds';
import { type CloudStackMachine, CloudStackMachine as CloudStackMachines, Machine } from '../../../api/kinds';
import { controllerOf } from '../../../machinery/kube-object';
import { failureDomainOf } from '../family';
import { ConfigurationProblem } from '../faults';
import { endpointNetworkOf, isInReachOfEndpoint } from '../isolated-networks';
import { Annotation, failureDomainObjectName, Label } from '../names';
import { Reason } from '../reasons';
import type { Scope } from '../scope';
import type { Setbacks } from '../setbacks';
import { failedDeployments } from './failed-deployments';
import { chooseFailureDomain, type FailureDomainCandidate } from './failure-domain-choice';
import { isControlPlane } from './work';

/**
 * Writes the machine's failure domain and its label.
 * @throws ConfigurationProblem when the cluster has no such failure domain: nothing is deployed on a guess.
 */
export function place(
  scope: Scope<CloudStackMachine>,
  machine: Machine,
  cloudStackCluster: CloudStackCluster,
  setbacks: Setbacks,
): string {
  const { spec, metadata } = scope.object;
  const wanted = machine.spec.failureDomain;
  const candidates = candidatesFor(scope, machine, cloudStackCluster, setbacks);
  const choice = chooseFailureDomain({ chosen: spec.failureDomainName, wanted, candidates }, scope.deps.random);
  if (choice.kind !== 'chosen') {
    const known = candidates.map(({ name }) => name).join(', ');
    if (choice.kind === 'none' && candidates.length > 0) {
      throw new ConfigurationProblem(Reason.EndpointOutOfReach, [outOfReachText(scope, known)]);
    }
    const message =
      choice.kind === 'none'
        ? `CloudStackCluster ${cloudStackCluster.metadata.name} has no failure domains`
        : `failure domain ${choice.name} is not one of the cluster's: ${known}`;
    throw new ConfigurationProblem(Reason.FailureDomainUnknown, [message]);
  }
  if ((spec.failureDomainName ?? '') === '' && (wanted ?? '') === '') {
    metadata.annotations = { ...metadata.annotations, [Annotation.drawn]: 'true' };
  }
  spec.failureDomainName = choice.name;
  metadata.labels = {
    ...metadata.labels,
    [Label.failureDomain]: failureDomainObjectName(choice.name, scope.clusterName),
  };
  return choice.name;
}

/** Why a control-plane machine may not stand in its failure domain, and what to do; undefined when it may. */
export function outOfReach(
  scope: Scope<CloudStackMachine>,
  machine: Machine | undefined,
  failureDomain: CloudStackFailureDomain,
): string | undefined {
  if (!isControlPlane(scope.object, machine) || isInReachOfEndpoint(scope, failureDomain)) return undefined;
  return outOfReachText(scope, failureDomain.spec.name);
}

function outOfReachText(scope: Scope<CloudStackMachine>, failureDomains: string): string {
  const network = endpointNetworkOf(scope);
  const { host = '', port = 0 } = network?.spec.controlPlaneEndpoint ?? {};
  return (
    `a control-plane machine in failure domain ${failureDomains} cannot be behind the endpoint ${host}:${port}: its load ` +
    `balancer rule leads only to machines in network ${network?.spec.name ?? ''}, which is not the network there; ` +
    'let the control plane place its machines (only where the network is), and delete this Machine'
  );
}

/** Lets the next pass draw anew, if the place was drawn and the cluster has another. */
export function unplace(scope: Scope<CloudStackMachine>, cloudStackCluster: CloudStackCluster | undefined): void {
  const { metadata, spec } = scope.object;
  const hasOthers = (cloudStackCluster?.spec.failureDomains ?? []).length > 1;
  if (metadata.annotations?.[Annotation.drawn] === undefined || !hasOthers) return;
  spec.failureDomainName = '';
  if (metadata.labels !== undefined) delete metadata.labels[Label.failureDomain];
}

function candidatesFor(
  scope: Scope<CloudStackMachine>,
  machine: Machine,
  cloudStackCluster: CloudStackCluster,
  setbacks: Setbacks,
): readonly FailureDomainCandidate[] {
  const names = [...new Set((cloudStackCluster.spec.failureDomains ?? []).map(({ name }) => name))];
  const failedHere = new Set(failedDeployments(scope.object.metadata).map(({ failureDomain }) => failureDomain));
  const counts = names.length > 1 ? machinesByPlace(scope, machine) : new Map<string, number>();
  const isForControlPlane = isControlPlane(scope.object, machine);
  return names.map((name) => {
    const object = failureDomainOf(scope, name);
    return {
      name,
      outOfReach: isForControlPlane && !isInReachOfEndpoint(scope, object),
      machines: counts.get(name) ?? 0,
      ready: object?.status?.ready === true,
      failed: failedHere.has(name) || setbacks.has(placeSubject(object?.metadata.uid)),
    };
  });
}

/** Under which name setbacks of a failure domain are counted. */
export function placeSubject(uid: string | undefined): string {
  return `deploy in ${uid ?? ''}`;
}

/** How many machines of the same set (control plane, MachineSet) stand where. */
function machinesByPlace(scope: Scope<CloudStackMachine>, machine: Machine): Map<string, number> {
  const set = controllerOf(machine)?.uid;
  const filter = { namespace: scope.namespace, selector: { matchLabels: { [Label.clusterName]: scope.clusterName } } };
  const inSet = new Set(
    scope.deps.objects
      .list(Machine, filter)
      .filter((other) => controllerOf(other)?.uid === set)
      .map((other) => other.metadata.name),
  );
  const counts = new Map<string, number>();
  for (const other of scope.deps.objects.list(CloudStackMachines, filter)) {
    const place = other.spec.failureDomainName ?? '';
    const owner = other.metadata.ownerReferences?.find((reference) => reference.kind === 'Machine');
    if (place === '' || other.metadata.uid === scope.uid || !inSet.has(owner?.name ?? '')) continue;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}
