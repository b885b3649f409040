import { type Condition, sortConditions } from '../../machinery/conditions';
import { equalJson, isJsonObject, valueAt } from '../../machinery/json';
import type { KubeObject, OwnerReference } from '../../machinery/kube-object';
import { mergePatchOf } from './merge-patch';

type Patch = { [key: string]: unknown };

/** Written by the server alone; a difference here is never ours. */
const SERVER_METADATA = [
  'managedFields',
  'resourceVersion',
  'uid',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
] as const;

/**
 * The merge patch for everything but status, made for the state `fresh`.
 *
 * Finalizers and owner references are lists that several controllers write. Where they change, what was added and
 * removed between `before` and `after` is done to the list of `fresh`, and the patch carries its resource version.
 */
export function mainPatch(before: KubeObject, after: KubeObject, fresh: KubeObject): Patch | undefined {
  const patch = mergePatchOf(mainPart(before), mainPart(after)) ?? {};
  const metadata: Patch = isJsonObject(patch.metadata) ? patch.metadata : {};
  const finalizers = mergedFinalizers(before, after, fresh);
  const owners = mergedOwners(before, after, fresh);
  if (finalizers !== undefined) metadata.finalizers = finalizers;
  if (owners !== undefined) metadata.ownerReferences = owners;
  if (finalizers !== undefined || owners !== undefined) metadata.resourceVersion = fresh.metadata.resourceVersion;
  if (Object.keys(metadata).length > 0) patch.metadata = metadata;
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/**
 * The merge patch for status, made for the state `fresh`. Where conditions change it carries the resource version of
 * `fresh` and its list of conditions with only the owned types taken from `after`.
 * @param owned - absent: the types that differ between `before` and `after`
 */
export function statusPatch(
  before: KubeObject,
  after: KubeObject,
  fresh: KubeObject,
  owned?: readonly string[],
): Patch | undefined {
  const { conditions: conditionsBefore, ...restBefore } = statusOf(before);
  const { conditions: conditionsAfter, ...restAfter } = statusOf(after);
  const status = mergePatchOf(restBefore, restAfter) ?? {};
  const patch: Patch = {};
  if (!equalJson(conditionsBefore ?? [], conditionsAfter ?? [])) {
    const live = conditionsOf(fresh);
    const merged = mergeConditions(conditionsOf(before), conditionsOf(after), live, owned);
    if (!equalJson(merged, live)) {
      status.conditions = merged.length > 0 ? merged : null;
      patch.metadata = { resourceVersion: fresh.metadata.resourceVersion };
    }
  }
  if (Object.keys(status).length === 0) return undefined;
  return { ...patch, status };
}

/** `live` with the owned types as they are in `after`; foreign types stay as they are. */
export function mergeConditions(
  before: readonly Condition[],
  after: readonly Condition[],
  live: readonly Condition[],
  owned?: readonly string[],
): Condition[] {
  const byType = (list: readonly Condition[], type: string) => list.find((condition) => condition.type === type);
  const changed = [...new Set([...before, ...after].map((condition) => condition.type))].filter(
    (type) => !equalJson(byType(before, type), byType(after, type)),
  );
  const mine = new Set(owned === undefined ? changed : changed.filter((type) => owned.includes(type)));
  const merged = live.filter((condition) => !mine.has(condition.type));
  for (const condition of after) if (mine.has(condition.type)) merged.push(condition);
  return sortConditions(merged);
}

/** Whether the server drops an object in this state by itself: deletion was asked for, and nobody holds it. */
export function isFinished(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || (deletionGracePeriodSeconds ?? 0) > 0) return false;
  // Namespaces have finalizers of their own kind in spec.
  const inSpec = valueAt(object, 'spec', 'finalizers');
  return (finalizers ?? []).length === 0 && (!Array.isArray(inSpec) || inSpec.length === 0);
}

function mainPart(object: KubeObject): Patch {
  const { apiVersion: _apiVersion, kind: _kind, status: _status, metadata, ...rest } = object;
  const shown: Patch = { ...metadata };
  for (const field of SERVER_METADATA) delete shown[field];
  delete shown.finalizers;
  delete shown.ownerReferences;
  return { ...rest, metadata: shown };
}

function mergedFinalizers(before: KubeObject, after: KubeObject, fresh: KubeObject): string[] | undefined {
  const from = before.metadata.finalizers ?? [];
  const to = after.metadata.finalizers ?? [];
  if (equalJson(from, to)) return undefined;
  const live = fresh.metadata.finalizers ?? [];
  const kept = live.filter((finalizer) => to.includes(finalizer) || !from.includes(finalizer));
  const added = to.filter((finalizer) => !from.includes(finalizer) && !kept.includes(finalizer));
  const merged = [...kept, ...added];
  return equalJson(merged, live) ? undefined : merged;
}

function mergedOwners(before: KubeObject, after: KubeObject, fresh: KubeObject): OwnerReference[] | undefined {
  const from = before.metadata.ownerReferences ?? [];
  const to = after.metadata.ownerReferences ?? [];
  if (equalJson(from, to)) return undefined;
  const live = fresh.metadata.ownerReferences ?? [];
  const ofUid = (list: readonly OwnerReference[], uid: string) => list.find((owner) => owner.uid === uid);
  const merged: OwnerReference[] = [];
  for (const owner of live) {
    const wanted = ofUid(to, owner.uid);
    const known = ofUid(from, owner.uid);
    if (wanted === undefined && known !== undefined) continue;
    merged.push(wanted !== undefined && !equalJson(wanted, known) ? wanted : owner);
  }
  for (const owner of to) {
    if (ofUid(from, owner.uid) === undefined && ofUid(merged, owner.uid) === undefined) merged.push(owner);
  }
  return equalJson(merged, live) ? undefined : merged;
}

function statusOf(object: KubeObject): Patch {
  return isJsonObject(object.status) ? object.status : {};
}

function conditionsOf(object: KubeObject): Condition[] {
  const conditions = valueAt(object, 'status', 'conditions');
  return Array.isArray(conditions) ? conditions.filter(isCondition) : [];
}

function isCondition(value: unknown): value is Condition {
  return isJsonObject(value) && typeof value.type === 'string';
}
