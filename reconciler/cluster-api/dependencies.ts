import type { Clock, EventRecorder, Objects, Random, WorkloadClusters } from '../../api/ports';

/** The world as the Cluster API core controllers see it. */
export interface ClusterApiDeps {
  readonly objects: Objects;
  readonly workloads: WorkloadClusters;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
}
