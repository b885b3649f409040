import { cloneJson, equalJson } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { managersAfterUpdate } from '../apply/field-manager';
import { validateMetadata, validateMetadataUpdate } from '../registry/metadata';
import { groupVersion } from '../registry/resource';
import type { Caller, Core, MutationOptions, Target } from './core';
import { createObject, placeInNamespace, setManagers } from './create';
import { decodeObject } from './decode';
import { invalid } from './field-error';
import { fieldContext } from './fields';
import { checkName } from './identity';
import { conflict, invalidObject, invalidOf, notFound, STALE } from './refusal';
import { validateObject } from './validate';
import { warnOfFinalizers } from './warnings';

/** PUT on the object or its status. */
export async function updateObject(
  core: Core,
  caller: Caller,
  target: Target,
  body: unknown,
  options: MutationOptions,
): Promise<KubeObject> {
  const { resource } = target;
  const copy = cloneJson(body);
  const missing = core.store.get(resource.table, target) === undefined;
  if (missing && resource.strategy.allowCreateOnUpdate && target.subresource === '') {
    return createObject(core, caller, target, copy, options);
  }
  const decoded = decodeObject(copy, target, caller, options);
  placeInNamespace(decoded, target);
  checkName(decoded, target);
  return modifyObject(core, caller, target, options, async (live) => {
    const next = cloneJson(decoded);
    const context = fieldContext(core, target, target.subresource, caller, options);
    checkUid(next, live, target);
    setManagers(next, await managersAfterUpdate(live, next, context));
    return next;
  });
}

/** An update that names a uid is meant for that object alone. */
function checkUid(next: KubeObject, live: KubeObject, { resource, namespace, name }: Target): void {
  const uid = next.metadata.uid ?? '';
  if (uid === '' || uid === live.metadata.uid) return;
  const place = [resource.group, resource.resource, namespace, name].filter((part) => part !== '').join('/');
  throw conflict(
    resource,
    name,
    `StorageError: invalid object, Code: 4, Key: /registry/${place}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid ?? ''}`,
  );
}

/** {@link tryModifyObject} of what must be there. */
export async function modifyObject(...request: Parameters<typeof tryModifyObject>): Promise<KubeObject> {
  const [, , target] = request;
  const done = await tryModifyObject(...request);
  if (done === undefined) throw notFound(target.resource, target.name);
  return done;
}

/**
 * Read, change, check, compare-and-swap; undefined when there is no such object (any more). `change` gets the live
 * object in the request's version (frozen) and returns a fresh one. It runs again as long as other writes come between:
 * every one of them was somebody's success, and who insists on a resourceVersion is refused then.
 */
export async function tryModifyObject(
  core: Core,
  caller: Caller,
  target: Target,
  options: MutationOptions,
  change: (live: KubeObject) => Promise<KubeObject>,
): Promise<KubeObject | undefined> {
  const { resource } = target;
  const apiVersion = groupVersion(resource.group, target.version.name);
  for (;;) {
    const stored = core.store.get(resource.table, target);
    if (stored === undefined) return undefined;
    const live = await resource.convert(stored, apiVersion);
    const next = await change(live);
    checkVersion(next, live, target);
    const done = await writeChange(core, caller, target, options, { stored, live, next });
    if (done !== undefined) return done;
  }
}

/** Fills in a missing resourceVersion where that is allowed, and refuses one that is not the live object's. */
function checkVersion(next: KubeObject, live: KubeObject, target: Target): void {
  const { resource } = target;
  const version = next.metadata.resourceVersion ?? '';
  if (version === '' || version === '0') {
    if (!resource.strategy.allowUnconditionalUpdate) {
      throw invalidObject({ group: resource.group, kind: resource.resource }, target.name, [
        invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
      ]);
    }
    next.metadata.resourceVersion = live.metadata.resourceVersion;
    return;
  }
  if (!/^\d+$/.test(version)) {
    throw invalidOf(resource, target.name, [
      invalid(
        'metadata.resourceVersion',
        version,
        `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
      ),
    ]);
  }
  if (version !== live.metadata.resourceVersion) throw conflict(resource, target.name, STALE);
}

interface Change {
  readonly stored: KubeObject;
  readonly live: KubeObject;
  readonly next: KubeObject;
}

/** The checked half of an update. Undefined when another write came between. */
async function writeChange(
  core: Core,
  caller: Caller,
  target: Target,
  options: MutationOptions,
  { stored, live, next }: Change,
): Promise<KubeObject | undefined> {
  const { resource } = target;
  const request = {
    operation: 'UPDATE' as const,
    target,
    user: caller.user,
    oldObject: live,
    dryRun: options.dryRun === true,
    options: { apiVersion: 'meta.k8s.io/v1', kind: 'UpdateOptions' },
    warnings: caller.warnings,
  };
  const mutated = await core.admission.mutate({ ...request, object: next });
  const admitted = mutated === undefined ? next : cloneJson(mutated);
  prepareUpdate(admitted, live, target);
  const errors = [
    ...validateMetadata(admitted, resource, false),
    ...validateMetadataUpdate(admitted, live),
    // Asked for every kind, and again by the kind's own rules: each fault is a cause twice.
    ...validateMetadataUpdate(admitted, live),
    ...validateObject(admitted, live, target, caller.warnings),
  ];
  if (errors.length > 0) throw invalidOf(resource, target.name, errors);
  warnOfFinalizers(admitted, live, resource, caller);
  await core.admission.validate({ ...request, object: admitted });
  keepManagersIfNothingElseChanged(admitted, live);
  if (equalJson(admitted, live)) return live;
  const toStore = await resource.convert(admitted, resource.storageApiVersion);
  if (core.store.get(resource.table, target) !== stored) return undefined;
  if (isReadyToGo(admitted)) {
    if (options.dryRun === true) return admitted;
    return removeFinal(core, target, stored, toStore);
  }
  if (options.dryRun === true) return admitted;
  const written = core.store.put(resource.table, toStore, stored);
  return written === undefined ? undefined : resource.convert(written, live.apiVersion);
}

/** An object that only waited for its last finalizer. */
const isReadyToGo = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined &&
  (metadata.finalizers ?? []).length === 0 &&
  (metadata.deletionGracePeriodSeconds ?? 0) === 0;

/** The last change and the removal are one commit. Watchers see the state before it, the writer the one after. */
function removeFinal(core: Core, target: Target, stored: KubeObject, final: KubeObject): KubeObject | undefined {
  return core.store.remove(target.resource.table, stored) === undefined ? undefined : final;
}

/** A change of nothing but the times in managedFields is no change. */
function keepManagersIfNothingElseChanged(next: KubeObject, live: KubeObject): void {
  const strip = (object: KubeObject) =>
    (object.metadata.managedFields ?? []).map((entry) => ({ ...entry, time: undefined }));
  if (!equalJson(strip(next), strip(live))) return;
  const bare = (object: KubeObject) => ({ ...object, metadata: { ...object.metadata, managedFields: undefined } });
  if (equalJson(bare(next), bare(live))) setManagers(next, live.metadata.managedFields);
}

/** What an update cannot touch, and what it implies (`BeforeUpdate` and the kind's own rules). */
function prepareUpdate(next: KubeObject, live: KubeObject, target: Target): void {
  const { resource, version, subresource } = target;
  const before = live.metadata;
  const { metadata } = next;
  if (before.generation === undefined) delete metadata.generation;
  else metadata.generation = before.generation;
  if ((metadata.uid ?? '') === '') metadata.uid = before.uid;
  metadata.creationTimestamp = before.creationTimestamp;
  if ('selfLink' in metadata) delete metadata.selfLink;
  if (before.deletionTimestamp !== undefined) {
    metadata.deletionTimestamp = before.deletionTimestamp;
    metadata.deletionGracePeriodSeconds = before.deletionGracePeriodSeconds;
  }
  if (subresource === 'status') keepAllButStatus(next, live, target);
  else if (subresource === 'finalize') next['status'] = live['status'];
  else {
    if (version.subresources.has('status')) copyField(next, live, 'status', target);
    resource.strategy.prepareUpdate(next, live);
  }
  const counts = resource.isCustom || resource.strategy.hasGeneration;
  if (counts && !equalJson(countedPart(next, target), countedPart(live, target))) {
    metadata.generation = (before.generation ?? 0) + 1;
  }
}

function keepAllButStatus(next: KubeObject, live: KubeObject, target: Target): void {
  for (const field of new Set([...Object.keys(next), ...Object.keys(live)])) {
    if (field !== 'status' && field !== 'metadata') copyField(next, live, field, target);
  }
  if (!target.resource.isCustom) return;
  // Nothing in place of nothing is no status.
  if (next['status'] === null && live['status'] === undefined) delete next['status'];
  // The status endpoint of custom resources changes status and managedFields, nothing else.
  const { managedFields, resourceVersion } = next.metadata;
  next.metadata = { ...cloneJson(live.metadata), resourceVersion };
  setManagers(next, managedFields);
}

function copyField(next: KubeObject, live: KubeObject, field: string, _target: Target): void {
  if (live[field] === undefined) delete next[field];
  else next[field] = live[field];
}

/** What a generation counts: the spec of builtin kinds; of custom kinds everything but metadata and status. */
function countedPart(object: KubeObject, { resource, version }: Target): unknown {
  if (!resource.isCustom) return 'spec' in object ? object['spec'] : withoutMetadata(object, false);
  return withoutMetadata(object, version.subresources.has('status'));
}

function withoutMetadata(object: KubeObject, withoutStatus: boolean): unknown {
  const { metadata: _, status, ...rest } = object;
  return withoutStatus ? rest : { ...rest, status };
}
