import { byPriority } from '../crd/version-order';
import type { Registry } from '../registry/registry';
import { groupVersion, type ResourceDefinition, type VersionDefinition } from '../registry/resource';

/** What kubectl asks first: which groups, versions and resources there are. */

/** `/api`. */
export const coreVersions = (address: string): object => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
});

interface Group {
  readonly name: string;
  readonly versions: readonly string[];
}

function groupsOf(registry: Registry): Group[] {
  const versions = new Map<string, Set<string>>();
  for (const resource of registry.all()) {
    if (resource.group === '') continue;
    const names = versions.get(resource.group) ?? new Set<string>();
    versions.set(resource.group, names);
    for (const version of resource.versions) if (version.served) names.add(version.name);
  }
  return [...versions]
    .filter(([, names]) => names.size > 0)
    .map(([name, names]) => ({ name, versions: [...names].sort(byPriority) }));
}

const groupBody = ({ name, versions }: Group): object => {
  const entries = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: entries, preferredVersion: entries[0] };
};

/** `/apis`. */
export const groupList = (registry: Registry): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupsOf(registry).map(groupBody),
});

/** `/apis/<group>`, or undefined when there is no such group. */
export function oneGroup(registry: Registry, name: string): object | undefined {
  const group = groupsOf(registry).find((candidate) => candidate.name === name);
  return group === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group) };
}

/** `/api/v1` and `/apis/<group>/<version>`, or undefined when nothing is served there. */
export function resourceList(registry: Registry, group: string, version: string): object | undefined {
  const resources: object[] = [];
  for (const { resource, served } of servedBy(registry, group, version)) {
    resources.push(resourceBody(resource));
    for (const subresource of served.subresources.values()) {
      resources.push({
        name: `${resource.resource}/${subresource.name}`,
        singularName: '',
        namespaced: resource.namespaced,
        ...(subresource.group === undefined ? {} : { group: subresource.group, version: subresource.version }),
        kind: subresource.kind,
        verbs: subresource.verbs,
      });
    }
  }
  if (resources.length === 0) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: groupVersion(group, version), resources };
}

function servedBy(
  registry: Registry,
  group: string,
  version: string,
): { resource: ResourceDefinition; served: VersionDefinition }[] {
  const found: { resource: ResourceDefinition; served: VersionDefinition }[] = [];
  for (const resource of registry.all()) {
    if (resource.group !== group) continue;
    const served = resource.versions.find((candidate) => candidate.name === version && candidate.served);
    if (served !== undefined) found.push({ resource, served });
  }
  return found;
}

const resourceBody = (resource: ResourceDefinition): object => ({
  name: resource.resource,
  singularName: resource.singular,
  namespaced: resource.namespaced,
  kind: resource.kind,
  verbs: resource.verbs,
  ...(resource.shortNames.length === 0 ? {} : { shortNames: resource.shortNames }),
  ...(resource.categories.length === 0 ? {} : { categories: resource.categories }),
});

/** Aggregated discovery (`apidiscovery.k8s.io/v2`), for `/api` (core) and `/apis` (the rest). */
export function aggregated(registry: Registry, isCore: boolean): object {
  const groups = isCore ? [{ name: '', versions: ['v1'] }] : groupsOf(registry);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.name === '' ? {} : { name: group.name },
      versions: group.versions.map((version) => ({
        version,
        resources: servedBy(registry, group.name, version).map(({ resource, served }) =>
          aggregatedResource(resource, served, version),
        ),
        freshness: 'Current',
      })),
    })),
  };
}

function aggregatedResource(resource: ResourceDefinition, served: VersionDefinition, version: string): object {
  return {
    resource: resource.resource,
    responseKind: { group: resource.group, version, kind: resource.kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...(resource.shortNames.length === 0 ? {} : { shortNames: resource.shortNames }),
    ...(resource.categories.length === 0 ? {} : { categories: resource.categories }),
    ...(served.subresources.size === 0
      ? {}
      : {
          subresources: [...served.subresources.values()].map((subresource) => ({
            subresource: subresource.name,
            responseKind: {
              group: subresource.group ?? resource.group,
              version: subresource.version ?? version,
              kind: subresource.kind,
            },
            verbs: subresource.verbs,
          })),
        }),
  };
}
