import type { KubeObject, OwnerReference } from './kube-object';
import { parseApiVersion } from './kube-object';

/** A plain reference to an owner. */
export function ownerReference(owner: KubeObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
  };
}

/** A reference with `controller` and `blockOwnerDeletion`, as every controller of Cluster API sets it. */
export function controllerReference(owner: KubeObject): OwnerReference {
  return { ...ownerReference(owner), controller: true, blockOwnerDeletion: true };
}

function sameOwner(left: OwnerReference, right: OwnerReference): boolean {
  return (
    left.kind === right.kind &&
    left.name === right.name &&
    parseApiVersion(left.apiVersion).group === parseApiVersion(right.apiVersion).group
  );
}

/** The list with a reference added, or brought up to date where the same group, kind and name is listed already. */
export function withOwner(
  references: readonly OwnerReference[] | undefined,
  reference: OwnerReference,
): OwnerReference[] {
  const list = references ?? [];
  const index = list.findIndex((other) => sameOwner(other, reference));
  if (index < 0) return [...list, reference];
  return list.map((other, position) => (position === index ? reference : other));
}

/** The list without references to a kind of a group. */
export function withoutOwnersOf(
  references: readonly OwnerReference[] | undefined,
  group: string,
  ...kinds: readonly string[]
): OwnerReference[] {
  return (references ?? []).filter(
    (reference) => !(parseApiVersion(reference.apiVersion).group === group && kinds.includes(reference.kind)),
  );
}
