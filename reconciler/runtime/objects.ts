import {
  type ContractResource,
  type DeleteOptions,
  isReason,
  type KubeApi,
  KubeError,
  KubeUnreachable,
  type ObjectEvent,
  type ObjectFilter,
  type Objects,
  type PatchOptions,
  type TypedResource,
  tryGet,
  type WriteOptions,
} from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import { type KubeObject, keyOf, type ObjectKey, type Resource } from '../../machinery/kube-object';
import type { Random } from '../../machinery/random';
import { backoffMs } from './backoff';
import type { Caches } from './caches';
import type { Contracts } from './contracts';
import { describeResource } from './informer';
import { isFinished, mainPatch, statusPatch } from './object-patch';

export interface CachedObjectsOptions {
  readonly api: KubeApi;
  readonly caches: Caches;
  readonly contracts: Contracts;
  readonly clock: Clock;
  readonly random: Random;
}

/** Field manager of plain writes, as upstream's controllers leave it (the program's name by Go's default). */
const DEFAULT_MANAGER = 'manager';
const CONFLICT_ATTEMPTS = 6;
const CONFLICT_BACKOFF = { baseMs: 10, capMs: 500 };
const LOOK_BACKOFF = { baseMs: 50, capMs: 2000 };
/** How long the outcome of an unanswered create is looked for before the caller hears of it. */
const LOOK_LIMIT_MS = 15_000;

/** {@link Objects} over informer caches: see the port for the promises. */
export class CachedObjects implements Objects {
  readonly #api: KubeApi;
  readonly #caches: Caches;
  readonly #contracts: Contracts;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #subscriptions = new Set<string>();

  constructor(options: CachedObjectsOptions) {
    this.#api = options.api;
    this.#caches = options.caches;
    this.#contracts = options.contracts;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  get<T extends KubeObject>(resource: TypedResource<T>, key: ObjectKey): T | undefined {
    return typed(resource, this.#caches.warm(resource).store.get(key));
  }

  list<T extends KubeObject>(resource: TypedResource<T>, filter?: ObjectFilter): readonly T[] {
    return typedList(resource, this.#caches.warm(resource).store.list(filter));
  }

  async read<T extends KubeObject>(resource: TypedResource<T>, key: ObjectKey): Promise<T | undefined> {
    const object = await tryGet(this.#api, resource, key);
    if (object !== undefined) this.#learn(resource, object);
    return object;
  }

  ensureWatched(name: string, resource: Resource, onEvent: (event: ObjectEvent) => void): Promise<void> {
    const informer = this.#caches.watch(resource);
    const id = `${name} ${describeResource(resource)}`;
    if (!this.#subscriptions.has(id)) {
      this.#subscriptions.add(id);
      informer.subscribe((event, initial) => {
        if (!initial) onEvent(event);
      });
    }
    return informer.attempt();
  }

  async create<T extends KubeObject>(resource: TypedResource<T>, object: T, options?: WriteOptions): Promise<T> {
    try {
      const fieldManager = options?.fieldManager ?? DEFAULT_MANAGER;
      const created = await this.#api.create(resource, object, { ...options, fieldManager });
      if (options?.dryRun !== true) this.#learn(resource, created);
      return created;
    } catch (error) {
      if (mayHaveHappened(error)) await this.#lookFor(resource, keyOf(object));
      throw error;
    }
  }

  async patch<T extends KubeObject>(
    resource: TypedResource<T>,
    before: T,
    after: T,
    options: PatchOptions = {},
  ): Promise<T> {
    const key = keyOf(after);
    const write = { fieldManager: options.fieldManager ?? DEFAULT_MANAGER };
    let latest = await this.#patchOnce(resource, key, before, write, (fresh) => mainPatch(before, after, fresh));
    if (latest !== undefined && isFinished(latest)) return latest;
    const toStatus = { ...write, subresource: 'status' };
    const base = latest ?? before;
    const answer = await this.#patchOnce(resource, key, base, toStatus, (fresh) =>
      statusPatch(before, after, fresh, options.ownedConditions),
    );
    latest = answer ?? latest;
    return latest ?? after;
  }

  stands(resource: TypedResource, intent: KubeObject, fieldManager: string): boolean {
    const key = keyOf(intent);
    const store = this.#caches.find(resource)?.store;
    const cached = store?.get(key);
    const isNamesake = intent.metadata.uid !== undefined && intent.metadata.uid !== cached?.metadata.uid;
    return cached !== undefined && !isNamesake && store?.appliedTo(key)?.stands(fieldManager, intent) === true;
  }

  async apply<T extends KubeObject>(resource: TypedResource<T>, intent: KubeObject, fieldManager: string): Promise<T> {
    const key = keyOf(intent);
    const store = this.#caches.find(resource)?.store;
    const cached = store?.get(key);
    if (cached !== undefined && this.stands(resource, intent, fieldManager)) {
      const same = typed(resource, cached);
      if (same !== undefined) return same;
    }
    let answer: T;
    try {
      answer = await this.#api.patch(resource, key, { type: 'apply', patch: intent, force: true }, { fieldManager });
    } catch (error) {
      if (cached === undefined && mayHaveHappened(error)) await this.#lookFor(resource, key);
      throw error;
    }
    this.#learn(resource, answer);
    // What arrived since by watch was compared with older knowledge; only the state of this very answer is known.
    if (store?.get(key)?.metadata.resourceVersion === answer.metadata.resourceVersion) {
      store?.appliedTo(key)?.remember(fieldManager, intent, answer);
    }
    return answer;
  }

  async delete(resource: Resource, object: KubeObject, options: DeleteOptions = {}): Promise<void> {
    const uid = options.preconditions?.uid ?? object.metadata.uid;
    const preconditions = uid === undefined ? options.preconditions : { ...options.preconditions, uid };
    let answer: KubeObject;
    try {
      answer = await this.#api.delete(resource, keyOf(object), { ...options, preconditions });
    } catch (error) {
      // With a uid precondition, a conflict means that the name belongs to another object by now: ours is gone.
      const isGone = isReason(error, 'NotFound') || (isReason(error, 'Conflict') && isUidConflict(error, uid));
      if (!isGone) throw error;
      this.#forget(resource, object);
      return;
    }
    if (options.dryRun === true) return;
    const stays =
      answer.kind === object.kind && answer.metadata?.deletionTimestamp !== undefined && !isFinished(answer);
    if (stays) this.#learn(resource, answer);
    else this.#forget(resource, object);
  }

  async resourceFor(apiVersion: string, kind: string): Promise<Resource | undefined> {
    return (await this.#contracts.resourceFor(apiVersion, kind)) ?? (await this.#api.resourceFor(apiVersion, kind));
  }

  resolveContract(group: string, kind: string): Promise<ContractResource> {
    return this.#contracts.resolve(group, kind);
  }

  /**
   * Sends the patch that `plan` makes for the newest known state, as often as somebody else was faster.
   * @returns the answer, or undefined when there was nothing to send
   */
  async #patchOnce<T extends KubeObject>(
    resource: TypedResource<T>,
    key: ObjectKey,
    base: T,
    options: WriteOptions,
    plan: (fresh: KubeObject) => object | undefined,
  ): Promise<T | undefined> {
    let fresh = base;
    let moved = false;
    for (let attempt = 1; ; attempt++) {
      const patch = plan(fresh);
      // Nothing to send any more after a conflict: what we wanted is there, in the state just read.
      if (patch === undefined) return moved ? fresh : undefined;
      try {
        const answer = await this.#api.patch(resource, key, { type: 'merge', patch }, options);
        this.#learn(resource, answer);
        return answer;
      } catch (error) {
        if (!isReason(error, 'Conflict') || attempt === CONFLICT_ATTEMPTS) throw error;
        if (attempt > 1) await this.#clock.sleep(backoffMs(attempt - 1, CONFLICT_BACKOFF, this.#random));
        fresh = await this.#api.get(resource, key);
        moved = true;
        if (fresh.metadata.uid !== base.metadata.uid) throw error;
        this.#learn(resource, fresh);
      }
    }
  }

  /** A creation without an answer may have happened. Until the server said which, the cache would be behind our own write. */
  async #lookFor(resource: TypedResource, key: ObjectKey): Promise<void> {
    if (key.name === '' || this.#caches.find(resource) === undefined) return;
    const end = this.#clock.now() + LOOK_LIMIT_MS;
    for (let attempt = 1; this.#clock.now() < end; attempt++) {
      try {
        await this.read(resource, key);
        return;
      } catch (error) {
        if (!mayHaveHappened(error) && !isReason(error, 'TooManyRequests')) return;
        await this.#clock.sleep(backoffMs(attempt, LOOK_BACKOFF, this.#random));
      }
    }
  }

  #learn(resource: Resource, object: KubeObject): void {
    const store = this.#caches.find(resource)?.store;
    if (store === undefined) return;
    if (isFinished(object)) store.remove(object);
    else store.offer(object);
  }

  #forget(resource: Resource, object: KubeObject): void {
    this.#caches.find(resource)?.store.remove(object);
  }
}

/** No answer, or one that says only that something went wrong on the way (a time-out behind the API server). */
function mayHaveHappened(error: unknown): boolean {
  return error instanceof KubeUnreachable || (error instanceof KubeError && (error.status.code ?? 0) >= 500);
}

function isUidConflict(error: Error, uid: string | undefined): boolean {
  return uid !== undefined && /\bUID in precondition\b/.test(error.message);
}

/** A TypedResource says what its objects are: the type is the caller's claim, as in every Kubernetes client. */
function typed<T extends KubeObject>(_resource: TypedResource<T>, object: KubeObject | undefined): T | undefined {
  return object as T | undefined;
}

function typedList<T extends KubeObject>(_resource: TypedResource<T>, objects: readonly KubeObject[]): readonly T[] {
  return objects as readonly T[];
}
