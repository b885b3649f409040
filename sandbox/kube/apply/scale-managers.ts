import type { ManagedFieldsEntry } from '../../../machinery/kube-object';
import { decodeManagers, encodeManagers, type Manager } from './managers';
import { fieldStep, pathSetOf, type Step } from './path-set';

const SCALE_VERSION = 'autoscaling/v1';
const REPLICAS = ['spec', 'replicas'];

/**
 * Where a version of a kind has its replicas.
 * @returns undefined: it has none; null: there is no such version
 */
export type ReplicasPath = (apiVersion: string) => readonly string[] | undefined | null;

const stepsOf = (path: readonly string[]): Step[] => path.map(fieldStep);

/** Managers of an object as managers of its Scale: those who own the replicas. */
export function scaleManagers(
  parent: readonly ManagedFieldsEntry[] | undefined,
  pathOf: ReplicasPath,
): ManagedFieldsEntry[] | undefined {
  const found = new Map<string, Manager>();
  for (const [id, manager] of decodeManagers(parent)) {
    const path = pathOf(manager.apiVersion) ?? undefined;
    if (path === undefined || !manager.fields.has(stepsOf(path))) continue;
    found.set(id, { ...manager, apiVersion: SCALE_VERSION, fields: pathSetOf(REPLICAS) });
  }
  return found.size === 0 ? undefined : encodeManagers(found);
}

/**
 * Managers of an object whose Scale has these managers now. An updater of the object that kept the replicas is told from
 * itself by the version of the Scale, as in the real server: it gets a second entry.
 */
export function parentManagers(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  pathOf: ReplicasPath,
  apiVersion: string,
): ManagedFieldsEntry[] | undefined {
  const before = decodeManagers(parent);
  const owners = decodeManagers(scale);
  const managers = new Map<string, Manager>();
  for (const [id, manager] of before) {
    const path = pathOf(manager.apiVersion);
    if (path === null) continue;
    if (path === undefined || !manager.fields.has(stepsOf(path)) || owners.delete(id)) managers.set(id, manager);
    else {
      const fields = manager.fields.difference(pathSetOf(path));
      if (!fields.isEmpty) managers.set(id, { ...manager, fields });
    }
  }
  const own = pathOf(apiVersion);
  for (const [id, owner] of owners) {
    if (own === undefined || own === null || !owner.fields.has(stepsOf(REPLICAS))) continue;
    managers.set(id, { ...owner, apiVersion, fields: pathSetOf(own), time: before.get(id)?.time });
  }
  return managers.size === 0 ? undefined : encodeManagers(managers);
}
