/** What a CRD says about a field beyond its type: kept beside the zod schema, found again by the schema itself. */
import * as z from 'zod';

/** A condition over values, once for the API server (CEL) and once for us. A test proves that both agree. */
export interface Rule<T> {
  readonly cel: string;
  readonly message: string;
  /** The field below the one the rule stands on that is to blame, such as `controlPlaneEndpoint.host`. */
  readonly field?: string;
  /** @default 'FieldValueInvalid' */
  readonly reason?: 'FieldValueRequired' | 'FieldValueInvalid' | 'FieldValueForbidden';
  /** Compares with the stored value, so it applies to updates alone. */
  readonly transition?: true;
  readonly holds: (self: T, old: T | undefined) => boolean;
}

/** The part of an OpenAPI schema that is no child schema. */
export type StructuralLeaf = { readonly [keyword: string]: unknown };

export interface FieldFacts {
  /** One or two sentences for `kubectl explain` and the reference. */
  readonly about: string;
  readonly structural: StructuralLeaf;
  readonly rules?: readonly Rule<never>[] | undefined;
}

export const fieldFacts = z.registry<FieldFacts>();
