import {
  type DeleteOptions,
  type KubeApi,
  KubeUnreachable,
  type ListOptions,
  type ObjectList,
  type PatchBody,
  type TypedResource,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from '../../../api/ports';
import type { KubeObject, ObjectKey, Resource } from '../../../machinery/kube-object';

/** A request the loops made, with who wrote. */
export interface Request {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  readonly kind: string;
  readonly name: string;
  readonly subresource: string;
  readonly body?: unknown;
}

/** Passes everything on and remembers it. */
export class CountingApi implements KubeApi {
  readonly seen: Request[] = [];
  readonly #api: KubeApi;
  #writesLeft = Number.POSITIVE_INFINITY;

  /** The process dies with the answer to its n-th write from now: that one happens, and nothing after it. */
  dieAfter(writes: number): void {
    this.#writesLeft = writes;
  }

  get isDead(): boolean {
    return this.#writesLeft <= 0;
  }

  constructor(api: KubeApi) {
    this.#api = api;
  }

  writes(): Request[] {
    return this.seen.filter(
      ({ verb, kind }) => !['get', 'list', 'watch'].includes(verb) && kind !== 'Event' && kind !== 'Lease',
    );
  }

  get<T extends KubeObject>(
    resource: TypedResource<T>,
    key: ObjectKey,
    options?: { subresource?: string },
  ): Promise<T> {
    this.#see('get', resource, key.name, options?.subresource);
    return this.#api.get(resource, key, options);
  }

  list<T extends KubeObject>(resource: TypedResource<T>, options?: ListOptions): Promise<ObjectList<T>> {
    this.#see('list', resource, '');
    return this.#api.list(resource, options);
  }

  watch<T extends KubeObject>(
    resource: TypedResource<T>,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>> {
    this.#see('watch', resource, '');
    return this.#api.watch(resource, options, signal);
  }

  create<T extends KubeObject>(resource: TypedResource<T>, object: T, options?: WriteOptions): Promise<T> {
    return this.#write(
      () => this.#api.create(resource, object, options),
      'create',
      resource,
      object.metadata.name,
      options?.subresource,
      object,
    );
  }

  createSubresource(resource: Resource, key: ObjectKey, subresource: string, body: KubeObject): Promise<KubeObject> {
    return this.#write(
      () => this.#api.createSubresource(resource, key, subresource, body),
      'create',
      resource,
      key.name,
      subresource,
      body,
    );
  }

  update<T extends KubeObject>(resource: TypedResource<T>, object: T, options?: WriteOptions): Promise<T> {
    return this.#write(
      () => this.#api.update(resource, object, options),
      'update',
      resource,
      object.metadata.name,
      options?.subresource,
      object,
    );
  }

  patch<T extends KubeObject>(
    resource: TypedResource<T>,
    key: ObjectKey,
    body: PatchBody,
    options?: WriteOptions,
  ): Promise<T> {
    return this.#write(
      () => this.#api.patch(resource, key, body, options),
      'patch',
      resource,
      key.name,
      options?.subresource,
      body,
    );
  }

  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<KubeObject> {
    return this.#write(() => this.#api.delete(resource, key, options), 'delete', resource, key.name);
  }

  deleteCollection(resource: Resource, list: ListOptions, options?: DeleteOptions): Promise<void> {
    return this.#write(() => this.#api.deleteCollection(resource, list, options), 'delete', resource, '');
  }

  resourceFor(apiVersion: string, kind: string): Promise<Resource | undefined> {
    return this.#api.resourceFor(apiVersion, kind);
  }

  async #write<T>(
    work: () => Promise<T>,
    ...request: [Request['verb'], Resource, string, string?, unknown?]
  ): Promise<T> {
    const [verb, { plural }, name] = request;
    if (this.isDead) throw new KubeUnreachable(`${verb} ${plural} ${name}`, 'dead');
    this.#see(...request);
    const answer = await work();
    this.#writesLeft--;
    if (this.isDead) throw new KubeUnreachable('a dying process', 'dead');
    return answer;
  }

  #see(verb: Request['verb'], resource: Resource, name: string, subresource = '', body?: unknown): void {
    this.seen.push({ verb, kind: resource.kind, name, subresource, body });
  }
}
