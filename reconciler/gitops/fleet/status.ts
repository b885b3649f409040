import type { Fleet } from '../../../api/kinds';
import { GitRevisionRefused, GitUnavailable } from '../../../api/ports';
import { type Clock, kubeTime } from '../../../machinery/clock';
import { setCondition } from '../../../machinery/conditions';
import { messageOf } from '../../../machinery/errors';
import type { AppliedObject } from '../apply/apply-objects';
import type { PruneDecision } from '../prune/plan-prune';
import { Reason } from './reasons';

/** What one sync did. */
export interface SyncReport {
  readonly revision: string;
  readonly applied: readonly AppliedObject[];
  readonly decisions: readonly PruneDecision[];
  /** How many objects git asks for. */
  readonly objects: number;
}

/** Longest message of a condition (the API allows 32,768). */
const MESSAGE_LIMIT = 16_000;

export function reportSuccess(fleet: Fleet, report: SyncReport, clock: Clock): void {
  const status = statusOf(fleet);
  status.lastAttemptedRevision = report.revision;
  status.lastAppliedRevision = report.revision;
  status.objects = report.objects;
  const pending = report.decisions.filter((decision) => decision.kind === 'confirm');
  status.pendingDeletions = pending.map(({ identity, uid, command }) => {
    const { group, kind, namespace, name } = identity;
    return { apiVersion: `${group}/v1beta2`, kind, namespace, name, uid, command };
  });
  const kept = report.decisions.filter((decision) => decision.kind === 'keep');
  const waiting = kept.map(({ id, why }) => `${id} is kept: ${why}`);
  const message = [`revision ${report.revision.slice(0, 12)}, ${report.objects} objects`, ...waiting].join('\n');
  set(fleet, clock, 'Ready', 'True', Reason.reconciliationSucceeded, message);
  set(fleet, clock, 'Reconciling', 'False', Reason.upToDate, '');
  if (pending.length > 0) {
    const text = pending.map(({ id, command }) => `${id} left git; to delete it run: ${command}`);
    set(fleet, clock, 'DeletionPending', 'True', Reason.confirmationRequired, text.join('\n'));
  } else set(fleet, clock, 'DeletionPending', 'False', Reason.nothingPending, '');
}

export function reportFailure(fleet: Fleet, error: unknown, clock: Clock): void {
  const status = statusOf(fleet);
  let reason: string = Reason.applyFailed;
  if (error instanceof GitUnavailable) reason = Reason.fetchFailed;
  if (error instanceof GitRevisionRefused) {
    reason = Reason.revisionRefused;
    status.lastAttemptedRevision = error.commit;
  }
  const good = status.lastAppliedRevision;
  const stays = good === undefined ? '' : `\nrevision ${good.slice(0, 12)} stays applied`;
  set(fleet, clock, 'Ready', 'False', reason, `${messageOf(error)}${stays}`);
  const retried = reason !== Reason.revisionRefused;
  set(fleet, clock, 'Reconciling', retried ? 'True' : 'False', retried ? Reason.progressing : reason, '');
}

export function reportSuspended(fleet: Fleet, clock: Clock): void {
  set(fleet, clock, 'Reconciling', 'False', Reason.suspended, 'spec.suspend is true');
}

function statusOf(fleet: Fleet): NonNullable<Fleet['status']> {
  fleet.status ??= {};
  fleet.status.observedGeneration = fleet.metadata.generation;
  return fleet.status;
}

function set(
  fleet: Fleet,
  clock: Clock,
  type: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
): void {
  const text = message.length > MESSAGE_LIMIT ? `${message.slice(0, MESSAGE_LIMIT)}…` : message;
  const current = statusOf(fleet);
  current.conditions = setCondition(
    current.conditions,
    { type, status, reason, message: text },
    kubeTime(clock),
    fleet.metadata.generation,
  );
}
