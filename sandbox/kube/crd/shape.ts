import type { KubeObject } from '../../../machinery/kube-object';
import type { PrinterColumn, ScalePaths } from '../registry/resource';

type Raw = { readonly [keyword: string]: unknown };

/** A CustomResourceDefinition as far as the server reads it; its schema was checked when it was stored. */
export interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string;
    scope: 'Namespaced' | 'Cluster';
    names: CrdNames;
    versions: CrdVersion[];
    conversion?: CrdConversion;
    preserveUnknownFields?: boolean;
  };
  status?: {
    conditions?: CrdCondition[] | null;
    acceptedNames?: CrdNames;
    storedVersions?: string[] | null;
  };
}

export interface CrdNames {
  plural: string;
  singular?: string;
  kind: string;
  listKind?: string;
  shortNames?: string[];
  categories?: string[];
}

export interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: Raw };
  subresources?: { status?: Raw; scale?: ScalePaths };
  additionalPrinterColumns?: PrinterColumn[];
  selectableFields?: { jsonPath: string }[];
}

export interface CrdConversion {
  strategy: 'None' | 'Webhook';
  webhook?: {
    clientConfig: WebhookClientConfig;
    conversionReviewVersions: string[];
  };
}

/** Where a webhook is. */
export interface WebhookClientConfig {
  readonly url?: string;
  readonly service?: {
    readonly namespace: string;
    readonly name: string;
    readonly path?: string;
    readonly port?: number;
  };
  readonly caBundle?: string;
}

export interface CrdCondition {
  type: string;
  status: string;
  reason: string;
  message: string;
  lastTransitionTime: string;
}

export const CRD_TABLE = 'apiextensions.k8s.io/customresourcedefinitions';

/** A stored object of the CRD table. */
export const asDefinition = (object: KubeObject): CustomResourceDefinition => object as CustomResourceDefinition;

/** Holds a definition that is being deleted until its instances are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';
