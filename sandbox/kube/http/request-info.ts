/** What a path addresses, as the real server reads it. */
export type RequestInfo =
  | { readonly kind: 'path'; readonly path: string }
  | {
      readonly kind: 'resource';
      readonly group: string;
      readonly version: string;
      readonly namespace: string;
      readonly resource: string;
      readonly name: string;
      readonly subresource: string;
      /** What follows the subresource (proxy paths). */
      readonly rest: readonly string[];
    };

/** Subresources of a Namespace itself: everything else below one is a resource in it. */
const NAMESPACE_SUBRESOURCES: readonly string[] = ['status', 'finalize'];

export function parsePath(path: string): RequestInfo {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const isCore = parts[0] === 'api';
  const prefix = isCore ? 2 : 3;
  if ((!isCore && parts[0] !== 'apis') || parts.length <= prefix) return { kind: 'path', path };
  const group = isCore ? '' : (parts[1] ?? '');
  const version = parts[prefix - 1] ?? '';
  let rest = parts.slice(prefix);
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 2 && !NAMESPACE_SUBRESOURCES.includes(rest[2] ?? '')) {
    namespace = rest[1] ?? '';
    rest = rest.slice(2);
  } else if (rest[0] === 'namespaces' && rest.length > 1) namespace = '';
  const [resource = '', name = '', subresource = '', ...more] = rest;
  return { kind: 'resource', group, version, namespace, resource, name, subresource, rest: more };
}
