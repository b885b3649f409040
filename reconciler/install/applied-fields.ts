/** Who says what of an object, read from its managed fields. */
import { isJsonObject, valueAt } from '../../machinery/json';
import type { KubeObject, ManagedFieldsEntry } from '../../machinery/kube-object';

/** The entries of those who wrote the field, or a part of it, last. */
export function ownersOf(object: KubeObject, ...path: readonly string[]): ManagedFieldsEntry[] {
  const fields = path.map((name) => `f:${name}`);
  return (object.metadata.managedFields ?? []).filter(
    ({ subresource, fieldsV1 }) => (subresource ?? '') === '' && valueAt(fieldsV1, ...fields) !== undefined,
  );
}

/** What somebody applied last, as the object has it now: applied again under the same name, it changes nothing. */
export function appliedBy<T extends KubeObject>(object: T, owner: ManagedFieldsEntry | undefined): KubeObject {
  const { apiVersion, kind, metadata } = object;
  const part = owner?.fieldsV1 === undefined ? {} : partOf(object, owner.fieldsV1);
  const own = isJsonObject(part) ? part : {};
  const ownMetadata = isJsonObject(own.metadata) ? own.metadata : {};
  return { ...own, apiVersion, kind, metadata: { ...ownMetadata, name: metadata.name } };
}

/** Entries of lists are not told apart: the lists of a CRD's spec are atomic. */
function partOf(value: unknown, fields: { readonly [key: string]: unknown }): unknown {
  if (!isJsonObject(value) || Object.keys(fields).length === 0) return value;
  const names = Object.keys(fields).filter((key) => key.startsWith('f:'));
  return Object.fromEntries(
    names.map((key) => {
      const below = fields[key];
      const name = key.slice(2);
      return [name, partOf(value[name], isJsonObject(below) ? below : {})];
    }),
  );
}
