import type { KubeObject } from '../../../machinery/kube-object';
import { defaultNameFault } from '../registry/metadata';
import {
  groupVersion,
  type PrinterColumn,
  type ResourceDefinition,
  type Strategy,
  type SubresourceDefinition,
} from '../registry/resource';
import { SchemaCompiler, type SchemaNode } from '../schema/node';
import * as access from './access';
import catalog from './catalog.json';
import * as core from './core';
import { customResourceDefinitions } from './custom-resource-definitions';
import { convertEvent } from './events';
import { pods } from './pods';
import { builtinSelectable } from './selectable';
import { strategy } from './strategy';
import * as workloads from './workloads';

interface CatalogResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources: readonly SubresourceDefinition[];
  readonly definition: string;
}

// The file is generated; its type would be thousands of literal types.
const { resources, definitions } = catalog as unknown as {
  readonly resources: readonly CatalogResource[];
  readonly definitions: { readonly [name: string]: { readonly [keyword: string]: unknown } };
};

const compiler = new SchemaCompiler(definitions, true);

/** The schema of `metadata`, for every kind. */
export const objectMetaSchema: SchemaNode = compiler.definition('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');

/** The schema of a Go type by its OpenAPI name. */
export const goSchema = (definition: string): SchemaNode => compiler.definition(definition);

/** Kinds of bodies that are no resources of their own. */
const BODY_KINDS: { readonly [kind: string]: string } = {
  'policy/v1/Eviction': 'io.k8s.api.policy.v1.Eviction',
  'v1/Binding': 'io.k8s.api.core.v1.Binding',
  'autoscaling/v1/Scale': 'io.k8s.api.autoscaling.v1.Scale',
  'authentication.k8s.io/v1/TokenRequest': 'io.k8s.api.authentication.v1.TokenRequest',
};

/** The Go type of a kind. */
export function definitionOfKind(apiVersion: string, kind: string): string | undefined {
  if (kind === 'DeleteOptions') return 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
  const entry = resources.find((item) => item.kind === kind && groupVersion(item.group, item.version) === apiVersion);
  return entry?.definition ?? BODY_KINDS[`${apiVersion}/${kind}`];
}

/** The raw OpenAPI definitions of all builtin types. */
export const goDefinitions = definitions;

const STRATEGIES: { readonly [resource: string]: Strategy } = {
  '/pods': pods,
  '/secrets': core.secrets,
  '/configmaps': core.configMaps,
  '/namespaces': core.namespaces,
  '/nodes': core.nodes,
  '/services': core.services,
  '/events': core.events,
  'events.k8s.io/events': core.events,
  '/endpoints': core.endpoints,
  '/persistentvolumes': core.persistentVolumes,
  '/persistentvolumeclaims': core.persistentVolumeClaims,
  'apps/deployments': workloads.deployments,
  'apps/daemonsets': workloads.daemonSets,
  'apps/replicasets': workloads.replicaSets,
  'apps/statefulsets': workloads.statefulSets,
  'rbac.authorization.k8s.io/roles': access.roles,
  'rbac.authorization.k8s.io/clusterroles': access.clusterRoles,
  'rbac.authorization.k8s.io/rolebindings': access.roleBindings,
  'rbac.authorization.k8s.io/clusterrolebindings': access.clusterRoleBindings,
  'coordination.k8s.io/leases': access.leases,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': access.webhookConfigurations,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': access.webhookConfigurations,
  'apiextensions.k8s.io/customresourcedefinitions': customResourceDefinitions,
  'policy/poddisruptionbudgets': access.disruptionBudgets,
  'scheduling.k8s.io/priorityclasses': access.priorityClasses,
  'storage.k8s.io/storageclasses': access.storageClasses,
};

/** What the server warns of whoever uses a kind. */
const DEPRECATIONS: { readonly [resource: string]: string } = {
  '/endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
};

const NO_COLUMNS: readonly PrinterColumn[] = [];

/** The builtin kinds. */
export function builtinResources(): ResourceDefinition[] {
  return resources.map((entry) => {
    const id = `${entry.group}/${entry.resource}`;
    const apiVersion = groupVersion(entry.group, entry.version);
    // Events are one thing under two names.
    const isEvent = entry.resource === 'events';
    return {
      group: entry.group,
      resource: entry.resource,
      singular: entry.singular,
      kind: entry.kind,
      listKind: `${entry.kind}List`,
      namespaced: entry.namespaced,
      shortNames: entry.shortNames ?? [],
      categories: entry.categories ?? [],
      verbs: entry.verbs,
      versions: [
        {
          name: entry.version,
          served: true,
          schema: compiler.definition(entry.definition),
          subresources: new Map(entry.subresources.map((subresource) => [subresource.name, subresource])),
          columns: NO_COLUMNS,
          selectableFields: builtinSelectable(id),
          deprecation: DEPRECATIONS[id],
        },
      ],
      storageApiVersion: isEvent ? 'v1' : apiVersion,
      table: isEvent ? '/events' : id,
      isCustom: false,
      strategy: STRATEGIES[id] ?? strategy({ hasGeneration: HAS_GENERATION.includes(id), nameFault: defaultNameFault }),
      convert: isEvent ? convertEvent : sameVersion,
    };
  });
}

const HAS_GENERATION: readonly string[] = [
  'apps/controllerrevisions',
  'batch/jobs',
  'batch/cronjobs',
  'discovery.k8s.io/endpointslices',
  'networking.k8s.io/ingresses',
  'networking.k8s.io/ingressclasses',
  'networking.k8s.io/networkpolicies',
  '/replicationcontrollers',
];

const sameVersion = (object: KubeObject): KubeObject => object;
