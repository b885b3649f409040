import type { EtcdState } from './etcd/members';
import type { Taint } from './workload/node-objects';

/** What survives a restart of this process, as plain JSON: one record for each disk and each workload cluster. */

export interface DiskFile {
  /** Base64. */
  readonly content: string;
  /** Octal text. */
  readonly permissions: string;
  readonly owner: string;
}

export interface DiskRecord {
  readonly machineId: string;
  /** The host name it booted with last; absent in records of older releases. */
  readonly hostName?: string | undefined;
  readonly files: { readonly [path: string]: DiskFile };
  /** cloud-init's per-instance modules have run to their end, well or not. */
  readonly cloudInitDone: boolean;
  /** kubelet and, on a control plane, static pod manifests are in place. */
  readonly kubelet: KubeletRecord | undefined;
}

/** What a machine's kubelet starts with, at every boot. */
export interface KubeletRecord {
  readonly clusterId: string;
  readonly nodeName: string;
  /** `v1.34.2` */
  readonly version: string;
  readonly providerId: string | undefined;
  readonly labels: { readonly [key: string]: string };
  readonly taints: readonly Taint[];
  readonly controlPlane: ControlPlaneRecord | undefined;
}

/** The static pods of a control-plane machine. */
export interface ControlPlaneRecord {
  /** `v1.34.2` */
  readonly version: string;
  readonly advertiseAddress: string;
  readonly bindPort: number;
  readonly certificatesDir: string;
  /** Names and addresses in the API server's certificate. */
  readonly hosts: readonly string[];
  readonly imageRepository: string;
  /** Validity of the certificates made by kubeadm; milliseconds since the epoch. */
  readonly certificatesFrom: number;
  readonly certificatesUntil: number;
}

export interface ClusterRecord {
  readonly id: string;
  readonly caPem: string;
  readonly controlPlaneEndpoint: string;
  /** `networking.podSubnet`; absent: the network plug-in's own. */
  readonly podSubnet?: string | undefined;
  /** Absent: external etcd. */
  readonly etcd: EtcdState | undefined;
}
