import type { DeleteOptions, KubeApi, ListOptions, PatchBody, TypedResource, WriteOptions } from '../../api/ports';
import { CapstanError } from '../../machinery/errors';
import type { KubeObject, ObjectKey, Resource } from '../../machinery/kube-object';

/** A write was not sent because this process is not the leader (any more). */
export class NotLeader extends CapstanError {
  constructor(request: string) {
    super({
      name: 'NotLeader',
      code: 'NOT_LEADER',
      message: `${request}: not sent, because this process does not hold the leader lease; the leader does the work`,
      // A clock that was set may deny a lead that the next renewal confirms; a lead that is lost ends the process.
      retry: 'backoff',
    });
  }
}

/**
 * The same API, but writes are refused here while `mayWrite` says no: a process that slept through the end of its
 * lease must not finish what it was about to do.
 */
export function fencedApi(api: KubeApi, mayWrite: () => boolean): KubeApi {
  const check = (request: string) => {
    if (!mayWrite()) throw new NotLeader(request);
  };
  return {
    get: (resource, key, options) => api.get(resource, key, options),
    list: (resource, options) => api.list(resource, options),
    watch: (resource, options, signal) => api.watch(resource, options, signal),
    resourceFor: (apiVersion, kind) => api.resourceFor(apiVersion, kind),
    async create<T extends KubeObject>(resource: TypedResource<T>, object: T, options?: WriteOptions) {
      check(`create ${resource.plural}`);
      return api.create(resource, object, options);
    },
    async createSubresource(resource: Resource, key: ObjectKey, subresource: string, body: KubeObject) {
      check(`create ${resource.plural}/${subresource}`);
      return api.createSubresource(resource, key, subresource, body);
    },
    async update<T extends KubeObject>(resource: TypedResource<T>, object: T, options?: WriteOptions) {
      check(`update ${resource.plural}`);
      return api.update(resource, object, options);
    },
    async patch<T extends KubeObject>(
      resource: TypedResource<T>,
      key: ObjectKey,
      body: PatchBody,
      options?: WriteOptions,
    ) {
      check(`patch ${resource.plural}`);
      return api.patch(resource, key, body, options);
    },
    async delete(resource: Resource, key: ObjectKey, options?: DeleteOptions) {
      check(`delete ${resource.plural}`);
      return api.delete(resource, key, options);
    },
    async deleteCollection(resource: Resource, list: ListOptions, options?: DeleteOptions) {
      check(`delete ${resource.plural}`);
      return api.deleteCollection(resource, list, options);
    },
  };
}
