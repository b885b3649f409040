import { cloneJson, equalJson } from '../../machinery/json';
import { keyOf, keyText, type ObjectKey } from '../../machinery/kube-object';
import { type PaceRules, Pacer } from '../runtime/pacing';
import type { ProviderObject, Scope } from './scope';

/** Machine and Cluster controllers wait for these. */
const PACE: PaceRules = {
  urgentConditions: ['Ready', 'Paused'],
  informativeFields: ['status', 'instanceStateLastUpdated', 'firewallRulesOpened'],
};

/**
 * What was reported about objects and may wait to be written. A pass need not repeat what the one before has said: it
 * starts from there.
 */
export class HeldReports<T extends ProviderObject> {
  readonly #pacer: Pacer;
  readonly #held = new Map<
    string,
    { readonly uid: string | undefined; readonly stored: T['status']; readonly reported: T['status'] }
  >();

  /** @param soonMs - how long progress may wait */
  constructor(soonMs?: number) {
    this.#pacer = new Pacer(soonMs === undefined ? PACE : { ...PACE, soonMs });
  }

  /** Puts what is held into a pass, unless somebody else has written the status meanwhile. */
  resume(scope: Scope<T>): void {
    const held = this.#held.get(keyText(keyOf(scope.stored)));
    // Some names come again after a deletion: the report is of the object that it was made about.
    const isSame = held?.uid === scope.stored.metadata.uid && equalJson(held?.stored, scope.stored.status);
    if (held === undefined || !isSame) return;
    scope.object.status = cloneJson(held.reported);
  }

  /** Ends a pass. @returns milliseconds for which its report is held back; 0: it has to be written now */
  delay(scope: Scope<T>, now: number): number {
    const key = keyText(keyOf(scope.stored));
    // A fault is said at once: coming back for it would try again what has just failed.
    const delay = scope.isFault ? 0 : this.#pacer.delay(scope.stored, scope.object, now);
    if (delay > 0)
      this.#held.set(key, {
        uid: scope.stored.metadata.uid,
        stored: scope.stored.status,
        reported: cloneJson(scope.object.status),
      });
    else this.#held.delete(key);
    return delay;
  }

  forget(key: ObjectKey): void {
    this.#held.delete(keyText(key));
  }
}
