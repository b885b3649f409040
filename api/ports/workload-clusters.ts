import { CapstanError } from '../../machinery/errors';
import { type KubeObject, keyText, type ObjectKey } from '../../machinery/kube-object';
import type { KubeApi, TypedResource } from './kube-api';

/** What changed in or about a workload cluster. */
export type WorkloadEvent =
  | { readonly type: 'connected' | 'disconnected'; readonly cluster: ObjectKey }
  | { readonly type: 'object'; readonly cluster: ObjectKey; readonly object: KubeObject };

/** Whether a workload cluster answers. Times are milliseconds since the epoch. */
export interface WorkloadHealth {
  readonly connected: boolean;
  /** When a probe (GET /) was last answered; undefined: never. */
  readonly lastSuccess?: number | undefined;
  /** Since when the connection has been wanted. */
  readonly wantedSince?: number | undefined;
  readonly lastError?: string | undefined;
}

/** A connected workload cluster: its API, and watch caches of Nodes and of kube-system's Pods and ConfigMaps. */
export interface WorkloadConnection {
  readonly api: KubeApi;
  get<T extends KubeObject>(resource: TypedResource<T>, key: ObjectKey): T | undefined;
  list<T extends KubeObject>(resource: TypedResource<T>): readonly T[];
}

/**
 * One connection per workload cluster, shared by all loops of the process, with the credentials in the Secret
 * `<cluster>-kubeconfig`. It is made as soon as infrastructure is provisioned and the endpoint answers, probed, and
 * made again when it breaks; loops hear of it through events and never wait for it.
 */
export interface WorkloadClusters {
  /** The connection, or undefined while there is none. */
  connection(cluster: ObjectKey): WorkloadConnection | undefined;
  health(cluster: ObjectKey): WorkloadHealth;
  subscribe(listener: (event: WorkloadEvent) => void): () => void;
}

/** The state of a workload cluster is unknown because there is no connection to it. */
export class WorkloadNotConnected extends CapstanError {
  constructor(cluster: ObjectKey, why: string | undefined) {
    super({
      name: 'WorkloadNotConnected',
      code: 'WORKLOAD_NOT_CONNECTED',
      object: `Cluster ${keyText(cluster)}`,
      message: `Cluster ${keyText(cluster)}: its API server does not answer${why === undefined ? '' : ` (${why})`}; work resumes by itself when it does`,
    });
  }
}

/** A member of the etcd cluster that a control plane runs. */
export interface EtcdMember {
  /** Hexadecimal, as etcdctl prints it. */
  readonly id: string;
  /** Equals the node's name (kubeadm). */
  readonly name: string;
  readonly isLearner: boolean;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
}

export interface EtcdStatus {
  readonly clusterId: string;
  readonly memberId: string;
  readonly leaderId: string;
  readonly errors: readonly string[];
}

/**
 * etcd of a workload cluster, through port-forward to the Pod `etcd-<node>` (`capi.md` 6.8).
 * @throws WorkloadNotConnected, or EtcdUnavailable when the member at `node` does not answer.
 */
export interface EtcdAdmin {
  members(cluster: ObjectKey, node: string): Promise<readonly EtcdMember[]>;
  status(cluster: ObjectKey, node: string): Promise<EtcdStatus>;
  /** Active alarms, e.g. `NOSPACE`, with the member they belong to. */
  alarms(cluster: ObjectKey, node: string): Promise<readonly { readonly memberId: string; readonly alarm: string }[]>;
  /** Asks the leader, reached at `node`, to hand over to the member `to`. */
  moveLeader(cluster: ObjectKey, node: string, to: string): Promise<void>;
  removeMember(cluster: ObjectKey, node: string, memberId: string): Promise<void>;
}

/** The etcd member at a node did not answer. */
export class EtcdUnavailable extends CapstanError {
  constructor(cluster: ObjectKey, node: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super({
      name: 'EtcdUnavailable',
      code: 'ETCD_UNAVAILABLE',
      object: `Cluster ${keyText(cluster)}`,
      message: `Cluster ${keyText(cluster)}: etcd on node ${node} does not answer (${why})`,
      cause,
    });
  }
}

/** The peer certificate of an API server, for its expiry (`capi.md` 6.8). */
export interface ApiServerCertificates {
  /** @param port - where the API server listens on the node; absent: where kubeadm puts it */
  expiry(cluster: ObjectKey, node: string, port?: number): Promise<Date>;
}

/** Opens connections to workload clusters: HTTPS in production, in process on a virtual clock. */
export interface WorkloadAccess {
  /**
   * Does no I/O by itself; the first request shows whether the cluster answers.
   * @throws Error when the kubeconfig is not usable (exec and auth providers are refused).
   */
  connect(kubeconfig: string): WorkloadChannel;
}

export interface WorkloadChannel {
  readonly api: KubeApi;
  /** GET /; throws when there is no answer or it is a refusal. */
  probe(signal: AbortSignal): Promise<void>;
  close(): void;
}
