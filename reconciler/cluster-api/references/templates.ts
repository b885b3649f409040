import type { Cluster } from '../../../api/kinds';
import type { Objects } from '../../../api/ports';
import type { ContractReference } from '../../../machinery/contract';
import { cloneJson, equalJson } from '../../../machinery/json';
import { ownerReference, withOwner } from '../../../machinery/owner-references';
import type { ExternalObjects } from './external-objects';

/** The references of a machine template that point to templates of providers. */
export function templateReferences(spec: {
  readonly bootstrap: { readonly configRef?: ContractReference | undefined };
  readonly infrastructureRef: ContractReference;
}): ContractReference[] {
  const { configRef } = spec.bootstrap;
  const references = [spec.infrastructureRef, ...(configRef === undefined ? [] : [configRef])];
  return references.filter((reference) => reference.kind.endsWith('Template'));
}

/** Makes the Cluster owner of provider templates, so that they go and move with it. Missing ones are left out. */
export async function claimTemplates(
  deps: { readonly objects: Objects; readonly external: ExternalObjects },
  cluster: Cluster,
  references: readonly ContractReference[],
): Promise<void> {
  for (const reference of references) {
    const { object, resource } = await deps.external.find(reference, cluster.metadata.namespace ?? '');
    if (object === undefined) continue;
    const claimed = cloneJson(object);
    claimed.metadata.ownerReferences = withOwner(claimed.metadata.ownerReferences, ownerReference(cluster));
    if (equalJson(claimed.metadata, object.metadata)) continue;
    await deps.objects.patch(resource, object, claimed);
  }
}
