import type { Log } from '../../api/ports/objects';
import type { Clock } from '../../machinery/clock';
import type { Random } from '../../machinery/random';
import { createKubeServer } from '../kube';
import type { Journal } from '../ports';
import type { WorkloadKube, WorkloadKubeFactory } from './ports';

export interface WorkloadKubeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Log | undefined;
  /** Where the objects of workload clusters are kept. @default - in memory alone */
  readonly journals?: WorkloadJournals | undefined;
}

/** One journal for each workload cluster. */
export interface WorkloadJournals {
  open(clusterId: string): Journal;
  /** Deletes it; it is closed. */
  remove(clusterId: string): void;
}

/** Workload clusters on `sandbox/kube`. */
export function workloadKube(options: WorkloadKubeOptions): WorkloadKubeFactory {
  return {
    open: (clusterId) => open(options, clusterId),
    remove: (clusterId) => options.journals?.remove(clusterId),
  };
}

function open(options: WorkloadKubeOptions, clusterId: string): WorkloadKube {
  const { clock, random, log } = options;
  const server = createKubeServer({ clock, random, log, journal: options.journals?.open(clusterId) });
  return {
    api: (user) => server.api(user),
    listen: async () => {
      throw new Error('not yet');
    },
    close: () => server.close(),
  };
}
