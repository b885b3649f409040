import type { KubeApi } from '../../api/ports/kube-api';
import type { Clock } from '../../machinery/clock';
import type { Random } from '../../machinery/random';
import type { LatencyProfile } from '../latency';
import type { Machine } from './machine';
import type { WorkloadKubeFactory } from './ports';
import type { ClusterRecord, DiskRecord } from './records';

export interface WorldOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly latency: LatencyProfile;
  readonly kube: WorkloadKubeFactory;
  /** Called with every record that changed, before anything that depends on it is visible. */
  readonly record: (change: WorldChange) => void;
  /** A fault of the simulation itself, not of a guest: for the log. */
  readonly onFault: (clusterId: string, error: unknown) => void;
}

export type WorldChange =
  | { readonly type: 'disk'; readonly disk: DiskRecord }
  | { readonly type: 'disk-gone'; readonly machineId: string }
  | { readonly type: 'cluster'; readonly cluster: ClusterRecord }
  | { readonly type: 'cluster-gone'; readonly clusterId: string };

/** What a workload cluster sees of the world around it. */
export interface Environment {
  readonly clock: Clock;
  readonly options: WorldOptions;
  readonly machines: ReadonlyMap<string, Machine>;
  /** Machines whose disk belongs to a cluster, by the name of their Node. */
  machinesOf(clusterId: string): ReadonlyMap<string, Machine>;
  /** The cluster whose API server answers on a machine right now. */
  apiServerOn(machine: Machine): object | undefined;
  changed(clusterId: string): void;
}

/** A workload cluster as its controllers see it. */
export interface RunningCluster {
  readonly id: string;
  /** With every right, as its own components use it. */
  readonly api: KubeApi;
  /** Whether any API server of the cluster answers. */
  readonly isServed: boolean;
  machineOfNode(nodeName: string): Machine | undefined;
  /** Since when a node's kubelet has been silent; milliseconds since the epoch. */
  silentSince(nodeName: string): number;
  /** Wakes the controllers once more, later. */
  wakeAfter(delayMs: number): void;
  /** An address in the pod network that stays the same for a pod. */
  podAddress(podUid: string): string;
}
