import type {
  DeleteOptions,
  KubeApi,
  ListOptions,
  ObjectList,
  PatchBody,
  TypedResource,
  WatchEvent,
  WatchOptions,
  WriteOptions,
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
    this.#see('create', resource, object.metadata.name, options?.subresource, object);
    return this.#api.create(resource, object, options);
  }

  createSubresource(resource: Resource, key: ObjectKey, subresource: string, body: KubeObject): Promise<KubeObject> {
    this.#see('create', resource, key.name, subresource, body);
    return this.#api.createSubresource(resource, key, subresource, body);
  }

  update<T extends KubeObject>(resource: TypedResource<T>, object: T, options?: WriteOptions): Promise<T> {
    this.#see('update', resource, object.metadata.name, options?.subresource, object);
    return this.#api.update(resource, object, options);
  }

  patch<T extends KubeObject>(
    resource: TypedResource<T>,
    key: ObjectKey,
    body: PatchBody,
    options?: WriteOptions,
  ): Promise<T> {
    this.#see('patch', resource, key.name, options?.subresource, body);
    return this.#api.patch(resource, key, body, options);
  }

  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<KubeObject> {
    this.#see('delete', resource, key.name);
    return this.#api.delete(resource, key, options);
  }

  deleteCollection(resource: Resource, list: ListOptions, options?: DeleteOptions): Promise<void> {
    this.#see('delete', resource, '');
    return this.#api.deleteCollection(resource, list, options);
  }

  resourceFor(apiVersion: string, kind: string): Promise<Resource | undefined> {
    return this.#api.resourceFor(apiVersion, kind);
  }

  #see(verb: Request['verb'], resource: Resource, name: string, subresource = '', body?: unknown): void {
    this.seen.push({ verb, kind: resource.kind, name, subresource, body });
  }
}
