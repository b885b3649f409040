import { CloudStackMachine, Machine } from '../../../api/kinds';
import { CloudStackRefused } from '../../../api/ports';
import { conditionOf } from '../../../machinery/conditions';
import { isBeingDeleted } from '../../../machinery/kube-object';
import { CLUSTER_API_GROUP, Finalizer, Label } from '../names';
import { Reason } from '../reasons';
import { type MemberCandidate, planMembers } from './decision';
import { type ClusterScope, neighboursOf } from './home';
import type { RecordWork } from './work';

/**
 * Makes the members of the record those of the cluster. At rest this asks nothing and changes nothing.
 * @returns failure domains whose machines cannot stand in this record
 */
export async function syncMembers({ scope, home }: RecordWork, id: string): Promise<readonly string[]> {
  const { kubernetesRecords } = home.cloud;
  const names = [...new Set((scope.object.spec.failureDomains ?? []).map(({ name }) => name))];
  const within = await neighboursOf(scope, home);
  const members = (await kubernetesRecords.members(id)) ?? new Set<string>();
  const plan = planMembers(candidates(scope, within), members);
  try {
    if (plan.remove.length > 0) await kubernetesRecords.remove(id, plan.remove);
    await add(plan.controlPlane, (ids) => kubernetesRecords.add(id, ids, 'control-plane'));
    await add(plan.workers, (ids) => kubernetesRecords.add(id, ids, 'worker'));
  } catch (error) {
    kubernetesRecords.forgetMembers(id);
    throw error;
  }
  return names.filter((name) => !within.has(name));
}

/** One that the server refuses must not keep the others out. */
async function add(ids: readonly string[], send: (ids: readonly string[]) => Promise<void>): Promise<void> {
  if (ids.length === 0) return;
  try {
    await send(ids);
  } catch (error) {
    if (!(error instanceof CloudStackRefused) || ids.length === 1) throw error;
    let refusal: CloudStackRefused | undefined;
    for (const id of ids) {
      try {
        await send([id]);
      } catch (single) {
        if (!(single instanceof CloudStackRefused)) throw single;
        refusal = single;
      }
    }
    if (refusal !== undefined) throw refusal;
  }
}

function candidates(scope: ClusterScope, failureDomains: ReadonlySet<string>): readonly MemberCandidate[] {
  const selector = { matchLabels: { [Label.clusterName]: scope.clusterName } };
  return scope.deps.objects
    .list(CloudStackMachine, { namespace: scope.namespace, selector })
    .filter((machine) => failureDomains.has(machine.spec.failureDomainName ?? ''))
    .flatMap((machine) => {
      const { instanceID } = machine.spec;
      if (instanceID === undefined || instanceID === '') return [];
      return [
        { instanceId: instanceID, isControlPlane: isControlPlane(scope, machine), isSettled: isSettled(machine) },
      ];
    });
}

/** Runs and is to stay: only such machines are added, and only after their finalizer is stored. */
export function isSettled(machine: CloudStackMachine): boolean {
  return (
    machine.status?.ready === true &&
    !isBeingDeleted(machine) &&
    (machine.metadata.finalizers ?? []).includes(Finalizer.recordMember) &&
    conditionOf(machine, 'Ready')?.reason !== Reason.InstanceLost
  );
}

function isControlPlane(scope: ClusterScope, machine: CloudStackMachine): boolean {
  if (machine.metadata.labels?.[Label.controlPlane] !== undefined) return true;
  const owner = machine.metadata.ownerReferences?.find(
    (reference) => reference.kind === 'Machine' && reference.apiVersion.startsWith(`${CLUSTER_API_GROUP}/`),
  );
  if (owner === undefined) return false;
  const found = scope.deps.objects.get(Machine, { namespace: scope.namespace, name: owner.name });
  return found?.metadata.labels?.[Label.controlPlane] !== undefined;
}
