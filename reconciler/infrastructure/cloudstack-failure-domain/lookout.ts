import type { CloudStackFailureDomain } from '../../../api/kinds';
import { type Cloud, done, type Outcome } from '../../../api/ports';
import { conditionOf } from '../../../machinery/conditions';
import { keyOf, keyText, type ObjectKey } from '../../../machinery/kube-object';
import { openCloud } from '../credentials';
import { faultOf } from '../faults';
import { isFaultReason } from '../reasons';
import type { Scope } from '../scope';

type FailureDomainScope = Scope<CloudStackFailureDomain>;

/**
 * Says on a failure domain that CloudStack cannot be looked at with its credentials. Machines are watched through one
 * inventory for each credential: when that fails, nothing is known of any of them, which only their failure domains tell.
 * `status.ready` stays (`capc.md` 1.3), and nothing is replaced on a guess.
 */
export class Lookout {
  readonly #attended = new Map<string, Cloud>();
  #enqueue: (key: ObjectKey) => void = () => undefined;

  start(enqueue: (key: ObjectKey) => void): () => void {
    this.#enqueue = enqueue;
    return () => {
      this.#enqueue = () => undefined;
    };
  }

  /** Has the failure domain woken when its machines can no longer be looked at, and when they can again. */
  async attend(scope: FailureDomainScope, options: { readonly look: boolean }): Promise<Cloud> {
    const cloud = await openCloud(scope, scope.object.spec);
    const key = keyOf(scope.object);
    const text = keyText(key);
    const before = this.#attended.get(text);
    if (before !== cloud) before?.inventory.leave(text);
    this.#attended.set(text, cloud);
    cloud.inventory.attend(text, scope.object.spec.zone.id ?? '', () => this.#enqueue(key), options);
    return cloud;
  }

  leave(key: ObjectKey): void {
    const text = keyText(key);
    this.#attended.get(text)?.inventory.leave(text);
    this.#attended.delete(text);
  }

  /** Ends the pass over a usable failure domain when CloudStack cannot be looked at. undefined: it can. */
  async check(scope: FailureDomainScope): Promise<Outcome | undefined> {
    const { inventory } = await this.attend(scope, { look: true });
    const standing = inventory.standing(scope.object.spec.zone.id ?? '');
    if (standing.kind === 'failing') return tell(scope, standing.error);
    const told = conditionOf(scope.stored, 'Ready')?.reason ?? '';
    // What was said before is neither repeated nor taken back until the first look has ended, which wakes this.
    return standing.kind === 'unknown' && isFaultReason(told) ? done() : undefined;
  }
}

/** A change of the standing wakes the failure domain again: there is nothing to retry here. */
function tell(scope: FailureDomainScope, error: unknown): Outcome {
  const { reason, message } = faultOf(error);
  const { deps, namespace, name } = scope;
  const known = conditionOf(scope.original, 'Ready');
  scope.isFault = true;
  if (known?.reason !== reason || known.message !== message) {
    const fields = { controller: 'cloudstackfailuredomain', namespace, name, reason, error: message };
    deps.log.error(fields, 'CloudStack cannot be looked at');
  }
  return scope.wait(done(), reason, message);
}
