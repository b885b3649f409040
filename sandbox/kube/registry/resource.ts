import type { KubeObject } from '../../../machinery/kube-object';
import type { FieldError } from '../rest/field-error';
import type { SchemaNode } from '../schema/node';
import type { SelectableFields } from './selectable-fields';

/** A value, or a promise of it where a webhook has to be asked. */
export type MaybePromise<T> = T | Promise<T>;

export interface SubresourceDefinition {
  readonly name: string;
  readonly kind: string;
  /** Where the body's kind lives when it is not the parent's group and version. */
  readonly group?: string | undefined;
  readonly version?: string | undefined;
  readonly verbs: readonly string[];
}

/** `x.additionalPrinterColumns` and what builtin kinds print. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string | undefined;
  readonly description?: string | undefined;
  readonly priority?: number | undefined;
  readonly jsonPath: string;
}

/** Paths of a CRD's scale subresource, as written (`.spec.replicas`). */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string | undefined;
}

/** One version of a resource. */
export interface VersionDefinition {
  readonly name: string;
  readonly served: boolean;
  /** Schema of the whole object, metadata included. */
  readonly schema: SchemaNode;
  readonly subresources: ReadonlyMap<string, SubresourceDefinition>;
  readonly scale?: ScalePaths | undefined;
  readonly columns: readonly PrinterColumn[];
  readonly selectableFields: SelectableFields;
  /** Warning header of a deprecated version. */
  readonly deprecation?: string | undefined;
}

/** What a kind does beyond the common rules. All functions get objects they may change. */
export interface Strategy {
  /** Spec has a generation that counts its changes. */
  readonly hasGeneration: boolean;
  /** PUT of a name that does not exist creates it. */
  readonly allowCreateOnUpdate: boolean;
  /** An update may come without resourceVersion. */
  readonly allowUnconditionalUpdate: boolean;
  /** Fields written by others than users of the main resource survive a create (Nodes bring their status). */
  readonly keepStatusOnCreate: boolean;
  /** Defaults of the type, applied to what is read from a request. */
  defaults(object: KubeObject): void;
  /** Last changes before a create. */
  prepareCreate(object: KubeObject): void;
  /** Last changes before an update of the main resource. */
  prepareUpdate(object: KubeObject, old: KubeObject): void;
  validate(object: KubeObject, old: KubeObject | undefined): readonly FieldError[];
  /** The rule for `metadata.name`; undefined when the name is right. */
  nameFault(name: string, isPrefix: boolean): string | undefined;
  /** A finalizer that every delete adds: the server's own work before the object may go. */
  readonly deletionFinalizer?: string | undefined;
  /** What a delete that has to wait writes into the object, in place of the usual marks of grace and generation. */
  prepareDelete?(object: KubeObject, now: string): KubeObject;
  /** Seconds of grace for a delete, by kind; 0 removes at once. */
  gracePeriod(object: KubeObject, requested: number | undefined): number;
}

/** A kind of object and where it is served. */
export interface ResourceDefinition {
  readonly group: string;
  /** Lower-case plural. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Empty: nothing is stored, the create verb answers (reviews). */
  readonly verbs: readonly string[];
  /** Most preferred first. */
  readonly versions: readonly VersionDefinition[];
  /** `apiVersion` of stored objects; Events are stored under another group than they are served. */
  readonly storageApiVersion: string;
  /** Name of the store's table. */
  readonly table: string;
  /** True for kinds defined by a CustomResourceDefinition. */
  readonly isCustom: boolean;
  readonly strategy: Strategy;
  /** Converts a frozen object; the same object when it has that version already. */
  convert(object: KubeObject, apiVersion: string): MaybePromise<KubeObject>;
}

export const groupVersion = (group: string, version: string): string =>
  group === '' ? version : `${group}/${version}`;
