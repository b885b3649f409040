import type { Fleet } from '../../api/kinds';
import { NOT_YET_REPORTED } from '../../machinery/conditions';
import { keyText, type ObjectKey } from '../../machinery/kube-object';
import type { ClusterView } from '../view/cluster-view';
import { fleetView } from '../view/fleet-view';

/** True when a revision is applied, so that what is seen of clusters is about it. */
export function isApplied(fleets: readonly Fleet[], revision: string): boolean {
  return fleets.some((fleet) => fleet.status?.lastAppliedRevision === revision);
}

/** True when the published revision is applied and every cluster it asks for is ready. */
export function isReached(
  fleets: readonly Fleet[],
  revision: string,
  wanted: readonly ObjectKey[],
  views: readonly ClusterView[],
): boolean {
  return (
    isApplied(fleets, revision) &&
    wanted.every((key) => views.some((view) => keyText(view) === keyText(key) && view.ready))
  );
}

/** Why the fleet's revision is not applied; empty when it is. */
export function fleetReasons(fleets: readonly Fleet[]): string[] {
  return fleets.flatMap((fleet) => {
    const { name, ready, reason, message } = fleetView(fleet);
    return ready || reason === NOT_YET_REPORTED ? [] : [`Fleet ${name}: ${reason}: ${message}`];
  });
}
