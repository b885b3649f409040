import type { Registry, Served } from '../registry/registry';
import type { Target } from '../rest/core';
import { badRequest, methodNotAllowed, noSuchPath, Refusal } from '../rest/refusal';
import type { Offer } from './negotiate';
import { isTrue } from './options';
import type { RequestInfo } from './request-info';

type ResourceInfo = Extract<RequestInfo, { kind: 'resource' }>;

/** What a method means at a path; empty: nothing. */
export function verbOf(method: string, info: { readonly name: string }, query: URLSearchParams): string {
  const isNamed = info.name !== '';
  switch (method) {
    case 'GET':
    case 'HEAD':
      // A name makes it a read of one object, whatever else is asked.
      if (isNamed) return 'get';
      return isTrue(query, 'watch') ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return isNamed ? 'delete' : 'deletecollection';
    default:
      return '';
  }
}

/**
 * What a path leads to. Undefined: no kind is served there, in a group of custom resources or none. Builtin kinds and
 * custom resources have routers of their own, which know paths and methods by different rules.
 * @throws Refusal when a builtin kind has no such path, or a kind no such method
 */
export function route(registry: Registry, info: ResourceInfo, verb: string): Target | undefined {
  const served = registry.served(info.group, info.version, info.resource);
  if (served === undefined) {
    if (registry.isBuiltinGroup(info.group)) throw noSuchPath();
    return undefined;
  }
  if (!served.resource.isCustom) checkBuiltin(served, info, verb);
  else if (!leadsToCustom(served, info, verb)) return undefined;
  return { ...served, namespace: info.namespace, name: info.name, subresource: info.subresource };
}

/** What a client can choose from at a path. */
export function offerOf({ resource }: Target, verb: string): Offer {
  if (resource.isCustom) return 'custom';
  return verb === 'list' || verb === 'watch' ? 'builtin stream' : 'builtin';
}

function checkBuiltin(served: Served, info: ResourceInfo, verb: string): void {
  const verbs = builtinVerbs(served, info);
  if (verbs.length === 0) throw noSuchPath();
  if (!verbs.includes(verb)) throw notAllowedHere();
}

/** What the path of a builtin kind takes; nothing: there is no such path. */
function builtinVerbs({ resource, version }: Served, info: ResourceInfo): readonly string[] {
  const { namespaced, verbs } = resource;
  if (!namespaced && info.namespace !== '') return [];
  const isAcross = namespaced && info.namespace === '';
  if (isAcross) return info.name === '' ? verbs.filter((verb) => ACROSS_NAMESPACES.includes(verb)) : [];
  if (info.subresource !== '') return version.subresources.get(info.subresource)?.verbs ?? [];
  return verbs.filter((verb) => NAMED.includes(verb) === (info.name !== ''));
}

const NAMED: readonly string[] = ['get', 'update', 'patch', 'delete'];
const ACROSS_NAMESPACES: readonly string[] = ['list', 'watch'];

function leadsToCustom({ resource, version }: Served, info: ResourceInfo, verb: string): boolean {
  const { namespaced } = resource;
  if (!namespaced && info.namespace !== '') return false;
  if (namespaced && info.namespace === '' && !ACROSS_NAMESPACES.includes(verb)) return false;
  const verbs = info.subresource === '' ? resource.verbs : version.subresources.get(info.subresource)?.verbs;
  // An unknown subresource is told as an object that is missing, by whoever looks for it.
  if (verbs?.includes(verb) === false) throw methodNotAllowed(resource, verb);
  if (info.name === '' && (verb === 'update' || verb === 'patch')) throw badRequest('name must be provided');
  return true;
}

const notAllowedHere = (): Refusal =>
  new Refusal({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });
