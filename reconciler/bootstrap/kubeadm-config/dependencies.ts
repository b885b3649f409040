import type { Clock, EventRecorder, Objects, Random, WorkloadClusters } from '../../../api/ports';

/** The world as the kubeadm bootstrap controller sees it. */
export interface BootstrapDeps {
  readonly objects: Objects;
  readonly workloads: WorkloadClusters;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  /** How long a join token is valid. @default 15 minutes */
  readonly tokenTtlMs?: number | undefined;
}

export const DEFAULT_TOKEN_TTL_MS = 15 * 60_000;
