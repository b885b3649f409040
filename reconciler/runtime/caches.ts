import type { KubeApi, Log } from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import { CapstanError } from '../../machinery/errors';
import type { KubeObject, Resource } from '../../machinery/kube-object';
import type { Random } from '../../machinery/random';
import { describeResource, Informer } from './informer';

/** A read from a cache that nobody declared, or that is not warm: its answer would be "absent" without having looked. */
export class NotWatched extends CapstanError {
  constructor(resource: Resource, why: 'undeclared' | 'cold') {
    const name = describeResource(resource);
    super({
      name: 'NotWatched',
      code: why === 'undeclared' ? 'CACHE_NOT_WATCHED' : 'CACHE_NOT_WARM',
      message:
        why === 'undeclared'
          ? `${name} is read from the cache but watched by nobody; add it to Controller.watches or call ensureWatched`
          : `${name} is read from the cache before its first list was answered; wait for ensureWatched`,
    });
  }
}

export interface CachesOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Absent: all namespaces. Cluster-scoped resources are always watched whole. */
  readonly namespace?: string | undefined;
}

/** One informer for each watched resource. */
export class Caches {
  readonly #informers = new Map<string, Informer>();
  readonly #options: CachesOptions;
  #stopping: Promise<unknown> | undefined;

  constructor(options: CachesOptions) {
    this.#options = options;
  }

  /** The informer of a resource; the first call starts it. */
  watch(resource: Resource, trim?: (object: KubeObject) => KubeObject): Informer {
    const id = describeResource(resource);
    const known = this.#informers.get(id);
    if (known !== undefined) return known;
    const { namespace, ...rest } = this.#options;
    const informer = new Informer({ ...rest, resource, trim, namespace: resource.namespaced ? namespace : undefined });
    this.#informers.set(id, informer);
    // Whoever is still at work while we stop must not start what nobody would end.
    if (this.#stopping !== undefined) this.#stopping = Promise.all([this.#stopping, informer.stop()]);
    else informer.start();
    return informer;
  }

  /** The informer of a resource if there is one, warm or not. */
  find(resource: Resource): Informer | undefined {
    return this.#informers.get(describeResource(resource));
  }

  /**
   * The informer of a resource, warm.
   * @throws NotWatched
   */
  warm(resource: Resource): Informer {
    const informer = this.find(resource);
    if (informer === undefined) throw new NotWatched(resource, 'undeclared');
    if (!informer.synced) throw new NotWatched(resource, 'cold');
    return informer;
  }

  all(): Iterable<Informer> {
    return this.#informers.values();
  }

  async stop(): Promise<void> {
    this.#stopping ??= Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
    await this.#stopping;
  }
}
