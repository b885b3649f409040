/** A kind's CustomResourceDefinition. */
import type * as z from 'zod';
import type { KindDefinition, PrinterColumn } from './kind-definition';
import type { CustomResourceDefinition } from './kinds/kubernetes';
import { type Structural, structuralOf } from './schema';

/** The CRD without conversion settings; `crds()` adds those. */
export function crdOf(definition: KindDefinition<z.ZodType, z.ZodType>): CustomResourceDefinition {
  const { group, kind, plural } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      ...(definition.labels === undefined ? {} : { labels: { ...definition.labels } }),
    },
    spec: {
      group,
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        ...(definition.shortNames === undefined ? {} : { shortNames: [...definition.shortNames] }),
        ...(definition.categories === undefined ? {} : { categories: [...definition.categories] }),
      },
      scope: (definition.namespaced ?? true) ? 'Namespaced' : 'Cluster',
      versions: [...otherVersionsOf(definition), storageVersionOf(definition)],
    },
  };
}

function storageVersionOf(definition: KindDefinition<z.ZodType, z.ZodType>) {
  const schema = rootOf(definition.about, structuralOf(definition.spec), {
    status: definition.status === undefined ? undefined : structuralOf(definition.status),
    specRequired: definition.specOptional !== true,
  });
  return {
    name: definition.version,
    served: true,
    storage: true,
    ...columnsOf(definition.printerColumns),
    schema: { openAPIV3Schema: schema },
    ...subresourcesOf(definition),
  };
}

function otherVersionsOf(definition: KindDefinition<z.ZodType, z.ZodType>) {
  return (definition.otherVersions ?? []).map((other) => ({
    name: other.version,
    served: true,
    storage: false,
    ...(other.deprecated === true ? { deprecated: true } : {}),
    ...columnsOf(other.printerColumns ?? definition.printerColumns),
    schema: {
      openAPIV3Schema: rootOf(definition.about, other.spec === undefined ? ANYTHING : structuralOf(other.spec), {
        status: other.status === undefined ? ANYTHING : structuralOf(other.status),
        specRequired: false,
      }),
    },
    ...subresourcesOf(definition),
  }));
}

const ANYTHING: Structural = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function rootOf(
  about: string,
  spec: Structural,
  rest: { status: Structural | undefined; specRequired: boolean },
): Structural {
  return {
    description: about,
    type: 'object',
    properties: {
      apiVersion: { type: 'string', description: 'Group and version of this kind.' },
      kind: { type: 'string', description: 'Name of this kind.' },
      metadata: { type: 'object' },
      spec,
      ...(rest.status === undefined ? {} : { status: rest.status }),
    },
    ...(rest.specRequired ? { required: ['spec'] } : {}),
  };
}

function columnsOf(columns: readonly PrinterColumn[] | undefined): Structural {
  return columns === undefined || columns.length === 0
    ? {}
    : { additionalPrinterColumns: columns.map((column) => ({ ...column })) };
}

function subresourcesOf(definition: KindDefinition<z.ZodType, z.ZodType>) {
  const { status = definition.status !== undefined, scale = false } = definition.subresources ?? {};
  if (!status && !scale) return {};
  return {
    subresources: {
      ...(status ? { status: {} } : {}),
      ...(scale
        ? {
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          }
        : {}),
    },
  };
}
