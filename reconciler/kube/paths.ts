import type { Resource } from '../../machinery/kube-object';

/** Where a resource lives below the server's address. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope =
    resource.namespaced && (namespace ?? '') !== '' ? `/namespaces/${encodeURIComponent(namespace ?? '')}` : '';
  return `${root}${scope}/${resource.plural}`;
}

export function objectPath(
  resource: Resource,
  key: { readonly namespace: string; readonly name: string },
  subresource?: string,
): string {
  const path = `${collectionPath(resource, key.namespace)}/${encodeURIComponent(key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** `?a=b&c=d`, or nothing; absent and false parameters are left out. */
export function query(parameters: { readonly [name: string]: string | number | boolean | undefined }): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === false || value === '') continue;
    parts.push(`${name}=${encodeURIComponent(String(value))}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
