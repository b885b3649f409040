import { kubeTime } from '../../../machinery/clock';
import type { KubeObject } from '../../../machinery/kube-object';
import { parseApiVersion } from '../../../machinery/kube-object';
import type { FieldContext } from '../apply/field-manager';
import { PathSet, pathSetOf } from '../apply/path-set';
import type { Served } from '../registry/registry';
import { groupVersion, type ResourceDefinition } from '../registry/resource';
import { goDecode } from '../schema/go-decode';
import type { Caller, Core, MutationOptions } from './core';

const STATUS = pathSetOf(['status']);
const SPEC = pathSetOf(['spec']);

/** Where the status endpoint ignores more than the spec. */
const STATUS_RESET: { readonly [resource: string]: PathSet } = {
  'apps/deployments': pathSetOf(['spec'], ['metadata', 'labels']),
  '/pods': pathSetOf(['spec'], ['metadata', 'deletionTimestamp'], ['metadata', 'ownerReferences']),
  'storage.k8s.io/volumeattachments': pathSetOf(['metadata'], ['spec']),
  'apiextensions.k8s.io/customresourcedefinitions': pathSetOf(['metadata'], ['spec']),
};

function resetFields(served: Served, subresource: string): PathSet {
  const { resource, version } = served;
  if (!version.subresources.has('status')) return PathSet.empty;
  if (subresource === '') return STATUS;
  if (subresource !== 'status') return PathSet.empty;
  return STATUS_RESET[`${resource.group}/${resource.resource}`] ?? SPEC;
}

/** Who manages the fields of a request, and by which schemas. */
export function fieldContext(
  core: Core,
  served: Served,
  subresource: string,
  caller: Caller,
  options: MutationOptions,
): FieldContext {
  const { resource } = served;
  return {
    apiVersion: groupVersion(resource.group, served.version.name),
    subresource,
    manager: options.fieldManager ?? managerOf(caller.userAgent),
    reset: resetFields(served, subresource),
    now: kubeTime(core.clock),
    schema: (apiVersion) => schemaOf(resource, apiVersion),
    convert: (object, apiVersion) => resource.convert(object, apiVersion),
  };
}

/** The first word of a user agent, as the real server takes it. */
const managerOf = (userAgent: string): string => userAgent.split('/')[0]?.slice(0, 128) ?? 'unknown';

function schemaOf(resource: ResourceDefinition, apiVersion: string) {
  const { group, version } = parseApiVersion(apiVersion);
  if (group !== resource.group) return undefined;
  return resource.versions.find((candidate) => candidate.name === version)?.schema;
}

/** What an object of the kind is before anybody wrote a field: Go types write some empty fields. */
export function emptyObject(served: Served): KubeObject {
  const apiVersion = groupVersion(served.resource.group, served.version.name);
  const { kind } = served.resource;
  // The empty object has no name yet.
  const bare = { apiVersion, kind, metadata: {} } as unknown as KubeObject;
  if (served.resource.isCustom) return bare;
  return { ...(goDecode(bare, served.version.schema, { faults: [] }) as KubeObject), apiVersion, kind };
}
