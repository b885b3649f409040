import { CloudStackAffinityGroup, type CloudStackMachine, type Machine } from '../../../api/kinds';
import { done, type Outcome } from '../../../api/ports';
import { controllerOf, isBeingDeleted } from '../../../machinery/kube-object';
import { ownerReference } from '../../../machinery/owner-references';
import { childLabels, createOrRead } from '../family';
import { ConfigurationProblem } from '../faults';
import { affinityGroupName, Finalizer } from '../names';
import { Reason } from '../reasons';
import { readyText } from '../scope';
import type { MachineWork } from './work';

/** The affinity groups a machine is deployed into, or what is waited for. */
export async function affinityGroups(work: MachineWork, machine: Machine): Promise<readonly string[] | Outcome> {
  const { scope } = work;
  const { spec } = scope.object;
  if ((spec.affinityGroupIDs ?? []).length > 0) return spec.affinityGroupIDs ?? [];
  const affinity = (spec.affinity ?? '').toLowerCase();
  if (affinity === '' || affinity === 'no') return [];
  if (affinity !== 'pro' && affinity !== 'anti') {
    throw new ConfigurationProblem(Reason.InvalidConfiguration, [
      `spec.affinity ${spec.affinity} is none of pro, anti, no`,
    ]);
  }
  const group = (await existingGroup(work)) ?? (await createGroup(work, machine, affinity));
  if (isBeingDeleted(group)) {
    // A machine that stands in it nowhere but here must not hold it; its name is free for another when it is gone.
    delete spec.cloudstackAffinityRef;
    const message = `affinity group ${group.metadata.name} is being deleted; another is made when it is gone`;
    return scope.wait(done(), Reason.WaitingForAffinityGroup, message);
  }
  spec.cloudstackAffinityRef = {
    apiVersion: group.apiVersion,
    kind: 'CloudStackAffinityGroup',
    namespace: scope.namespace,
    name: group.metadata.name,
    uid: group.metadata.uid,
  };
  if (group.status?.ready !== true || (group.spec.id ?? '') === '') {
    // The reference is stored now: a group with a reference is not cleaned up.
    const message = `affinity group ${group.metadata.name}: ${readyText(group)}`;
    return scope.wait(done(), Reason.WaitingForAffinityGroup, message);
  }
  return [group.spec.id ?? ''];
}

async function existingGroup({ scope }: MachineWork): Promise<CloudStackAffinityGroup | undefined> {
  const name = scope.object.spec.cloudstackAffinityRef?.name ?? '';
  if (name === '') return undefined;
  return scope.deps.objects.get(CloudStackAffinityGroup, { namespace: scope.namespace, name });
}

async function createGroup(
  work: MachineWork,
  machine: Machine,
  affinity: 'pro' | 'anti',
): Promise<CloudStackAffinityGroup> {
  const { scope, failureDomain } = work;
  const { objects } = scope.deps;
  const owner = controllerOf(machine) ?? ownerReference(scope.object);
  const cluster = { name: scope.clusterName, uid: scope.cluster?.metadata.uid ?? '' };
  const name = affinityGroupName(cluster, owner, affinity, failureDomain.spec.name);
  const key = { namespace: scope.namespace, name: name.toLowerCase() };
  const existing = objects.get(CloudStackAffinityGroup, key);
  if (existing !== undefined) return existing;
  const { controller: _, blockOwnerDeletion: __, ...plainOwner } = owner;
  return createOrRead<CloudStackAffinityGroup>(objects, CloudStackAffinityGroup, {
    apiVersion: CloudStackAffinityGroup.apiVersion,
    kind: 'CloudStackAffinityGroup',
    metadata: {
      ...key,
      labels: childLabels(scope.object, scope.clusterName),
      ownerReferences: [plainOwner, ownerReference(failureDomain)],
      finalizers: [Finalizer.affinityGroup],
    },
    spec: {
      name,
      type: affinity === 'pro' ? 'host affinity' : 'host anti-affinity',
      failureDomainName: failureDomain.spec.name,
    },
  });
}

/** Machines that stand in a group. */
export function refersTo(machine: CloudStackMachine, group: CloudStackAffinityGroup): boolean {
  return machine.spec.cloudstackAffinityRef?.name === group.metadata.name;
}
