import { isTrue, type WithConditions } from '../../../machinery/conditions';
import type { ControlPlaneView } from '../../../machinery/contract';
import { countVersions } from '../../../machinery/versions';
import { Type } from '../conditions/reasons';
import { standaloneSets, standaloneWorkers } from './descendants';
import type { Descendants } from './scope';

/** Numbers of machines in the status of a Cluster (`capi.md` 4.2). Pure. */

export interface Counters {
  desiredReplicas?: number | undefined;
  replicas?: number | undefined;
  readyReplicas?: number | undefined;
  availableReplicas?: number | undefined;
  upToDateReplicas?: number | undefined;
  versions?: { version: string; replicas?: number | undefined }[] | undefined;
}

export function controlPlaneCounters(
  view: ControlPlaneView | undefined,
  descendants: Descendants,
): Counters | undefined {
  const machines = descendants.controlPlaneMachines;
  if (view === undefined && machines.length === 0) return undefined;
  const counters: Counters =
    view === undefined
      ? machineCounters(machines)
      : {
          desiredReplicas: view.desiredReplicas,
          replicas: view.replicas,
          readyReplicas: view.readyReplicas,
          availableReplicas: view.availableReplicas,
          upToDateReplicas: view.upToDateReplicas,
        };
  if (view !== undefined && view.versions.length > 0) counters.versions = view.versions;
  return counters;
}

type Pool = {
  spec: { replicas?: number | undefined };
  status?: Counters | undefined;
};

/**
 * Pools and machines on their own, added up; a pool that has not reported yet counts its desired machines only. Without
 * any there is nothing to count, not zero machines.
 */
export function workerCounters(descendants: Descendants): Counters {
  const pools: Pool[] = [...descendants.deployments, ...standaloneSets(descendants)];
  const standalone = standaloneWorkers(descendants);
  if (pools.length + standalone.length === 0) return {};
  const total = machineCounters(standalone);
  let reported = standalone.length > 0;
  for (const pool of pools) {
    total.desiredReplicas = (total.desiredReplicas ?? 0) + (pool.spec.replicas ?? 1);
    if (pool.status?.replicas !== undefined) reported = true;
    for (const field of ['replicas', 'readyReplicas', 'availableReplicas', 'upToDateReplicas'] as const) {
      total[field] = (total[field] ?? 0) + (pool.status?.[field] ?? 0);
    }
  }
  const versions = countVersions(descendants.workerMachines.map((machine) => machine.spec.version));
  if (!reported && pools.length > 0) return { desiredReplicas: total.desiredReplicas };
  return versions.length > 0 ? { ...total, versions } : total;
}

function machineCounters(machines: readonly (WithConditions & { spec: { version?: string | undefined } })[]): Counters {
  const count = (type: string) => machines.filter((machine) => isTrue(machine, type)).length;
  return {
    desiredReplicas: machines.length,
    replicas: machines.length,
    readyReplicas: count(Type.ready),
    availableReplicas: count(Type.available),
    upToDateReplicas: count(Type.upToDate),
  };
}
