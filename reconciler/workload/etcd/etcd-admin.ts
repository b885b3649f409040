import type { Duplex } from 'node:stream';
import {
  type ApiServerCertificates,
  type EtcdAdmin,
  type EtcdMember,
  type EtcdStatus,
  EtcdUnavailable,
  WorkloadNotConnected,
} from '../../../api/ports';
import type { Clock, Timer } from '../../../machinery/clock';
import { keyText, type ObjectKey } from '../../../machinery/kube-object';
import type { EtcdClientCertificates } from './client-certificates';
import { type Call, etcdAlarms, etcdMembers, etcdMoveLeader, etcdRemoveMember, etcdStatus } from './etcd-calls';
import { GrpcRefused, GrpcSession, openTls } from './grpc-session';

export interface TunnelledEtcdOptions {
  readonly clock: Clock;
  readonly certificates: EtcdClientCertificates;
  /**
   * A connection to a port of a Pod in kube-system of a workload cluster.
   * @throws WorkloadNotConnected while there is no connection to the cluster
   */
  readonly tunnel: (cluster: ObjectKey, pod: string, port: number) => Promise<Duplex>;
}

const ETCD_PORT = 2379;
const API_SERVER_PORT = 6443;
/** An inspection asks every member several things in a row; after this long without a question its session ends. */
const IDLE_MS = 5000;

/** {@link EtcdAdmin} and {@link ApiServerCertificates} through port-forwards to static Pods (`capi.md` 6.8). */
export class TunnelledEtcd implements EtcdAdmin, ApiServerCertificates {
  readonly #options: TunnelledEtcdOptions;
  readonly #sessions = new Map<string, Promise<GrpcSession>>();
  readonly #idle = new Map<string, Timer>();

  constructor(options: TunnelledEtcdOptions) {
    this.#options = options;
  }

  members(cluster: ObjectKey, node: string): Promise<readonly EtcdMember[]> {
    return this.#ask(cluster, node, etcdMembers);
  }

  status(cluster: ObjectKey, node: string): Promise<EtcdStatus> {
    return this.#ask(cluster, node, etcdStatus);
  }

  alarms(cluster: ObjectKey, node: string): Promise<readonly { readonly memberId: string; readonly alarm: string }[]> {
    return this.#ask(cluster, node, etcdAlarms);
  }

  moveLeader(cluster: ObjectKey, node: string, to: string): Promise<void> {
    return this.#ask(cluster, node, (call) => etcdMoveLeader(call, to));
  }

  removeMember(cluster: ObjectKey, node: string, memberId: string): Promise<void> {
    return this.#ask(cluster, node, (call) => etcdRemoveMember(call, memberId));
  }

  /** The end of the serving certificate of the API server on a node, seen in a TLS handshake; nothing is sent. */
  async expiry(cluster: ObjectKey, node: string): Promise<Date> {
    const { tunnel, clock, certificates } = this.#options;
    const connection = await tunnel(cluster, `kube-apiserver-${node}`, API_SERVER_PORT);
    const caPem = certificates.clusterAuthority(cluster);
    const socket = await openTls(connection, caPem === undefined ? {} : { caPem }, clock);
    const end = socket.getPeerCertificate().valid_to;
    socket.destroy();
    return new Date(end);
  }

  /** Ends all sessions. */
  close(): void {
    for (const text of [...this.#sessions.keys()]) this.#drop(text);
  }

  async #ask<T>(cluster: ObjectKey, node: string, question: (call: Call) => Promise<T>): Promise<T> {
    const text = `${keyText(cluster)} ${node}`;
    try {
      const session = await this.#session(text, cluster, node);
      const answer = await question((method, request) => session.call(method, request));
      this.#touch(text);
      return answer;
    } catch (error) {
      // A refusal is an answer: the session is fine.
      if (error instanceof GrpcRefused) this.#touch(text);
      else this.#drop(text);
      if (error instanceof WorkloadNotConnected) throw error;
      throw new EtcdUnavailable(cluster, node, error);
    }
  }

  async #session(text: string, cluster: ObjectKey, node: string): Promise<GrpcSession> {
    const known = this.#sessions.get(text);
    if (known !== undefined) {
      const session = await known;
      if (session.isUsable) return session;
      this.#drop(text);
    }
    const opening = this.#open(cluster, node);
    this.#sessions.set(text, opening);
    return opening;
  }

  async #open(cluster: ObjectKey, node: string): Promise<GrpcSession> {
    const { tunnel, certificates, clock } = this.#options;
    const credentials = certificates.forCluster(cluster);
    const connection = await tunnel(cluster, `etcd-${node}`, ETCD_PORT);
    try {
      return await GrpcSession.open(connection, credentials, clock);
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** Starts, or starts again, the time after which the session ends. */
  #touch(text: string): void {
    this.#idle.get(text)?.cancel();
    if (this.#sessions.has(text)) this.#idle.set(text, this.#options.clock.after(IDLE_MS, () => this.#drop(text)));
  }

  #drop(text: string): void {
    const session = this.#sessions.get(text);
    this.#sessions.delete(text);
    this.#idle.get(text)?.cancel();
    this.#idle.delete(text);
    // One that never opened has told its reason to whoever asked.
    session?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }
}
