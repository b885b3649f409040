import { type handleUnaryCall, type MethodDefinition, Server, type StatusObject, status } from '@grpc/grpc-js';
import { messageOf } from '../../../machinery/errors';
import type { Machine } from '../machine';
import type { WorkloadCluster } from '../workload/cluster';
import { EtcdRefused, type EtcdState, type Member, moveLeader, removeMember } from './members';
import { type Decoded, decode, field, message, numberIn } from './protobuf';

/** What etcd reports in Status; field numbers and names from etcd's `rpc.proto`. */
const ETCD_VERSION = '3.6.5';
const DB_BYTES = 4_096_000;

type Handler = (request: readonly Decoded[], at: Located) => Buffer;

interface Located {
  readonly cluster: WorkloadCluster;
  readonly etcd: EtcdState;
  readonly member: Member;
}

const handlers: { readonly [path: string]: Handler } = {
  '/etcdserverpb.Maintenance/Status': (_request, at) => {
    const { etcd, member } = at;
    return message(
      header(at),
      field(2, ETCD_VERSION),
      field(3, DB_BYTES),
      field(4, idOf(etcd.leaderId)),
      field(5, etcd.revision),
      field(6, etcd.term),
      field(7, etcd.revision),
      ...(etcd.leaderId === '' ? [field(8, 'etcdserver: no leader')] : []),
      field(9, DB_BYTES),
      field(10, member.isLearner),
      field(11, '3.6.0'),
    );
  },
  '/etcdserverpb.Maintenance/Alarm': (request, at) => {
    if (numberIn(request, 1) !== 0n) throw new EtcdRefused('etcdserver: alarms cannot be set here', 'UNKNOWN');
    return message(header(at));
  },
  '/etcdserverpb.Maintenance/MoveLeader': (request, at) => {
    at.cluster.setEtcd(moveLeader(at.etcd, at.member.id, numberIn(request, 1).toString(16)));
    return message(header(at));
  },
  '/etcdserverpb.Cluster/MemberList': (_request, at) => message(header(at), ...at.etcd.members.map(encodeMember)),
  '/etcdserverpb.Cluster/MemberRemove': (request, at) => {
    at.cluster.setEtcd(removeMember(at.etcd, numberIn(request, 1).toString(16), at.cluster.isRunning));
    return message(header(at), ...(at.cluster.etcd?.members ?? []).map(encodeMember));
  },
};

/** The gRPC server of the etcd member on a machine. */
export function etcdServer(cluster: WorkloadCluster, machine: Machine): Server {
  const server = new Server();
  const services = new Map<string, string[]>();
  for (const path of Object.keys(handlers)) {
    const service = path.slice(1, path.lastIndexOf('/'));
    services.set(service, [...(services.get(service) ?? []), path]);
  }
  for (const paths of services.values()) {
    const definition: { [name: string]: MethodDefinition<Buffer, Buffer> } = {};
    const implementation: { [name: string]: handleUnaryCall<Buffer, Buffer> } = {};
    for (const path of paths) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      definition[name] = {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: (bytes: Buffer) => bytes,
        requestDeserialize: (bytes: Buffer) => bytes,
        responseSerialize: (bytes: Buffer) => bytes,
        responseDeserialize: (bytes: Buffer) => bytes,
      };
      implementation[name] = (call, callback) => {
        try {
          const handler = handlers[path];
          if (handler === undefined) throw new EtcdRefused(`unknown method ${path}`, 'UNKNOWN');
          callback(null, handler(decode(call.request), locate(cluster, machine)));
        } catch (error) {
          callback(statusOf(error));
        }
      };
    }
    server.addService(definition, implementation);
  }
  return server;
}

/** A removed member's process ends; a stopped machine has none. */
function locate(cluster: WorkloadCluster, machine: Machine): Located {
  const member = cluster.memberOn(machine);
  if (cluster.etcd === undefined || member === undefined || !machine.kubeletRunning) {
    throw new EtcdRefused('etcdserver: server stopped', 'UNAVAILABLE');
  }
  return { cluster, etcd: cluster.etcd, member };
}

function header({ etcd, member }: Located): Buffer {
  return field(
    1,
    message(field(1, idOf(etcd.clusterId)), field(2, idOf(member.id)), field(3, etcd.revision), field(4, etcd.term)),
  );
}

function encodeMember(member: Member): Buffer {
  return field(
    2,
    message(
      field(1, idOf(member.id)),
      field(2, member.name),
      field(3, `https://${member.address}:2380`),
      field(4, `https://${member.address}:2379`),
      field(5, member.isLearner),
    ),
  );
}

function idOf(hex: string): bigint {
  return hex === '' ? 0n : BigInt(`0x${hex}`);
}

function statusOf(error: unknown): Partial<StatusObject> {
  const code = error instanceof EtcdRefused ? status[error.status] : status.INTERNAL;
  return { code, details: messageOf(error) };
}
