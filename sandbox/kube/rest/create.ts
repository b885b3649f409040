import { kubeTime } from '../../../machinery/clock';
import { cloneJson } from '../../../machinery/json';
import type { KubeObject, ManagedFieldsEntry } from '../../../machinery/kube-object';
import { nameSuffix } from '../../../machinery/random';
import { managersAfterUpdate } from '../apply/field-manager';
import { validateMetadata } from '../registry/metadata';
import type { Caller, CollectionTarget, Core, MutationOptions, Target } from './core';
import { decodeObject } from './decode';
import { emptyObject, fieldContext } from './fields';
import { requireNamespace } from './lifecycle';
import { alreadyExists, badRequest, invalidOf, Refusal } from './refusal';
import { validateObject } from './validate';
import { warnOfFinalizers } from './warnings';

/** Room for the random end of a generated name. */
const MAX_GENERATED_PREFIX = 63 - 5;
const GENERATE_ATTEMPTS = 8;

/** POST: stores a new object and answers with it in the version of the request. */
export async function createObject(
  core: Core,
  caller: Caller,
  target: CollectionTarget,
  body: unknown,
  options: MutationOptions,
): Promise<KubeObject> {
  const object = decodeObject(cloneJson(body), target, caller, options);
  placeInNamespace(object, target);
  wipeServerFields(object);
  const context = fieldContext(core, target, '', caller, options);
  const managedFields = await managersAfterUpdate(emptyObject(target), object, context);
  return storeNew(core, caller, target, object, managedFields, options);
}

/** What only the server sets is dropped before anybody could come to own it (`WipeObjectMetaSystemFields`). */
function wipeServerFields({ metadata }: KubeObject): void {
  delete metadata.creationTimestamp;
  delete metadata.uid;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  if ('selfLink' in metadata) delete metadata.selfLink;
}

export function placeInNamespace(object: KubeObject, target: CollectionTarget): void {
  const given = object.metadata.namespace ?? '';
  if (target.resource.namespaced) {
    if (given !== '' && given !== target.namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
    object.metadata.namespace = target.namespace;
  } else delete object.metadata.namespace;
}

/** The second half of a create: admission, identity, validation, storage. `object` is changed. */
export async function storeNew(
  core: Core,
  caller: Caller,
  target: CollectionTarget,
  object: KubeObject,
  managedFields: ManagedFieldsEntry[] | undefined,
  options: MutationOptions,
): Promise<KubeObject> {
  const { resource } = target;
  const at: Target = { ...target, name: object.metadata.name ?? '', subresource: '' };
  requireNamespace(core, at);
  setManagers(object, managedFields);
  const request = {
    operation: 'CREATE' as const,
    target: at,
    user: caller.user,
    oldObject: undefined,
    dryRun: options.dryRun === true,
    options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions' },
    warnings: caller.warnings,
  };
  const admitted = (await core.admission.mutate({ ...request, object })) ?? object;
  const generateName = admitted.metadata.generateName ?? '';
  const isGenerated = (admitted.metadata.name ?? '') === '' && generateName !== '';
  for (let attempt = 1; ; attempt++) {
    const next = prepareNew(core, target, admitted);
    if (isGenerated) next.metadata.name = generateName.slice(0, MAX_GENERATED_PREFIX) + nameSuffix(core.random);
    const errors = [...validateMetadata(next, resource, true), ...validateObject(next, undefined, at, caller.warnings)];
    if (errors.length > 0) throw invalidOf(resource, next.metadata.name ?? '', errors);
    warnOfFinalizers(next, undefined, resource, caller);
    await core.admission.validate({ ...request, target: { ...at, name: next.metadata.name }, object: next });
    const stored = await insert(core, target, next, options);
    if (stored !== undefined) {
      options.onCreate?.();
      return stored;
    }
    if (!isGenerated || attempt >= GENERATE_ATTEMPTS) throw nameTaken(core, { ...at, name: next.metadata.name });
  }
}

function prepareNew(core: Core, target: CollectionTarget, admitted: KubeObject): KubeObject {
  const { resource, version } = target;
  const next: KubeObject = cloneJson(admitted);
  const { metadata } = next;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  metadata.creationTimestamp = kubeTime(core.clock);
  metadata.uid = core.random.uuid();
  if (resource.isCustom || resource.strategy.hasGeneration) metadata.generation = 1;
  if (version.subresources.has('status') && !resource.strategy.keepStatusOnCreate) {
    const empty = emptyObject(target)['status'];
    if (empty === undefined) delete next['status'];
    else next['status'] = empty;
  }
  resource.strategy.prepareCreate(next);
  return next;
}

async function insert(
  core: Core,
  target: CollectionTarget,
  object: KubeObject,
  options: MutationOptions,
): Promise<KubeObject | undefined> {
  const { resource } = target;
  const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
  const toStore = await resource.convert(object, resource.storageApiVersion);
  // A text that is no number counts as none.
  if (options.dryRun !== true && Number(object.metadata.resourceVersion ?? 0) > 0) {
    throw new Refusal({ code: 500, reason: '', message: 'resourceVersion should not be set on objects to be created' });
  }
  if (core.store.get(resource.table, key) !== undefined) return undefined;
  if (options.dryRun === true) return object;
  // The namespace may have gone while a webhook was asked.
  requireNamespace(core, { ...target, name: key.name, subresource: '' });
  const stored = core.store.put(resource.table, toStore, undefined);
  return stored === undefined ? undefined : resource.convert(stored, object.apiVersion);
}

function nameTaken(core: Core, target: Target): Refusal {
  const { resource, name } = target;
  const isBeingDeleted = core.store.get(resource.table, target)?.metadata.deletionTimestamp !== undefined;
  return alreadyExists(resource, name, isBeingDeleted);
}

export function setManagers(object: KubeObject, managedFields: ManagedFieldsEntry[] | undefined): void {
  if (managedFields === undefined) delete object.metadata.managedFields;
  else object.metadata.managedFields = managedFields;
}
