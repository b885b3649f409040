import { valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';

/** What a field of a stored object says to a selector, as text. */
export type FieldReader = (object: KubeObject) => string;

/** The fields that selectors of a kind may name. */
export interface SelectableFields {
  readonly readers: ReadonlyMap<string, FieldReader>;
  /** Why another one is refused. */
  refusal(field: string): string;
}

/** The field at a path; `unset` where there is nothing. */
export const fieldAt =
  (path: string, unset = ''): FieldReader =>
  (object) =>
    String(valueAt(object, ...path.split('.')) ?? unset);

export const NAME: readonly string[] = ['metadata.name'];
export const NAME_AND_NAMESPACE: readonly string[] = [...NAME, 'metadata.namespace'];

/** Fields read from where their names say, and others. */
export const selectableFields = (
  paths: readonly string[],
  others: { readonly [field: string]: FieldReader } = {},
  refusal = (field: string): string => `field label not supported: ${field}`,
): SelectableFields => ({
  readers: new Map([...paths.map((path) => [path, fieldAt(path)] as const), ...Object.entries(others)]),
  refusal,
});
