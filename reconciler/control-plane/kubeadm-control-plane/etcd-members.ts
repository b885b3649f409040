import { type Machine, Node } from '../../../api/kinds';
import type { EtcdMember } from '../../../api/ports';
import { isTrue } from '../../../machinery/conditions';
import { CapstanError } from '../../../machinery/errors';
import { describeObject, isBeingDeleted } from '../../../machinery/kube-object';
import { everyMachineHasMember, isEtcdSafeAfter } from './etcd-safety';
import { etcdNodes } from './inspect';
import { MachineType } from './reasons';
import { machinesOf, type Scope } from './scope';
import { newest } from './selection';

/** Removing an etcd member now could cost the cluster its quorum. */
export class EtcdNotSafe extends CapstanError {
  constructor(machine: Machine, why: string) {
    super({
      name: 'EtcdNotSafe',
      code: 'ETCD_NOT_SAFE',
      retry: { afterMs: 10_000 },
      object: describeObject(machine),
      message: `${describeObject(machine)}: its etcd member is not removed, ${why}; work resumes when etcd is healthy`,
    });
  }
}

/**
 * Moves etcd's leadership away from a machine that is about to go, to the newest healthy machine that stays. Does
 * nothing when the machine does not lead, or cannot be asked to hand over: then the others elect a leader when its
 * member is removed, and waiting for an answer would keep the broken machine for ever.
 */
export async function moveLeadershipFrom(scope: Scope, machine: Machine): Promise<void> {
  const victim = memberOf(scope, machine);
  if (victim === undefined || scope.etcd.leaderId !== victim.id || scope.etcd.faults.has(victim.name)) return;
  const staying = machinesOf(scope).filter(
    (other) =>
      other.metadata.uid !== machine.metadata.uid && !isBeingDeleted(other) && memberOf(scope, other) !== undefined,
  );
  const healthy = staying.filter((other) => isTrue(other, MachineType.etcdMember));
  const candidate = newest(healthy) ?? newest(staying);
  const target = candidate === undefined ? undefined : memberOf(scope, candidate);
  if (target === undefined) throw new EtcdNotSafe(machine, 'it leads and no other machine can take over');
  await change(scope, () => scope.deps.etcd.moveLeader(scope.clusterKey, victim.name, target.id));
}

/**
 * Takes a machine's member out of etcd, through another member. A member that is gone already counts as done.
 * @throws EtcdNotSafe when too few healthy members would be left, or nobody can be asked
 */
export async function removeMemberOf(scope: Scope, machine: Machine): Promise<void> {
  const { members } = scope.etcd;
  if (members === undefined) throw new EtcdNotSafe(machine, 'because no etcd member answers');
  const victim = memberOf(scope, machine);
  if (victim === undefined) return;
  await removeMember(scope, machine, victim);
}

async function removeMember(scope: Scope, about: Machine, victim: EtcdMember): Promise<void> {
  const members = scope.etcd.members ?? [];
  const isHealthy = (member: EtcdMember) =>
    machinesOf(scope).some((machine) => nodeOf(machine) === member.name && isTrue(machine, MachineType.etcdMember));
  if (!isEtcdSafeAfter({ kind: 'remove', memberId: victim.id }, members, isHealthy)) {
    throw new EtcdNotSafe(about, 'because too few healthy members would be left');
  }
  const node = etcdNodes(scope).find((name) => name !== victim.name && scope.etcd.faults.get(name) === undefined);
  if (node === undefined) throw new EtcdNotSafe(about, 'because no other member answers');
  await change(scope, () => scope.deps.etcd.removeMember(scope.clusterKey, node, victim.id));
}

/** What was seen of etcd is no longer true afterwards; nor when the answer was lost, because the change may be done. */
async function change(scope: Scope, ask: () => Promise<void>): Promise<void> {
  try {
    await ask();
  } finally {
    scope.observer.forget(scope.clusterKey);
  }
}

/**
 * Removes members that have neither a Machine nor a Node any more. Only when every machine has its node, so that a
 * member which is just joining is not taken for a stranger; one that has no name, because it never started, only when
 * every machine has its own. As long as that one is there, etcd lets nobody else join.
 * @returns true when one was removed
 */
export async function removeStrangers(scope: Scope): Promise<boolean> {
  const machines = machinesOf(scope);
  const { members } = scope.etcd;
  const settled = machines.every((machine) => nodeOf(machine) !== undefined && !isBeingDeleted(machine));
  if (members === undefined || !settled) return false;
  const known = new Set(machines.map(nodeOf));
  const mayBeAnybodys = !everyMachineHasMember(machines, members);
  const stranger = members.find((member) =>
    member.name === '' ? !mayBeAnybodys : !known.has(member.name) && !hasNode(scope, member),
  );
  const [first] = machines;
  if (stranger === undefined || first === undefined) return false;
  await removeMember(scope, first, stranger);
  return true;
}

function hasNode(scope: Scope, member: EtcdMember): boolean {
  const connection = scope.deps.workloads.connection(scope.clusterKey);
  return connection === undefined || connection.get(Node, { namespace: '', name: member.name }) !== undefined;
}

function memberOf(scope: Scope, machine: Machine): EtcdMember | undefined {
  const name = nodeOf(machine);
  return name === undefined ? undefined : scope.etcd.members?.find((member) => member.name === name);
}

function nodeOf(machine: Machine): string | undefined {
  return machine.status?.nodeRef?.name;
}
