import type { EtcdMember, EtcdStatus } from '../../../api/ports';
import { decodeMessage, encodeVarints, type Message, messagesAt, numberAt, textAt, textsAt } from './protobuf';

/** Sends one unary call and returns its answer. */
export type Call = (method: string, request: Buffer) => Promise<Buffer>;

/** Field numbers of etcd's `rpc.proto` (3.4 to 3.6 agree on all of them). */
const ALARMS: { readonly [code: string]: string } = { '1': 'NOSPACE', '2': 'CORRUPT' };

export async function etcdStatus(call: Call): Promise<EtcdStatus> {
  const answer = decodeMessage(await call('/etcdserverpb.Maintenance/Status', Buffer.alloc(0)));
  const header = messagesAt(answer, 1)[0];
  return {
    clusterId: header === undefined ? '' : idAt(header, 1),
    memberId: header === undefined ? '' : idAt(header, 2),
    leaderId: idAt(answer, 4),
    errors: textsAt(answer, 8),
  };
}

/** Asked of the whole cluster (linearizable), as etcd's own client does: a member that lost its quorum cannot answer. */
export async function etcdMembers(call: Call): Promise<EtcdMember[]> {
  const answer = decodeMessage(await call('/etcdserverpb.Cluster/MemberList', encodeVarints({ 1: true })));
  return messagesAt(answer, 2).map((member) => ({
    id: idAt(member, 1),
    name: textAt(member, 2),
    peerUrls: textsAt(member, 3),
    clientUrls: textsAt(member, 4),
    isLearner: numberAt(member, 5) !== 0n,
  }));
}

/** Active alarms; the request says GET, any member, any alarm by saying nothing. */
export async function etcdAlarms(call: Call): Promise<{ memberId: string; alarm: string }[]> {
  const answer = decodeMessage(await call('/etcdserverpb.Maintenance/Alarm', Buffer.alloc(0)));
  return messagesAt(answer, 2)
    .map((alarm) => ({ memberId: idAt(alarm, 1), code: numberAt(alarm, 2).toString() }))
    .filter(({ code }) => code !== '0')
    .map(({ memberId, code }) => ({ memberId, alarm: ALARMS[code] ?? `alarm ${code}` }));
}

export async function etcdMoveLeader(call: Call, to: string): Promise<void> {
  await call('/etcdserverpb.Maintenance/MoveLeader', encodeVarints({ 1: idOf(to) }));
}

export async function etcdRemoveMember(call: Call, member: string): Promise<void> {
  await call('/etcdserverpb.Cluster/MemberRemove', encodeVarints({ 1: idOf(member) }));
}

/** Hexadecimal without leading zeros, as etcdctl prints ids. */
function idAt(message: Message, field: number): string {
  return numberAt(message, field).toString(16);
}

function idOf(hex: string): bigint {
  return BigInt(`0x${hex}`);
}
