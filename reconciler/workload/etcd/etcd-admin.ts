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
import { messageOf } from '../../../machinery/errors';
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

/** A session to one member, shared by all who ask it at the same time. */
interface Entry {
  readonly session: Promise<GrpcSession>;
  opened: GrpcSession | undefined;
  calls: number;
  idle: Timer | undefined;
}

/** {@link EtcdAdmin} and {@link ApiServerCertificates} through port-forwards to static Pods (`capi.md` 6.8). */
export class TunnelledEtcd implements EtcdAdmin, ApiServerCertificates {
  readonly #options: TunnelledEtcdOptions;
  readonly #sessions = new Map<string, Entry>();

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
  async expiry(cluster: ObjectKey, node: string, port = API_SERVER_PORT): Promise<Date> {
    const { tunnel, clock, certificates } = this.#options;
    const connection = await tunnel(cluster, `kube-apiserver-${node}`, port);
    const caPem = certificates.clusterAuthority(cluster);
    try {
      const socket = await openTls(connection, caPem === undefined ? {} : { caPem }, clock);
      const end = socket.getPeerCertificate().valid_to;
      socket.destroy();
      return new Date(end);
    } catch (error) {
      connection.destroy();
      throw new WorkloadNotConnected(cluster, `the API server on ${node}: ${messageOf(error)}`);
    }
  }

  /** Ends all sessions. */
  close(): void {
    for (const [text, entry] of [...this.#sessions]) this.#drop(text, entry);
  }

  async #ask<T>(cluster: ObjectKey, node: string, question: (call: Call) => Promise<T>): Promise<T> {
    const text = `${keyText(cluster)} ${node}`;
    const entry = this.#entry(text, cluster, node);
    entry.calls++;
    entry.idle?.cancel();
    try {
      const session = await entry.session;
      return await question((method, request) => session.call(method, request));
    } catch (error) {
      // A refusal is an answer: the session is fine.
      if (!(error instanceof GrpcRefused)) this.#drop(text, entry);
      if (error instanceof WorkloadNotConnected) throw error;
      throw new EtcdUnavailable(cluster, node, error);
    } finally {
      entry.calls--;
      if (entry.calls === 0 && this.#sessions.get(text) === entry) {
        entry.idle = this.#options.clock.after(IDLE_MS, () => this.#drop(text, entry));
      }
    }
  }

  #entry(text: string, cluster: ObjectKey, node: string): Entry {
    const known = this.#sessions.get(text);
    if (known !== undefined && known.opened?.isUsable !== false) return known;
    if (known !== undefined) this.#drop(text, known);
    const entry: Entry = { session: this.#open(cluster, node), opened: undefined, calls: 0, idle: undefined };
    entry.session.then(
      (opened) => {
        entry.opened = opened;
      },
      // Those who wait for it hear why.
      () => undefined,
    );
    this.#sessions.set(text, entry);
    return entry;
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

  #drop(text: string, entry: Entry): void {
    if (this.#sessions.get(text) === entry) this.#sessions.delete(text);
    entry.idle?.cancel();
    entry.session.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }
}
