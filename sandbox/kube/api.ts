import {
  type DeleteOptions,
  type KubeApi,
  KubeError,
  type ListOptions,
  type ObjectList,
  type PatchBody,
  type TypedResource,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from '../../api/ports/kube-api';
import { type KubeObject, type ObjectKey, parseApiVersion, type Resource } from '../../machinery/kube-object';
import type { Engine } from './engine';
import type { Served } from './registry/registry';
import type { Caller, MutationOptions, Target, User } from './rest/core';
import { deletedStatus } from './rest/delete';
import { noSuchPath } from './rest/refusal';

/** What authorises a request before the engine sees it. Throws a refusal. */
export type Authorize = (
  user: User,
  request: { verb: string; target: Served & { namespace: string; name?: string; subresource?: string } },
) => void;

/** The KubeApi of callers in the same process: no sockets, frozen shared objects. */
export class InProcessApi implements KubeApi {
  constructor(
    private readonly engine: Engine,
    private readonly user: User,
    private readonly userAgent: string,
    private readonly authorize: Authorize,
  ) {}

  get<T extends KubeObject>(
    resource: TypedResource<T>,
    key: ObjectKey,
    options: { subresource?: string } = {},
  ): Promise<T> {
    return this.#run('get', resource, key, async () => {
      const target = this.#target('get', resource, key, options.subresource);
      return (await this.engine.get(target)) as T;
    });
  }

  list<T extends KubeObject>(resource: TypedResource<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    return this.#run('list', resource, undefined, async () => {
      const target = this.#target('list', resource, { namespace: options.namespace ?? '', name: '' });
      const page = await this.engine.list(target, options);
      return { ...page, items: page.items as readonly T[] };
    });
  }

  async *watch<T extends KubeObject>(
    resource: TypedResource<T>,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    try {
      const target = this.#target('watch', resource, { namespace: options.namespace ?? '', name: '' });
      for await (const event of this.engine.watch(target, options, signal)) yield event as WatchEvent<T>;
    } catch (error) {
      throw named(error, 'watch', resource, undefined);
    }
  }

  create<T extends KubeObject>(resource: TypedResource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
    return this.#run('create', resource, key, async () => {
      const target = this.#target('create', resource, { namespace: key.namespace, name: '' });
      return (await this.engine.create(this.#caller(), target, object, mutation(options))) as T;
    });
  }

  createSubresource(resource: Resource, key: ObjectKey, subresource: string, body: KubeObject): Promise<KubeObject> {
    return this.#run('create', resource, key, () => {
      const target = this.#target('create', resource, key, subresource);
      return this.engine.createSubresource(this.#caller(), target, body);
    });
  }

  update<T extends KubeObject>(resource: TypedResource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
    return this.#run('update', resource, key, async () => {
      const target = this.#target('update', resource, key, options.subresource);
      return (await this.engine.update(this.#caller(), target, object, mutation(options))) as T;
    });
  }

  patch<T extends KubeObject>(
    resource: TypedResource<T>,
    key: ObjectKey,
    body: PatchBody,
    options: WriteOptions = {},
  ): Promise<T> {
    return this.#run('patch', resource, key, async () => {
      const target = this.#target('patch', resource, key, options.subresource);
      return (await this.engine.patch(this.#caller(), target, body, mutation(options))) as T;
    });
  }

  delete(resource: Resource, key: ObjectKey, options: DeleteOptions = {}): Promise<KubeObject> {
    return this.#run('delete', resource, key, async () => {
      const target = this.#target('delete', resource, key);
      const { object, isGone } = await this.engine.delete(this.#caller(), target, options);
      // A Status is what the server answers when nothing is left; the port says so.
      return isGone ? (deletedStatus(target, object) as unknown as KubeObject) : object;
    });
  }

  deleteCollection(resource: Resource, list: ListOptions, options: DeleteOptions = {}): Promise<void> {
    return this.#run('deletecollection', resource, undefined, async () => {
      const target = this.#target('deletecollection', resource, { namespace: list.namespace ?? '', name: '' });
      await this.engine.deleteCollection(this.#caller(), target, list, options);
    });
  }

  resourceFor(apiVersion: string, kind: string): Promise<Resource | undefined> {
    const { group, version } = parseApiVersion(apiVersion);
    const found = this.engine.core.registry.forKind(group, kind);
    const isServed = found?.versions.some((candidate) => candidate.name === version && candidate.served) === true;
    if (found === undefined || !isServed) return Promise.resolve(undefined);
    return Promise.resolve({ group, version, kind, plural: found.resource, namespaced: found.namespaced });
  }

  #caller(): Caller {
    return { user: this.user, userAgent: this.userAgent, warnings: [] };
  }

  #target(verb: string, resource: Resource, key: ObjectKey, subresource = ''): Target {
    const served = this.engine.core.registry.served(resource.group, resource.version, resource.plural);
    if (served === undefined) throw noSuchPath();
    const namespace = served.resource.namespaced ? key.namespace : '';
    const target: Target = { ...served, namespace, name: key.name, subresource };
    this.authorize(this.user, { verb, target });
    return target;
  }

  async #run<T>(verb: string, resource: Resource, key: ObjectKey | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw named(error, verb, resource, key);
    }
  }
}

const mutation = (options: WriteOptions): MutationOptions => ({
  dryRun: options.dryRun,
  fieldManager: options.fieldManager,
  fieldValidation: options.fieldValidation,
});

/** The same refusal, with the request it answers. */
function named(error: unknown, verb: string, resource: Resource, key: ObjectKey | undefined): unknown {
  if (!(error instanceof KubeError)) return error;
  const at =
    key === undefined || key.name === '' ? '' : ` ${key.namespace === '' ? '' : `${key.namespace}/`}${key.name}`;
  return new KubeError(error.status, `${verb} ${resource.plural}${at}`);
}
