import { equalJson } from '../../../machinery/json';
import type { KubeObject, ManagedFieldsEntry } from '../../../machinery/kube-object';
import type { MaybePromise } from '../registry/resource';
import type { SchemaNode } from '../schema/node';
import { type Comparison, compare } from './compare';
import { ApplyConflict, type ConflictingField } from './conflict';
import { fieldSetOf, withNamedFields } from './field-set';
import {
  capManagers,
  decodeManagers,
  encodeManagers,
  identity,
  type Manager,
  type ManagerId,
  type Managers,
} from './managers';
import { mergeApplied, removePaths } from './merge';
import { PathSet, pathSetOf } from './path-set';

/** What field management has to know about a resource. */
export interface FieldContext {
  /** `apiVersion` of the request. */
  readonly apiVersion: string;
  readonly subresource: string;
  readonly manager: string;
  /** Fields this endpoint ignores: nobody owns them through it. */
  readonly reset: PathSet;
  readonly now: string;
  schema(apiVersion: string): SchemaNode | undefined;
  /** @throws when the version is not served any more */
  convert(object: KubeObject, apiVersion: string): MaybePromise<KubeObject>;
}

/** Never owned: identity and what the server writes. */
const STRIPPED = pathSetOf(
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ['metadata', 'name'],
  ['metadata', 'namespace'],
  ['metadata', 'creationTimestamp'],
  ['metadata', 'selfLink'],
  ['metadata', 'uid'],
  ['metadata', 'clusterName'],
  ['metadata', 'generation'],
  ['metadata', 'managedFields'],
  ['metadata', 'resourceVersion'],
);

/** `managedFields` after a write that is not an apply. `live` is the type's empty object for a create. */
export async function managersAfterUpdate(
  live: KubeObject,
  next: KubeObject,
  context: FieldContext,
): Promise<ManagedFieldsEntry[] | undefined> {
  const managers = managersForUpdate(live, next, context);
  try {
    return await managersAfter(managers, live, next, context);
  } catch {
    // An object that does not fit its schema is refused by validation, with better words.
    return live.metadata.managedFields;
  }
}

async function managersAfter(
  managers: Map<string, Manager>,
  live: KubeObject,
  next: KubeObject,
  context: FieldContext,
): Promise<ManagedFieldsEntry[] | undefined> {
  // Objects from before field management stay without it until somebody applies.
  if (managers.size === 0 && live.metadata.uid !== undefined) return undefined;
  await recordUpdate(managers, withoutManagers(live), withoutManagers(next), context);
  capManagers(managers);
  return managers.size === 0 ? undefined : encodeManagers(managers);
}

function managersForUpdate(live: KubeObject, next: KubeObject, context: FieldContext): Map<string, Manager> {
  if (context.subresource !== '') return decodeManagers(live.metadata.managedFields);
  const given = next.metadata.managedFields;
  // `managedFields: [{}]` is how a client asks for an empty list.
  if (given?.length === 1 && equalJson(given[0], {})) return new Map();
  const managers = decodeManagers(given);
  return managers.size > 0 ? managers : decodeManagers(live.metadata.managedFields);
}

async function recordUpdate(
  managers: Map<string, Manager>,
  live: KubeObject,
  next: KubeObject,
  context: FieldContext,
): Promise<void> {
  const id: ManagerId = {
    name: context.manager === '' ? 'unknown' : context.manager,
    operation: 'Update',
    apiVersion: context.apiVersion,
    subresource: context.subresource,
  };
  const changes = await takeOver(managers, live, next, context, { force: true, self: undefined });
  const fields = changes.modified.union(changes.added).without(context.reset).difference(STRIPPED);
  if (fields.isEmpty) return;
  const mine = managers.get(identity(id));
  managers.set(identity(id), {
    ...id,
    fields: mine === undefined ? fields : fields.union(mine.fields),
    time: context.now,
  });
}

export interface Applied {
  /** The new object without managedFields; undefined when the configuration changes nothing. */
  readonly object: KubeObject | undefined;
  readonly managedFields: ManagedFieldsEntry[] | undefined;
}

/**
 * Server-side apply.
 * @throws ApplyConflict when another manager owns a field with another value and `force` is false
 */
export async function applyConfiguration(
  live: KubeObject,
  applied: KubeObject,
  force: boolean,
  context: FieldContext,
): Promise<Applied> {
  const managers = decodeManagers(live.metadata.managedFields);
  const bare = withoutManagers(live);
  if (managers.size === 0 && live.metadata.uid !== undefined) {
    const empty: KubeObject = { apiVersion: live.apiVersion, kind: live.kind, metadata: { name: live.metadata.name } };
    await recordUpdate(managers, empty, bare, { ...context, manager: 'before-first-apply' });
  }
  const schema = context.schema(context.apiVersion);
  const id: ManagerId = {
    name: context.manager,
    operation: 'Apply',
    apiVersion: context.apiVersion,
    subresource: context.subresource,
  };
  const self = identity(id);
  const last = managers.get(self);
  const merged = mergeApplied(bare, applied, schema) as KubeObject;
  const mine: Manager = {
    ...id,
    fields: fieldSetOf(applied, schema).without(context.reset),
    time: last?.time,
  };
  managers.set(self, mine);
  // Who applies all that he applied last time takes nothing away.
  const takesAway =
    last !== undefined && (last.apiVersion !== context.apiVersion || !last.fields.difference(mine.fields).isEmpty);
  const pruned = takesAway ? await prune(merged, managers, last, context) : merged;
  await takeOver(managers, bare, pruned, context, { force, self });
  const changed = !equalJson(bare, pruned);
  const kept = managers.get(self);
  if (kept !== undefined) {
    const fields = kept.fields.difference(STRIPPED);
    if (fields.isEmpty) managers.delete(self);
    else managers.set(self, { ...kept, fields, time: changed ? context.now : kept.time });
  }
  return {
    object: changed ? pruned : undefined,
    managedFields: managers.size === 0 ? undefined : encodeManagers(managers),
  };
}

/**
 * Compares two states in every manager's version: changed fields are a conflict with their managers (or are taken
 * from them by force), removed fields belong to nobody any more. Returns the comparison in the request's version.
 */
async function takeOver(
  managers: Map<string, Manager>,
  live: KubeObject,
  next: KubeObject,
  context: FieldContext,
  options: { readonly force: boolean; readonly self: string | undefined },
): Promise<Comparison> {
  const own = filtered(compare(live, next, context.schema(context.apiVersion)), context.reset);
  const byVersion = new Map([[context.apiVersion, own]]);
  const conflicts: ConflictingField[] = [];
  const taken = new Map<string, PathSet>();
  for (const [id, manager] of [...managers]) {
    if (id === options.self) continue;
    let changes = byVersion.get(manager.apiVersion);
    if (changes === undefined) {
      const schema = context.schema(manager.apiVersion);
      if (schema === undefined) {
        managers.delete(id);
        continue;
      }
      const [before, after] = [
        await context.convert(live, manager.apiVersion),
        await context.convert(next, manager.apiVersion),
      ];
      changes = filtered(compare(before, after, schema), context.reset);
      byVersion.set(manager.apiVersion, changes);
    }
    const conflict = manager.fields.intersection(changes.modified.union(changes.added));
    if (!conflict.isEmpty) {
      for (const path of conflict.paths()) conflicts.push({ manager, path });
      taken.set(id, conflict);
    }
    if (!changes.removed.isEmpty) taken.set(id, (taken.get(id) ?? PathSet.empty).union(changes.removed));
  }
  if (!options.force && conflicts.length > 0) throw new ApplyConflict(conflicts);
  for (const [id, fields] of taken) {
    const manager = managers.get(id);
    if (manager !== undefined) managers.set(id, { ...manager, fields: manager.fields.difference(fields) });
  }
  for (const [id, manager] of [...managers]) if (manager.fields.isEmpty) managers.delete(id);
  return own;
}

const filtered = (changes: Comparison, reset: PathSet): Comparison =>
  reset.isEmpty
    ? changes
    : {
        removed: changes.removed.without(reset),
        modified: changes.modified.without(reset),
        added: changes.added.without(reset),
      };

/**
 * Takes away what the manager applied last time and does not apply any more, as far as nobody else owns it and it was
 * the manager's to take.
 */
async function prune(
  merged: KubeObject,
  managers: Managers,
  last: Manager,
  context: FieldContext,
): Promise<KubeObject> {
  const schema = context.schema(last.apiVersion);
  if (schema === undefined) return merged;
  const full = await context.convert(merged, last.apiVersion);
  let pruned = removed(full, withNamedFields(last.fields, schema), schema);
  pruned = await restoreOwned(full, pruned, last.apiVersion, managers, context);
  // What was not the manager's own stays even where the field above it went.
  const fullSet = withNamedFields(fieldSetOf(full, schema), schema);
  const prunedSet = withNamedFields(fieldSetOf(pruned, schema), schema);
  const gone = fullSet.difference(prunedSet).intersection(withNamedFields(last.fields, schema));
  return context.convert(removed(full, gone, schema), context.apiVersion);
}

async function restoreOwned(
  full: KubeObject,
  pruned: KubeObject,
  apiVersion: string,
  managers: Managers,
  context: FieldContext,
): Promise<KubeObject> {
  const byVersion = new Map<string, PathSet>();
  for (const manager of managers.values()) {
    byVersion.set(manager.apiVersion, (byVersion.get(manager.apiVersion) ?? PathSet.empty).union(manager.fields));
  }
  // The pruned version first: a later conversion may need fields that are still missing.
  const versions = [apiVersion, ...[...byVersion.keys()].filter((version) => version !== apiVersion)];
  let result = pruned;
  for (const version of versions) {
    const owned = byVersion.get(version);
    const schema = context.schema(version);
    if (owned === undefined || schema === undefined) continue;
    const whole = await context.convert(full, version);
    const part = await context.convert(result, version);
    const wholeSet = withNamedFields(fieldSetOf(whole, schema), schema);
    const partSet = withNamedFields(fieldSetOf(part, schema), schema);
    const keep = partSet.union(withNamedFields(owned, schema));
    result = removed(whole, wholeSet.difference(keep), schema);
  }
  return context.convert(result, apiVersion);
}

const removed = (object: KubeObject, paths: PathSet, schema: SchemaNode): KubeObject =>
  removePaths(object, paths, schema) as KubeObject;

function withoutManagers(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
