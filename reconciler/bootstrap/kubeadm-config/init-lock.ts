import { ConfigMap, Machine } from '../../../api/kinds';
import { CLUSTER_NAME_LABEL } from '../../../api/labels';
import { isReason } from '../../../api/ports';
import { isJsonObject } from '../../../machinery/json';
import type { ObjectKey } from '../../../machinery/kube-object';
import { ownerReference } from '../../../machinery/owner-references';
import type { Scope } from './scope';

/** ConfigMap that lets one control-plane machine at a time run `kubeadm init` (`capi.md` 5.1). */
export function lockKey(cluster: ObjectKey): ObjectKey {
  return { namespace: cluster.namespace, name: `${cluster.name}-lock` };
}

const LOCK_FIELD = 'lock-information';

/**
 * Takes the lock for the scope's Machine, by creating it. A lock whose Machine is gone is removed and taken.
 * @returns the name of the Machine that has it instead, or undefined when it is ours
 */
export async function acquireInitLock(scope: Scope): Promise<string | undefined> {
  const { objects } = scope.deps;
  const key = lockKey(scope.clusterKey);
  const own = scope.machine.metadata.name;
  const lock = objects.get(ConfigMap, key) ?? (await tryCreate(scope, key, own));
  if (lock === undefined) return undefined;
  const holder = holderOf(lock.data);
  if (holder === own) return undefined;
  if (holder !== undefined && objects.get(Machine, { namespace: key.namespace, name: holder }) !== undefined)
    return holder;
  await objects.delete(ConfigMap, lock);
  const other = await tryCreate(scope, key, own);
  return other === undefined ? undefined : holderOf(other.data);
}

/** Creates the lock. Returns the one of somebody who was faster, which the cache does not show yet. */
async function tryCreate(scope: Scope, key: ObjectKey, machineName: string): Promise<ConfigMap | undefined> {
  try {
    await scope.deps.objects.create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        ...key,
        labels: { [CLUSTER_NAME_LABEL]: key.name.slice(0, -'-lock'.length) },
        ownerReferences: [ownerReference(scope.cluster)],
      },
      data: { [LOCK_FIELD]: JSON.stringify({ machineName }) },
    });
    return undefined;
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
    return scope.deps.objects.read(ConfigMap, key);
  }
}

/**
 * Removes the lock once the control plane is initialized, or when the machine that has it could not use it. Only that
 * machine's own reconcile does, so that several do not do it at once; anybody's when the machine is gone.
 */
export async function releaseInitLock(scope: Scope): Promise<void> {
  const { objects } = scope.deps;
  const key = lockKey(scope.clusterKey);
  const lock = objects.get(ConfigMap, key);
  if (lock === undefined) return;
  const holder = holderOf(lock.data);
  const isOurs = holder === undefined || holder === scope.machine.metadata.name;
  if (isOurs || objects.get(Machine, { namespace: key.namespace, name: holder }) === undefined) {
    await objects.delete(ConfigMap, lock);
  }
}

/** Undefined when the lock says nothing readable; it then belongs to nobody. */
function holderOf(data: ConfigMap['data']): string | undefined {
  try {
    const information: unknown = JSON.parse(data?.[LOCK_FIELD] ?? '');
    return isJsonObject(information) && typeof information.machineName === 'string'
      ? information.machineName
      : undefined;
  } catch {
    return undefined;
  }
}
