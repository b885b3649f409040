import { conditionOf } from '../../machinery/conditions';
import type { Blocking } from './blocking';
import { tryNamedCluster } from './named-cluster';
import { isPausedMember, PAUSED } from './pause';
import { isOf, type Snapshot } from './snapshot';
import type { Asking } from './subject';
import { blockingBy } from './why';

/** Members of the cluster of that name that somebody has paused, though its cluster may stand well. */
export function pausedMembers(
  snapshot: Snapshot,
  name: string,
  namespace: string | undefined,
  asking: Asking,
): readonly Blocking[] {
  const cluster = tryNamedCluster(snapshot.clusters, name, namespace);
  if (cluster === undefined) return [];
  const { failureDomains, isolatedNetworks, machineSets, machines, bootstrapConfigs, infrastructureMachines } =
    snapshot;
  return [failureDomains, isolatedNetworks, machineSets, machines, bootstrapConfigs, infrastructureMachines]
    .flatMap((objects) => objects.filter(isOf(cluster)).filter(isPausedMember))
    .flatMap((object) => {
      const condition = conditionOf(object, PAUSED);
      return condition === undefined ? [] : blockingBy(object, condition, asking);
    });
}
