import { done, type Objects, type Outcome, requeueAfter, type TypedResource } from '../../api/ports';
import { type Clock, kubeTime } from '../../machinery/clock';
import { type Condition, type ConditionReport, setCondition } from '../../machinery/conditions';
import { cloneJson, equalJson } from '../../machinery/json';
import type { Pacer, Reported } from './pacing';

/**
 * An object in work: `stored` is what the API server has, `object` what this reconcile makes of it.
 * Phases change `object`; `save` writes the difference, once, at the end.
 */
export class Draft<T extends Reported> {
  readonly #resource: TypedResource<T>;
  readonly #objects: Objects;
  readonly #clock: Pick<Clock, 'now'>;
  #stored: T;
  #object: T;

  constructor(resource: TypedResource<T>, stored: T, deps: { objects: Objects; clock: Pick<Clock, 'now'> }) {
    this.#resource = resource;
    this.#objects = deps.objects;
    this.#clock = deps.clock;
    this.#stored = stored;
    this.#object = cloneJson(stored);
  }

  get stored(): T {
    return this.#stored;
  }

  /** Change this freely; nothing is sent before a save. */
  get object(): T {
    return this.#object;
  }

  /** RFC 3339, whole seconds. */
  get now(): string {
    return kubeTime(this.#clock);
  }

  /** The conditions as a save with these reports would leave them; of several about one type the last counts. */
  conditionsWith(reports: readonly ConditionReport[]): Condition[] {
    let conditions: readonly Condition[] = this.#object.status?.conditions ?? [];
    for (const report of reports) conditions = setCondition(conditions, report, this.now, this.#observedGeneration);
    return [...conditions];
  }

  /** Writes metadata and spec now: for what must be stored before a side effect (finalizer, owner, defaults). */
  async saveMain(): Promise<void> {
    const { status } = this.#object;
    const main = { ...this.#object, status: this.#stored.status };
    this.#stored = await this.#objects.patch(this.#resource, this.#stored, main);
    this.#object = { ...cloneJson(this.#stored), status };
  }

  /**
   * Writes what changed: metadata and spec, then the status with these conditions. Nothing changed, nothing is sent.
   * @param succeeded - the whole spec was acted upon; only then `observedGeneration` moves
   * @param pacer - may hold back what nobody waits for
   * @returns when to come back for what was held back
   */
  async save(reports: readonly ConditionReport[], succeeded: boolean, pacer?: Pacer): Promise<Outcome> {
    const status: NonNullable<T['status']> = this.#object.status ?? {};
    status.conditions = this.conditionsWith(reports);
    const observed = this.#observedGeneration;
    if (succeeded && observed > 0) status.observedGeneration = observed;
    this.#object.status = status;
    // After a failure nobody can say when the next save comes.
    const delay = succeeded ? (pacer?.delay(this.#stored, this.#object, this.#clock.now()) ?? 0) : 0;
    if (delay > 0) {
      await this.saveMain();
      return requeueAfter(delay);
    }
    this.#stored = await this.#objects.patch(this.#resource, this.#stored, this.#object, {
      ownedConditions: reports.map((report) => report.type),
    });
    this.#object = cloneJson(this.#stored);
    return done();
  }

  /** Drops a finalizer as the last write; the status of an object that is about to vanish is not written. */
  async release(finalizer: string): Promise<void> {
    const metadata = { ...this.#object.metadata };
    metadata.finalizers = (metadata.finalizers ?? []).filter((name) => name !== finalizer);
    this.#stored = await this.#objects.patch(this.#resource, this.#stored, { ...this.#stored, metadata });
  }

  /** A change of the spec that is ours is seen by us: its generation is known before the server counts it. */
  get #observedGeneration(): number {
    const generation = this.#stored.metadata.generation ?? 0;
    return equalJson(this.#stored.spec, this.#object.spec) ? generation : generation + 1;
  }
}
