import { CapstanError } from '../../../machinery/errors';
import type { Random } from '../../../machinery/random';

/** A member of the etcd cluster that the control-plane machines of one workload cluster run. */
export interface Member {
  /** Hexadecimal, as etcdctl prints it. */
  readonly id: string;
  /** Node name. */
  readonly name: string;
  readonly machineId: string;
  readonly address: string;
  readonly isLearner: boolean;
}

/** Plain data, so that it can be journaled. */
export interface EtcdState {
  readonly clusterId: string;
  readonly members: readonly Member[];
  /** Empty while there is no leader. */
  readonly leaderId: string;
  readonly term: number;
  /** Counts membership changes; stands in for the store's revision. */
  readonly revision: number;
}

/** etcd refused; the message is etcd's. */
export class EtcdRefused extends CapstanError {
  constructor(
    message: string,
    /** gRPC status. */
    readonly status: 'NOT_FOUND' | 'FAILED_PRECONDITION' | 'UNAVAILABLE' | 'UNKNOWN',
  ) {
    super({ name: 'EtcdRefused', code: 'ETCD_REFUSED', message });
  }
}

type IsRunning = (member: Member) => boolean;

export function newEtcd(random: Random, first: Omit<Member, 'id' | 'isLearner'>): EtcdState {
  const member = { ...first, id: memberId(random), isLearner: false };
  return { clusterId: memberId(random), members: [member], leaderId: member.id, term: 2, revision: 1 };
}

export const voters = (state: EtcdState): readonly Member[] => state.members.filter((member) => !member.isLearner);

/** Whether more than half of the voting members run. */
export function hasQuorum(state: EtcdState, isRunning: IsRunning): boolean {
  const voting = voters(state);
  return voting.filter(isRunning).length >= Math.floor(voting.length / 2) + 1;
}

/** Keeps the leader while it runs; else the first running voter leads, when there is a quorum. */
export function elect(state: EtcdState, isRunning: IsRunning): EtcdState {
  const candidates = hasQuorum(state, isRunning) ? voters(state).filter(isRunning) : [];
  if (candidates.some((member) => member.id === state.leaderId)) return state;
  const leaderId = candidates[0]?.id ?? '';
  return leaderId === state.leaderId ? state : { ...state, leaderId, term: state.term + 1 };
}

/** Adds a learner. @throws EtcdRefused when the cluster has no quorum or already has a learner (etcd allows one). */
export function addLearner(
  state: EtcdState,
  random: Random,
  joining: Omit<Member, 'id' | 'isLearner'>,
  isRunning: IsRunning,
): EtcdState {
  if (!hasQuorum(state, isRunning)) throw new EtcdRefused('etcdserver: no leader', 'UNAVAILABLE');
  if (state.members.some((member) => member.isLearner)) {
    throw new EtcdRefused('etcdserver: too many learner members in cluster', 'FAILED_PRECONDITION');
  }
  if (state.members.some((member) => member.address === joining.address)) {
    throw new EtcdRefused('etcdserver: Peer URLs already exists', 'FAILED_PRECONDITION');
  }
  const member = { ...joining, id: memberId(random), isLearner: true };
  return { ...state, members: [...state.members, member], revision: state.revision + 1 };
}

export function promote(state: EtcdState, id: string): EtcdState {
  const members = state.members.map((member) => (member.id === id ? { ...member, isLearner: false } : member));
  return { ...state, members, revision: state.revision + 1 };
}

/**
 * Removes a member.
 * @throws EtcdRefused when it does not exist, or when the running rest would be no quorum (strict reconfiguration
 * check, on by default).
 */
export function removeMember(state: EtcdState, id: string, isRunning: IsRunning): EtcdState {
  const leaving = state.members.find((member) => member.id === id);
  if (leaving === undefined) throw new EtcdRefused('etcdserver: member not found', 'NOT_FOUND');
  if (!hasQuorum(state, isRunning)) throw new EtcdRefused('etcdserver: no leader', 'UNAVAILABLE');
  const rest = { ...state, members: state.members.filter((member) => member.id !== id), revision: state.revision + 1 };
  if (rest.members.length === 0) {
    const why = 'etcdserver: re-configuration failed due to not enough started members';
    throw new EtcdRefused(why, 'FAILED_PRECONDITION');
  }
  // A member that is down does not count for the quorum and may always go.
  if (!leaving.isLearner && isRunning(leaving) && !hasQuorum(rest, isRunning)) {
    throw new EtcdRefused('etcdserver: unhealthy cluster', 'UNAVAILABLE');
  }
  return elect(rest, isRunning);
}

/** Hands leadership over; `atId` is the member that was asked. @throws EtcdRefused */
export function moveLeader(state: EtcdState, atId: string, toId: string): EtcdState {
  if (state.leaderId !== atId) throw new EtcdRefused('etcdserver: not leader', 'FAILED_PRECONDITION');
  const target = state.members.find((member) => member.id === toId);
  if (target === undefined || target.isLearner) {
    throw new EtcdRefused('etcdserver: bad leader transferee', 'FAILED_PRECONDITION');
  }
  return toId === atId ? state : { ...state, leaderId: toId, term: state.term + 1 };
}

function memberId(random: Random): string {
  const hex = Buffer.from(random.secret(8)).toString('hex').replace(/^0+/, '');
  return hex === '' ? '1' : hex;
}
