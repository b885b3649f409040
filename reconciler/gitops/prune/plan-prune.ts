import { isJsonObject, valueAt } from '../../../machinery/json';
import { type KubeObject, keyText, parseApiVersion } from '../../../machinery/kube-object';
import { FLEET_LABEL } from '../inventory/inventory';
import type { ObjectId, ObjectIdentity } from '../object-id';

/** An object that the inventory lists and git no longer asks for, as it is now. */
export interface StaleObject {
  readonly id: ObjectId;
  readonly identity: ObjectIdentity;
  /** Uid recorded when it was applied. An object of the same name with another uid is not ours. */
  readonly uid: string;
  /** Undefined: it is gone. */
  readonly live: KubeObject | undefined;
}

export interface PruneSituation {
  readonly stale: readonly StaleObject[];
  /** Names (`namespace/name`) of Clusters that git asks for. */
  readonly desiredClusters: ReadonlySet<string>;
  /** Cluster objects that exist, by `namespace/name`. */
  readonly liveClusters: ReadonlyMap<string, KubeObject>;
  /** Templates (`Kind namespace/name`) that a control plane, a MachineSet or a machine still comes from. */
  readonly templatesInUse: ReadonlySet<string>;
}

export type PruneDecision =
  /** Out of the inventory: gone, or not ours any more. */
  | { readonly kind: 'forget'; readonly id: ObjectId; readonly why: string }
  | { readonly kind: 'delete'; readonly id: ObjectId; readonly identity: ObjectIdentity; readonly uid: string }
  /** Stays in the inventory and is looked at again. */
  | { readonly kind: 'keep'; readonly id: ObjectId; readonly why: string }
  /** A Cluster that left git and waits for its confirmation. */
  | {
      readonly kind: 'confirm';
      readonly id: ObjectId;
      readonly identity: ObjectIdentity;
      readonly uid: string;
      readonly command: string;
    };

/** Set to the Cluster's uid, it allows the deletion of a Cluster that left git (DESIGN 4). */
export const CONFIRM_DELETE = 'capstan.dev/confirm-delete';
const CLUSTER_NAME = 'cluster.x-k8s.io/cluster-name';
const CLUSTER_GROUP = 'cluster.x-k8s.io';
/** Groups of what a Cluster refers to. */
const REFERRED_GROUPS = ['infrastructure.cluster.x-k8s.io', 'controlplane.cluster.x-k8s.io'];

/**
 * Decides what becomes of objects that left git. Nothing is deleted on a guess: a Cluster only after its confirmation,
 * what belongs to a Cluster only with it or, while the Cluster stays in git, when it is a pool or an unused template;
 * a Namespace or an inventory never.
 */
export function planPrune(situation: PruneSituation): PruneDecision[] {
  return situation.stale.map((stale) => decide(stale, situation));
}

function decide(stale: StaleObject, situation: PruneSituation): PruneDecision {
  const { id, identity, uid, live } = stale;
  if (live === undefined) return { kind: 'forget', id, why: 'it is gone' };
  if (live.metadata.uid !== uid) return { kind: 'forget', id, why: 'it was deleted and made again by somebody else' };
  if (isInventory(live)) return { kind: 'forget', id, why: 'a Fleet keeps its inventory in it' };
  if (live.metadata.deletionTimestamp !== undefined) return { kind: 'keep', id, why: 'it is being deleted' };
  if (isCluster(identity)) return decideCluster(stale, live);

  if (isNamespace(identity)) {
    const why = `all that is in it would go with it; to delete it run: kubectl delete namespace ${identity.name}`;
    return { kind: 'keep', id, why };
  }

  const owners = ownersOf(identity, live, situation.liveClusters);
  const leaving = owners.find((owner) => !situation.desiredClusters.has(owner) && situation.liveClusters.has(owner));
  if (leaving !== undefined) return { kind: 'keep', id, why: `it goes with Cluster ${leaving}` };
  if (situation.templatesInUse.has(`${identity.kind} ${identity.namespace}/${identity.name}`)) {
    return { kind: 'keep', id, why: 'machines still come from this template' };
  }
  const staying = owners.find((owner) => situation.desiredClusters.has(owner));
  if (staying !== undefined && isVital(identity)) {
    return {
      kind: 'keep',
      id,
      why: `Cluster ${staying} stays in git and needs it; put it back, or remove the Cluster too`,
    };
  }
  return { kind: 'delete', id, identity, uid };
}

function decideCluster({ id, identity, uid }: StaleObject, live: KubeObject): PruneDecision {
  if (live.metadata.annotations?.[CONFIRM_DELETE] === uid) return { kind: 'delete', id, identity, uid };
  const command = `kubectl annotate cluster.cluster.x-k8s.io ${identity.name} --namespace ${identity.namespace} ${CONFIRM_DELETE}=${uid}`;
  return { kind: 'confirm', id, identity, uid, command };
}

/** Names of the Clusters that an object says it belongs to: labels alone may be missing. */
export function namedClusters({ metadata, ...rest }: KubeObject): ReadonlySet<string> {
  const owners = (metadata.ownerReferences ?? []).filter(
    ({ apiVersion, kind }) => kind === 'Cluster' && parseApiVersion(apiVersion).group === CLUSTER_GROUP,
  );
  const names = [
    metadata.labels?.[CLUSTER_NAME],
    valueAt(rest, 'spec', 'clusterName'),
    ...owners.map(({ name }) => name),
  ];
  return new Set(names.filter((name) => typeof name === 'string'));
}

/** The Clusters (`namespace/name`) that an object belongs to: those it names, and those that name it. */
function ownersOf(
  { group, kind, namespace, name }: ObjectIdentity,
  live: KubeObject,
  clusters: ReadonlyMap<string, KubeObject>,
): string[] {
  const owners = [...namedClusters(live)].map((cluster) => keyText({ namespace, name: cluster }));
  if (!REFERRED_GROUPS.includes(group)) return owners;
  for (const [owner, cluster] of clusters) {
    if (cluster.metadata.namespace !== namespace) continue;
    const references = ['infrastructureRef', 'controlPlaneRef'].map((field) => valueAt(cluster, 'spec', field));
    if (references.some((to) => isJsonObject(to) && to['kind'] === kind && to['name'] === name)) owners.push(owner);
  }
  return owners;
}

function isInventory({ kind, metadata }: KubeObject): boolean {
  return kind === 'ConfigMap' && metadata.labels?.[FLEET_LABEL] !== undefined;
}

function isNamespace({ group, kind }: ObjectIdentity): boolean {
  return group === '' && kind === 'Namespace';
}

function isCluster({ group, kind }: ObjectIdentity): boolean {
  return group === CLUSTER_GROUP && kind === 'Cluster';
}

/** Without these a Cluster cannot live. */
function isVital({ group, kind }: ObjectIdentity): boolean {
  if (kind.endsWith('Template')) return false;
  return (
    group === 'controlplane.cluster.x-k8s.io' ||
    (group === 'infrastructure.cluster.x-k8s.io' && kind.endsWith('Cluster'))
  );
}
