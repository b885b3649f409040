import type { ObjectEvent, Objects } from '../../../api/ports';
import type { KubeObject, Resource } from '../../../machinery/kube-object';
import { type ObjectId, tryParseId } from '../object-id';
import type { StaleObject } from './plan-prune';

export interface GatheredStale {
  readonly object: StaleObject;
  /** Undefined: the API server does not serve the kind any more. */
  readonly resource: Resource | undefined;
}

/** Looks up what left git. Reads go to the API server: nothing is deleted on what a cache says. */
export async function gatherStale(
  { objects }: { readonly objects: Objects },
  left: readonly (readonly [ObjectId, string])[],
  onObject: (event: ObjectEvent) => void,
): Promise<GatheredStale[]> {
  const gathered: GatheredStale[] = [];
  for (const [id, recorded] of left) {
    const identity = tryParseId(id);
    if (identity === undefined) continue;
    const resource = await resourceOf(objects, identity.group, identity.kind);
    let live: KubeObject | undefined;
    if (resource !== undefined) {
      await objects.ensureWatched('fleet', resource, onObject);
      live = await objects.read(resource, { namespace: identity.namespace, name: identity.name });
    }
    // An empty uid is an intent from before a crash: what stands there was applied by us if it carries our mark.
    const uid = recorded === '' && live !== undefined && isApplied(live) ? (live.metadata.uid ?? '') : recorded;
    gathered.push({ object: { id, identity, uid, live }, resource });
  }
  return gathered;
}

async function resourceOf(objects: Objects, group: string, kind: string): Promise<Resource | undefined> {
  if (group === '') return objects.resourceFor('v1', kind);
  return (
    (await objects.resolveContract(group, kind).catch(() => undefined))?.resource ?? coreResource(objects, group, kind)
  );
}

/** Cluster API's own kinds carry no contract label; ours are served at the version their group is known by. */
function coreResource(objects: Objects, group: string, kind: string): Promise<Resource | undefined> {
  const version = group === 'infrastructure.cluster.x-k8s.io' ? 'v1beta4' : 'v1beta2';
  return objects.resourceFor(`${group}/${version}`, kind);
}

function isApplied(object: KubeObject): boolean {
  return (
    object.metadata.managedFields?.some(({ manager, operation }) => manager === 'capstan' && operation === 'Apply') ??
    false
  );
}
