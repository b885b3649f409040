import type { Duplex } from 'node:stream';
import type { KubeApi } from '../../api/ports/kube-api';
import type { ObjectKey } from '../../machinery/kube-object';

/** Who speaks to a workload cluster's API server. */
export interface WorkloadUser {
  readonly username: string;
  readonly groups: readonly string[];
}

export interface WorkloadListenOptions {
  readonly host: string;
  readonly port: number;
  /** PEM. Clients may present a certificate; one that `clientCaPem` did not sign makes them anonymous. */
  readonly tls: { readonly certificatePem: string; readonly privateKeyPem: string; readonly clientCaPem: string };
  /** What `/version` says, e.g. `v1.34.2`. */
  readonly kubernetesVersion: string;
  /** A stream to a port of a pod. @throws Error with the reason when nothing listens there */
  readonly portForward: (pod: ObjectKey, port: number) => Promise<Duplex>;
}

/** A listening API server that also knows bootstrap tokens; closing ends all its connections. */
export interface WorkloadListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Lets an API server listen for a public address: calls `open` with the place, for which port 0 means any free one. */
export type ListenFor = (
  publicIp: string,
  publicPort: number,
  open: (host: string, port: number) => Promise<WorkloadListener>,
) => Promise<WorkloadListener>;

/** What a workload cluster's API servers share: one Kubernetes API, as `sandbox/kube` provides it. */
export interface WorkloadKube {
  api(user: WorkloadUser): KubeApi;
  listen(options: WorkloadListenOptions): Promise<WorkloadListener>;
  close(): void;
}

/** Makes the API of workload clusters, one for each `kubeadm init`. */
export interface WorkloadKubeFactory {
  /** Opens the cluster's API with what was stored under this id before. */
  open(clusterId: string): WorkloadKube;
  /** Deletes what is stored under this id; the API is closed. */
  remove(clusterId: string): void;
}

/** Names are unique in a network alone. */
export interface VmIdentity {
  readonly id: string;
  readonly name: string;
}

/** Where serial consoles are kept, for people to read. */
export interface Consoles {
  /** Adds lines that a VM has written. */
  append(vm: VmIdentity, lines: readonly string[]): void;
  /** The VM is expunged. */
  remove(vm: VmIdentity): void;
}
