/** What is declared about a kind. */
import type * as z from 'zod';

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly description?: string;
  /** Above 0: only with `-o wide`. */
  readonly priority?: number;
}

/** A version that is served beside the storage version, through conversion. */
export interface OtherVersion {
  readonly version: string;
  readonly deprecated?: boolean;
  /** @default - anything, kept as it is; conversion checks it */
  readonly spec?: z.ZodType;
  readonly status?: z.ZodType;
  /** @default - those of the storage version */
  readonly printerColumns?: readonly PrinterColumn[];
}

export interface KindDefinition<S extends z.ZodType, St extends z.ZodType> {
  readonly group: string;
  /** Hub and storage version. */
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** For `kubectl explain`. */
  readonly about: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** @default true */
  readonly namespaced?: boolean;
  readonly spec: S;
  /** Absent: the kind has no status. */
  readonly status?: St;
  /** The spec may be left out. @default false */
  readonly specOptional?: boolean;
  readonly printerColumns?: readonly PrinterColumn[];
  readonly subresources?: { readonly status?: boolean; readonly scale?: boolean };
  /** Labels of the CRD itself (contracts, provider). */
  readonly labels?: { readonly [key: string]: string };
  readonly otherVersions?: readonly OtherVersion[];
}
