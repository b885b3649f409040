import type { Fleet } from '../../api/kinds';
import { type Condition, conditionOf } from '../../machinery/conditions';
import { Reason } from '../../reconciler/gitops/fleet/reasons';

/** That nobody follows git for a Fleet, whose other conditions are from before; undefined where somebody does. */
export function suspensionOf(fleet: Fleet): Condition | undefined {
  if (fleet.spec.suspend !== true) return undefined;
  const { lastTransitionTime = fleet.metadata.creationTimestamp ?? '' } = conditionOf(fleet, 'Reconciling') ?? {};
  const message = 'spec.suspend is true: git is not followed';
  return { type: 'Reconciling', status: 'False', reason: Reason.suspended, message, lastTransitionTime };
}
