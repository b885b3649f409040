import type { EtcdMember } from '../../../api/ports';

/** What is about to happen to the members of etcd. */
export type EtcdChange = { readonly kind: 'add' } | { readonly kind: 'remove'; readonly memberId: string };

/** Members that must be healthy for a cluster of so many voting members to take decisions. */
export function quorumOf(votingMembers: number): number {
  return Math.floor(votingMembers / 2) + 1;
}

/**
 * Whether etcd still has its quorum after a change, with the health known now (`capi.md` 6.5).
 *
 * A learner makes every change unsafe: another one is under way. A member that joins counts as unhealthy, because it
 * votes before it has caught up; only the second one cannot be waited for.
 */
export function isEtcdSafeAfter(
  change: EtcdChange,
  members: readonly EtcdMember[],
  isHealthy: (member: EtcdMember) => boolean,
): boolean {
  if (members.some((member) => member.isLearner)) return false;
  const stay = change.kind === 'remove' ? members.filter((member) => member.id !== change.memberId) : members;
  const healthy = stay.filter(isHealthy).length;
  if (change.kind === 'remove') return stay.length > 0 && healthy >= quorumOf(stay.length);
  const voting = stay.length + 1;
  return healthy + (stay.length <= 1 ? 1 : 0) >= quorumOf(voting);
}
