import { isProtectedNamespace } from '../builtins/core';
import { mapAt } from '../builtins/strategy';
import type { Core, Target } from './core';
import { notFound, Refusal } from './refusal';

const NAMESPACES = { group: '', resource: 'namespaces' };

/** Nothing is created in a namespace that does not exist or is being emptied. */
export function requireNamespace(core: Core, target: Target): void {
  const { resource } = target;
  if (!resource.namespaced) return;
  const namespace = core.store.get('/namespaces', { namespace: '', name: target.namespace });
  if (namespace === undefined) throw notFound(NAMESPACES, target.namespace);
  if (mapAt(namespace, 'status')['phase'] !== 'Terminating' && namespace.metadata.deletionTimestamp === undefined)
    return;
  const name = `${resource.resource}${resource.group === '' ? '' : `.${resource.group}`}`;
  throw new Refusal({
    code: 403,
    reason: 'Forbidden',
    message: `${name} ${JSON.stringify(target.name)} is forbidden: unable to create new content in namespace ${target.namespace} because it is being terminated`,
    details: {
      name: target.name,
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.resource,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${target.namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  });
}

/** Some namespaces cannot be deleted. */
export function requireDeletable(target: Target): void {
  if (target.resource.table !== '/namespaces' || !isProtectedNamespace(target.name)) return;
  throw new Refusal({
    code: 403,
    reason: 'Forbidden',
    message: `namespaces ${JSON.stringify(target.name)} is forbidden: this namespace may not be deleted`,
    details: { name: target.name, kind: 'namespaces' },
  });
}
