import type { DeleteOptions, ListOptions, Status } from '../../../api/ports/kube-api';
import { kubeTime } from '../../../machinery/clock';
import type { KubeObject } from '../../../machinery/kube-object';
import { groupVersion } from '../registry/resource';
import type { Caller, CollectionTarget, Core, Target } from './core';
import { requireDeletable } from './lifecycle';
import { listObjects, type Page } from './read';
import { conflict, notFound, Refusal, STALE } from './refusal';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';
const RACE_ATTEMPTS = 20;

/** What a delete left behind: the object in its last state, or that it is gone. */
export interface Deleted {
  readonly object: KubeObject;
  readonly isGone: boolean;
}

/** DELETE: removes at once, or marks the object for those who hold finalizers and for kubelets. */
export async function deleteObject(
  core: Core,
  caller: Caller,
  target: Target,
  options: DeleteOptions,
): Promise<Deleted> {
  const { resource } = target;
  const apiVersion = groupVersion(resource.group, target.version.name);
  for (let attempt = 1; ; attempt++) {
    const stored = core.store.get(resource.table, target);
    if (stored === undefined) throw notFound(resource, target.name);
    checkPreconditions(target, stored, options);
    requireDeletable(target);
    await core.admission.validate({
      operation: 'DELETE',
      target,
      user: caller.user,
      object: undefined,
      oldObject: await resource.convert(stored, apiVersion),
      dryRun: options.dryRun === true,
      options: { apiVersion: 'meta.k8s.io/v1', kind: 'DeleteOptions', ...options },
      warnings: caller.warnings,
    });
    const done = deleteStored(core, target, stored, options);
    if (done !== undefined) return { ...done, object: await resource.convert(done.object, apiVersion) };
    if (attempt >= RACE_ATTEMPTS) throw conflict(resource, target.name, STALE);
  }
}

function checkPreconditions(target: Target, stored: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { metadata } = stored;
  if (uid !== undefined && uid !== metadata.uid) {
    throw preconditionFailed(
      target,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid ?? ''}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw preconditionFailed(
      target,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion ?? ''}). The object might have been modified`,
    );
  }
}

/** Names the kind, where other conflicts name the resource. */
const preconditionFailed = ({ resource, name }: Target, why: string): Refusal =>
  conflict({ group: resource.group, resource: resource.kind }, name, why);

/** One attempt; undefined when another write came between. */
function deleteStored(core: Core, target: Target, stored: KubeObject, options: DeleteOptions): Deleted | undefined {
  const { table, strategy } = target.resource;
  const finalizers = finalizersFor(stored, options, strategy.deletionFinalizer);
  const grace = strategy.gracePeriod(stored, options.gracePeriodSeconds);
  const isNamespace = table === '/namespaces';
  const waits = finalizers.length > 0 || grace > 0 || (isNamespace && hasSpecFinalizers(stored));
  if (!waits) {
    if (options.dryRun === true) return { object: stored, isGone: true };
    const final = table === '/pods' ? marked(stored, kubeTime(core.clock)) : stored;
    const removed = core.store.remove(table, stored, withoutGrace(final));
    return removed === undefined ? undefined : { object: removed, isGone: true };
  }
  const { metadata } = stored;
  const isMarked = metadata.deletionTimestamp !== undefined;
  const previousGrace = metadata.deletionGracePeriodSeconds ?? 0;
  const nextGrace = isMarked ? Math.min(grace, previousGrace) : grace;
  const sameFinalizers = finalizers.join() === (metadata.finalizers ?? []).join();
  if (isMarked && sameFinalizers && nextGrace === previousGrace) return { object: stored, isGone: false };
  const waiting: KubeObject = {
    ...stored,
    metadata: {
      ...metadata,
      ...(finalizers.length > 0 ? { finalizers } : {}),
      deletionTimestamp:
        isMarked && nextGrace === previousGrace
          ? metadata.deletionTimestamp
          : kubeTime({ now: () => core.clock.now() + nextGrace * 1000 }),
      deletionGracePeriodSeconds: nextGrace,
      // A mark changes what the object wants to be.
      ...(metadata.generation !== undefined && !isMarked ? { generation: metadata.generation + 1 } : {}),
    },
  };
  if (finalizers.length === 0) delete waiting.metadata.finalizers;
  if (strategy.prepareDelete !== undefined && !isMarked) {
    const { deletionGracePeriodSeconds: _, ...kept } = waiting.metadata;
    const own = { ...kept, ...(metadata.generation === undefined ? {} : { generation: metadata.generation }) };
    const prepared = strategy.prepareDelete({ ...waiting, metadata: own }, kubeTime(core.clock));
    if (options.dryRun === true) return { object: prepared, isGone: false };
    const done = core.store.put(table, prepared, stored);
    return done === undefined ? undefined : { object: done, isGone: false };
  }
  if (options.dryRun === true) return { object: waiting, isGone: false };
  const written = core.store.put(table, waiting, stored);
  return written === undefined ? undefined : { object: written, isGone: false };
}

/** A pod that goes at once is marked on its way. */
function marked(pod: KubeObject, now: string): KubeObject {
  const { metadata } = pod;
  if (metadata.deletionTimestamp !== undefined) return pod;
  const generation = (metadata.generation ?? 0) + 1;
  return { ...pod, metadata: { ...metadata, generation, deletionTimestamp: now, deletionGracePeriodSeconds: 0 } };
}

/** What watchers see last: a grace that was being given is over. */
function withoutGrace(stored: KubeObject): KubeObject {
  const { deletionGracePeriodSeconds } = stored.metadata;
  if (deletionGracePeriodSeconds === undefined || deletionGracePeriodSeconds === 0) return stored;
  return { ...stored, metadata: { ...stored.metadata, deletionGracePeriodSeconds: 0 } };
}

const hasSpecFinalizers = (namespace: KubeObject): boolean => {
  const spec = namespace['spec'] as { readonly finalizers?: readonly string[] } | undefined;
  return (spec?.finalizers ?? []).length > 0;
};

/** The propagation policy as finalizers: who has to act before the object may go. */
function finalizersFor(stored: KubeObject, options: DeleteOptions, own: string | undefined): string[] {
  const policy = options.propagationPolicy;
  const held = stored.metadata.finalizers ?? [];
  const isNew = own !== undefined && stored.metadata.deletionTimestamp === undefined && !held.includes(own);
  const existing = isNew ? [...held, own] : held;
  const others = existing.filter((name) => name !== FOREGROUND && name !== ORPHAN);
  if (policy === 'Foreground') return [...others, FOREGROUND];
  if (policy === 'Orphan') return [...others, ORPHAN];
  return policy === 'Background' ? others : [...existing];
}

/** DELETE of a collection: every object the list selects. */
export async function deleteCollection(
  core: Core,
  caller: Caller,
  target: CollectionTarget,
  list: ListOptions,
  options: DeleteOptions,
): Promise<Page> {
  const page = await listObjects(core, target, list);
  const { items } = page;
  for (const item of items) {
    const at: Target = {
      ...target,
      namespace: item.metadata.namespace ?? '',
      name: item.metadata.name,
      subresource: '',
    };
    try {
      await deleteObject(core, caller, at, options);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status.reason !== 'NotFound') throw error;
    }
  }
  return page;
}

/** The answer to a delete that left nothing behind. */
export const deletedStatus = (target: Target, object: KubeObject): Status & { metadata: object } => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  code: 200,
  reason: '',
  message: '',
  details: {
    name: object.metadata.name,
    ...(target.resource.group === '' ? {} : { group: target.resource.group }),
    kind: target.resource.resource,
    ...(object.metadata.uid === undefined ? {} : { uid: object.metadata.uid }),
  },
});
