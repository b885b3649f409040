import type { KubeApi } from '../api/ports';

/** Requests that came through a {@link countRequests} API. Events and Leases are not counted. */
export interface RequestCounts {
  reads: number;
  writes: number;
}

const WRITES: readonly string[] = ['create', 'createSubresource', 'update', 'patch', 'delete', 'deleteCollection'];
const READS: readonly string[] = ['get', 'list', 'watch'];
const ASIDE: readonly string[] = ['events', 'leases'];

/** Wraps an API so that what goes through it is counted. */
export function countRequests(): { readonly counts: RequestCounts; readonly api: (inner: KubeApi) => KubeApi } {
  const counts: RequestCounts = { reads: 0, writes: 0 };
  const count = (verb: string, resource: unknown) => {
    const plural = (resource as { readonly plural?: string } | undefined)?.plural; // every verb but one names a resource first
    if (plural === undefined || ASIDE.includes(plural)) return;
    if (WRITES.includes(verb)) counts.writes++;
    else if (READS.includes(verb)) counts.reads++;
  };
  const api = (inner: KubeApi): KubeApi =>
    new Proxy(inner, {
      get(target, verb) {
        const value: unknown = Reflect.get(target, verb);
        if (typeof value !== 'function' || typeof verb !== 'string') return value;
        return (...args: unknown[]) => {
          count(verb, args[0]);
          return value.apply(target, args);
        };
      },
    });
  return { counts, api };
}
