import type { Machine } from '../../../api/kinds';
import type { EtcdMember } from '../../../api/ports';
import { isTrue } from '../../../machinery/conditions';
import { MachineType } from './reasons';

/** What is about to happen to the members of etcd. */
export type EtcdChange = { readonly kind: 'add' } | { readonly kind: 'remove'; readonly memberId: string };

/** Members that must be healthy for a cluster of so many voting members to take decisions. */
export function quorumOf(votingMembers: number): number {
  return Math.floor(votingMembers / 2) + 1;
}

/**
 * Whether etcd still has its quorum after a change, with the health known now (`capi.md` 6.5).
 *
 * A learner that stays makes every change unsafe: another one is under way. A member that joins counts as unhealthy, because it
 * votes before it has caught up; only the second one cannot be waited for.
 */
export function isEtcdSafeAfter(
  change: EtcdChange,
  members: readonly EtcdMember[],
  isHealthy: (member: EtcdMember) => boolean,
): boolean {
  const stay = change.kind === 'remove' ? members.filter((member) => member.id !== change.memberId) : members;
  if (stay.some((member) => member.isLearner)) return false;
  const healthy = stay.filter(isHealthy).length;
  if (change.kind === 'remove') return stay.length > 0 && healthy >= quorumOf(stay.length);
  const voting = stay.length + 1;
  return healthy + (stay.length <= 1 ? 1 : 0) >= quorumOf(voting);
}

/**
 * Whether etcd keeps its quorum when only these machines stay, or when another one joins them. Unsafe as well while it
 * does not answer, or has members that belong to no machine.
 * @param all - with those that go
 */
export function isTargetSafe(
  staying: readonly Machine[],
  all: readonly Machine[],
  reported: readonly EtcdMember[] | undefined,
  change: 'add' | 'remove',
): boolean {
  if (reported === undefined) return false;
  const machineOf = (machines: readonly Machine[], { name }: EtcdMember) =>
    machines.find((machine) => machine.status?.nodeRef?.name === name);
  // With its machine goes a member that was announced and never started; it has no vote.
  const isLeft = change === 'remove' && everyMachineHasMember(staying, reported);
  const members = isLeft ? reported.filter((member) => !isUnstartedLearner(member)) : reported;
  if (members.some((member) => machineOf(all, member) === undefined)) return false;
  const isHealthy = (member: EtcdMember) => {
    const machine = machineOf(staying, member);
    return machine !== undefined && isTrue(machine, MachineType.etcdMember);
  };
  if (change === 'add') return isEtcdSafeAfter({ kind: 'add' }, members, isHealthy);
  const leaving = members.find((member) => machineOf(staying, member) === undefined);
  // A machine that never joined takes no member along: those that are there must do.
  const memberId = leaving?.id ?? '';
  return isEtcdSafeAfter({ kind: 'remove', memberId }, members, isHealthy);
}

/** Whether a member that has no name cannot be the one of any of these machines. */
export function everyMachineHasMember(machines: readonly Machine[], members: readonly EtcdMember[]): boolean {
  return machines.every(({ status }) => {
    const name = status?.nodeRef?.name;
    return name !== undefined && members.some((member) => member.name === name);
  });
}

/** A member has no name until its etcd has run once. */
function isUnstartedLearner({ name, isLearner }: EtcdMember): boolean {
  return name === '' && isLearner;
}
