import type { Fleet } from '../../api/kinds';
import { type Condition, conditionOf } from '../../machinery/conditions';
import { describeObject, type KubeObject, keyOf } from '../../machinery/kube-object';
import type { Blocking, Question } from './blocking';
import type { Snapshot } from './snapshot';
import { suspensionOf } from './suspension';
import { blockingBy } from './why';

/**
 * What keeps a cluster from following git: a Fleet that is suspended, a deletion that waits for its confirmation, and a
 * revision that cannot be applied, so that corrections do not reach the cluster. A revision is applied as a whole, so any Fleet that is stuck
 * counts.
 */
export function whyGit(snapshot: Snapshot, cluster: KubeObject, question: Question = {}): readonly Blocking[] {
  return snapshot.fleets.flatMap((fleet) => {
    const suspended = suspensionOf(fleet);
    const ready = conditionOf(fleet, 'Ready');
    const found =
      suspended === undefined
        ? [pendingDeletion(fleet, cluster), ready?.status === 'False' ? ready : undefined]
        : [suspended];
    return found.flatMap((condition) => (condition === undefined ? [] : blockingBy(fleet, condition, question)));
  });
}

/** The condition as it would be if no other cluster waited. */
function pendingDeletion(fleet: Fleet, cluster: KubeObject): Condition | undefined {
  const { namespace, name } = keyOf(cluster);
  const condition = conditionOf(fleet, 'DeletionPending');
  const pending = fleet.status?.pendingDeletions?.find(
    (item) => item.kind === 'Cluster' && item.namespace === namespace && item.name === name,
  );
  if (condition === undefined || pending === undefined) return undefined;
  const message = `${describeObject(cluster)} left git and waits for confirmation; to delete it run: ${pending.command}`;
  return { ...condition, message };
}
