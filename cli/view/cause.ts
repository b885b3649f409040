import type { Condition } from '../../machinery/conditions';
import { isBeingDeleted, type KubeObject } from '../../machinery/kube-object';
import { isUnsettled } from './condition-text';

/**
 * Causes that an object names by itself, because none of its children knows them: these only suffer from it, or do not
 * exist for it.
 */
const CAUSES: readonly { readonly type: RegExp; readonly reason?: RegExp; readonly message?: RegExp }[] = [
  // Nobody connects without them, and no machine joins.
  { type: /^CertificatesAvailable$/, reason: /^NotAvailable$/ },
  // What the object refers to.
  { type: /./, reason: /^(ObjectDoesNotExist|ObjectDeleted)$/ },
  // Templates, and machines that belong to somebody else.
  { type: /^Scaling(Up|Down)$/, message: /^\* .*( does not exist| belong to another owner| has no owner)/m },
];

/** The condition by which an object names such a cause. What is being deleted misses nothing any more. */
export function causeIn(
  object: KubeObject & { status?: { conditions?: Condition[] | undefined } | undefined },
): Condition | undefined {
  if (isBeingDeleted(object)) return undefined;
  return object.status?.conditions?.find(
    (condition) =>
      isUnsettled(condition) &&
      CAUSES.some(
        ({ type, reason, message }) =>
          type.test(condition.type) &&
          (reason?.test(condition.reason) ?? true) &&
          (message?.test(condition.message) ?? true),
      ),
  );
}
