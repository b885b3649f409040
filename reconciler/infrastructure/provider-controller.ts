import { Cluster } from '../../api/kinds';
import {
  type Controller,
  done,
  KubeError,
  KubeUnreachable,
  type Outcome,
  type Run,
  requeueAfter,
  soonest,
  type TypedResource,
  type WatchSource,
} from '../../api/ports';
import { conditionOf, isTrue } from '../../machinery/conditions';
import { isBeingDeleted, keyOf, keyText, type ObjectKey } from '../../machinery/kube-object';
import type { InfrastructureDeps } from './deps';
import { faultOf } from './faults';
import { HeldReports } from './held-reports';
import { Annotation, SYNCED_CONDITION } from './names';
import { isFaultReason, Reason } from './reasons';
import { clusterNameOf, type ProviderObject, pausedBy, Scope } from './scope';
import type { Setbacks } from './setbacks';

/** What differs from kind to kind. */
export interface ProviderLoop<T extends ProviderObject> {
  readonly name: string;
  readonly resource: TypedResource<T>;
  readonly finalizer: string;
  /** Further finalizers that `remove` lets go. */
  readonly otherFinalizers?: readonly string[];
  readonly watches: readonly WatchSource[];
  readonly concurrency?: number;
  /** How long progress may wait to be reported, in milliseconds. @default 500 */
  readonly reportWithinMs?: number;
  reconcile(scope: Scope<T>, run: Run): Promise<Outcome>;
  remove(scope: Scope<T>, run: Run): Promise<Outcome>;
  /** The object is gone, or paused: drop what is remembered and polled for it. */
  forget?(key: ObjectKey): void;
  /** An object is gone for good, in whichever way: drop what is remembered under its UID. */
  gone?(uid: string): void;
  start?(enqueue: (key: ObjectKey) => void): () => void;
}

/** How long after its creation an object may be without owner before that is worth a word. */
const OWNER_GRACE_MS = 5000;

/** The pipeline all kinds share: fetch, guard, reconcile or remove, report once at the end. */
export function providerController<T extends ProviderObject>(
  deps: InfrastructureDeps,
  setbacks: Setbacks,
  loop: ProviderLoop<T>,
): Controller {
  const reports = new HeldReports<T>(loop.reportWithinMs);
  /** Of an object that is gone only its key is told. */
  const uids = new Map<string, string>();

  /** Notes which object has a key now, and forgets the one that had it before. */
  const note = (key: ObjectKey, uid: string | undefined): void => {
    const text = keyText(key);
    const before = uids.get(text);
    if (before === uid) return;
    if (uid === undefined) uids.delete(text);
    else uids.set(text, uid);
    if (before === undefined) return;
    setbacks.forget(before);
    loop.gone?.(before);
  };

  return {
    name: loop.name,
    watches: loop.watches,
    concurrency: loop.concurrency,
    ...(loop.start === undefined ? {} : { start: loop.start }),
    async reconcile(key, run) {
      const stored = deps.objects.get(loop.resource, key);
      note(key, stored?.metadata.uid);
      if (stored === undefined) {
        loop.forget?.(key);
        reports.forget(key);
        return done();
      }
      const clusterName = clusterNameOf(stored);
      const cluster =
        clusterName === undefined
          ? undefined
          : deps.objects.get(Cluster, { namespace: key.namespace, name: clusterName });
      const scope = new Scope(deps, loop.resource, stored, cluster);
      if (stored.metadata.annotations?.[Annotation.managedBy] !== undefined) return done();

      reports.resume(scope);
      const outcome = await guarded(scope, setbacks, run, loop);
      const delay = reports.delay(scope, deps.clock.now());
      announceChange(scope, delay > 0 ? scope.stored : scope.object);
      if (delay > 0) {
        await scope.persistMain();
        return soonest(outcome, requeueAfter(delay));
      }
      await scope.persist();
      return outcome;
    },
  };
}

async function guarded<T extends ProviderObject>(
  scope: Scope<T>,
  setbacks: Setbacks,
  run: Run,
  loop: ProviderLoop<T>,
): Promise<Outcome> {
  const { deps, stored } = scope;
  const isDeleting = isBeingDeleted(stored);
  const ours = [loop.finalizer, ...(loop.otherFinalizers ?? [])];
  if (isDeleting && !ours.some((finalizer) => stored.metadata.finalizers?.includes(finalizer) === true)) return done();

  const paused = pausedBy(stored, scope.cluster);
  if (paused !== undefined) {
    scope.reportPaused(paused);
    // A paused object is not looked after, so nothing may be polled for it.
    loop.forget?.(keyOf(stored));
    return done();
  }
  if (!isDeleting && scope.cluster === undefined) return withoutCluster(scope);
  try {
    const outcome = isDeleting ? await loop.remove(scope, run) : await loop.reconcile(scope, run);
    // A pass that waits has not got over what failed: a job that fails each time is tried ever more seldom.
    if (isTrue(scope.object, 'Ready')) setbacks.succeeded(scope.uid);
    scope.reportPaused(undefined);
    return outcome;
  } catch (error) {
    if (error instanceof KubeError || error instanceof KubeUnreachable) throw error;
    const fault = faultOf(error);
    const delayMs = setbacks.failed(scope.uid, fault.slowestRetryMs);
    scope.isFault = true;
    scope.report('False', fault.reason, fault.message);
    deps.onError?.(fault.metricCode);
    const known = conditionOf(scope.original, 'Ready');
    const isNews = known?.reason !== fault.reason || known.message !== fault.message;
    const { namespace, name } = scope;
    // End-to-end suites match the text of the error together with the namespace in one entry (`capc.md` 8).
    const fields = { controller: loop.name, namespace, name, reason: fault.reason, error: fault.message };
    deps.log[isNews ? 'error' : 'debug'](fields, 'reconcile failed');
    return requeueAfter(delayMs);
  }
}

function withoutCluster<T extends ProviderObject>(scope: Scope<T>): Outcome {
  const createdMs = Date.parse(scope.stored.metadata.creationTimestamp ?? '');
  const ageMs = scope.deps.clock.now() - createdMs;
  // Normally Cluster API takes it over within moments: no word, no write.
  if (ageMs < OWNER_GRACE_MS) return requeueAfter(OWNER_GRACE_MS - ageMs);
  const name = clusterNameOf(scope.stored);
  return scope.wait(
    done(),
    name === undefined ? Reason.WaitingForOwner : Reason.WaitingForCluster,
    name === undefined
      ? 'no Cluster owns this object yet: Cluster API sets the owner when a Cluster refers to it'
      : `Cluster ${name} does not exist`,
  );
}

/** One event for each change of what is the case; repetitions say nothing new. */
function announceChange<T extends ProviderObject>(scope: Scope<T>, written: T): void {
  for (const type of ['Ready', SYNCED_CONDITION]) {
    const before = conditionOf(scope.original, type);
    const after = conditionOf(written, type);
    if (after === undefined || (before?.reason === after.reason && before.message === after.message)) continue;
    const isBad = (type === 'Ready' && scope.isFault) || isFaultReason(after.reason);
    const reason = (type === 'Ready' ? scope.eventReason : undefined) ?? after.reason;
    scope.event(isBad ? 'Warning' : 'Normal', reason, after.message === '' ? after.reason : after.message);
  }
}
