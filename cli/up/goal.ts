import type { Fleet } from '../../api/kinds';
import { NOT_YET_REPORTED } from '../../machinery/conditions';
import { keyText, type ObjectKey } from '../../machinery/kube-object';
import type { ClusterView } from '../view/cluster-view';
import { fleetView } from '../view/fleet-view';

/** True when a revision is applied, so that what is seen of clusters is about it. */
export function isApplied(fleet: Fleet | undefined, revision: string): boolean {
  return fleet?.status?.lastAppliedRevision === revision;
}

/** True when the published revision is applied and every cluster it asks for is ready. */
export function isReached(
  fleet: Fleet | undefined,
  revision: string,
  wanted: readonly ObjectKey[],
  views: readonly ClusterView[],
): boolean {
  return (
    isApplied(fleet, revision) &&
    wanted.every((key) => views.some((view) => keyText(view) === keyText(key) && view.ready))
  );
}

/** Why the fleet's revision is not applied; empty when it is. */
export function fleetReasons(fleet: Fleet | undefined): string[] {
  if (fleet === undefined) return [];
  const { name, ready, reason, message } = fleetView(fleet);
  return ready || reason === NOT_YET_REPORTED ? [] : [`Fleet ${name}: ${reason}: ${message}`];
}
