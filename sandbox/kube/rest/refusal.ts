import { KubeError, type Status } from '../../../api/ports/kube-api';
import { parseApiVersion } from '../../../machinery/kube-object';
import type { FieldError } from './field-error';

/**
 * The server says no, with the Status body that answers the request. Refusals carry no request text; the adapter that
 * took the request adds it.
 */
export class Refusal extends KubeError {
  constructor(status: Omit<Status, 'kind' | 'apiVersion' | 'status'>) {
    super({ kind: 'Status', apiVersion: 'v1', status: 'Failure', ...status }, 'kube sandbox');
  }
}

/** What a message calls a resource: `deployments.apps`, `pods`. */
export interface ResourceName {
  readonly group: string;
  readonly resource: string;
}

export const qualified = (resource: ResourceName): string =>
  resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`;

const detailsOf = (resource: ResourceName, name: string) => ({
  ...(name === '' ? {} : { name }),
  ...(resource.group === '' ? {} : { group: resource.group }),
  kind: resource.resource,
});

export const notFound = (resource: ResourceName, name: string): Refusal =>
  new Refusal({
    code: 404,
    reason: 'NotFound',
    message: `${qualified(resource)} ${JSON.stringify(name)} not found`,
    details: detailsOf(resource, name),
  });

/** No such path: the answer to an unknown group, version or resource. */
export const noSuchPath = (): Refusal =>
  new Refusal({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });

export const alreadyExists = (resource: ResourceName, name: string, isBeingDeleted: boolean): Refusal =>
  new Refusal({
    code: 409,
    reason: 'AlreadyExists',
    message: `${isBeingDeleted ? 'object is being deleted: ' : ''}${qualified(resource)} ${JSON.stringify(name)} already exists`,
    details: detailsOf(resource, name),
  });

export const conflict = (resource: ResourceName, name: string, why: string): Refusal =>
  new Refusal({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${qualified(resource)} ${JSON.stringify(name)}: ${why}`,
    details: detailsOf(resource, name),
  });

export const STALE = 'the object has been modified; please apply your changes to the latest version and try again';

export const invalidObject = (
  kind: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): Refusal => {
  const texts = [
    ...new Set(errors.map((error) => (error.field === '' ? error.message : `${error.field}: ${error.message}`))),
  ];
  const all = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const qualifiedKind = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return new Refusal({
    code: 422,
    reason: 'Invalid',
    message: `${qualifiedKind} ${JSON.stringify(name)} is invalid: ${all}`,
    details: {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      ...(kind.kind === '' ? {} : { kind: kind.kind }),
      causes: errors.map((error) => ({ reason: error.reason, message: error.message, field: error.field })),
    },
  });
};

/** An object of a resource is named by the kind it is stored as: Events of either group by the core's. */
export const invalidOf = (
  { storageApiVersion, kind }: { readonly storageApiVersion: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): Refusal => invalidObject({ group: parseApiVersion(storageApiVersion).group, kind }, name, errors);

export const badRequest = (message: string): Refusal => new Refusal({ code: 400, reason: 'BadRequest', message });

export const forbiddenRequest = (resource: ResourceName, name: string, why: string): Refusal =>
  new Refusal({
    code: 403,
    reason: 'Forbidden',
    message: `${qualified(resource)}${name === '' ? '' : ` ${JSON.stringify(name)}`} is forbidden: ${why}`,
    details: detailsOf(resource, name),
  });

/** What the paths of custom resources say of a type of patch that they do not take. */
export const unsupportedCustomPatch = (): Refusal =>
  new Refusal({
    code: 415,
    reason: 'UnsupportedMediaType',
    message:
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
  });

/** @param next the token that continues a list in the newest state, at the price of consistency */
export const expired = (message: string, next?: string): Refusal =>
  new Refusal({
    code: 410,
    reason: 'Expired',
    message,
    ...(next === undefined ? {} : { metadata: { continue: next } }),
  });

export const methodNotAllowed = (resource: ResourceName, verb: string): Refusal =>
  new Refusal({
    code: 405,
    reason: 'MethodNotAllowed',
    message: `${verb} is not supported on resources of kind ${JSON.stringify(qualified(resource))}`,
    details: detailsOf(resource, ''),
  });

export const internalError = (why: string): Refusal =>
  new Refusal({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${why}`,
    details: { causes: [{ message: why }] },
  });
