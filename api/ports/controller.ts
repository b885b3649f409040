import { equalJson } from '../../machinery/json';
import { type KubeObject, keyOf, type ObjectKey } from '../../machinery/kube-object';
import type { TypedResource } from './kube-api';

/** A change of a watched object, as the informer cache saw it. */
export interface ObjectEvent<T extends KubeObject = KubeObject> {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly object: T;
  /** The state before; absent for `added`. */
  readonly previous?: T | undefined;
}

/** What wakes a controller: changes of a resource, mapped to the keys of the objects it reconciles. */
export interface WatchSource {
  readonly resource: TypedResource;
  /** The controller's own kind: the keys that it reconciles name objects of it. */
  readonly isSubject?: boolean | undefined;
  /** Asked a second time with `object` and `previous` exchanged, so that what a change leaves is woken as well. */
  keys(event: ObjectEvent): readonly ObjectKey[];
}

/**
 * What a reconcile asks for. Nothing else exists:
 * `done` forgets failures; `requeue` comes back after a time; a thrown error comes back by its `retry`.
 */
export type Outcome = { readonly kind: 'done' } | { readonly kind: 'requeue'; readonly afterMs: number };

/** A level-triggered loop over the objects of one kind. */
export interface Controller {
  /** Lower case, unique in the process: queue, log and metric label. */
  readonly name: string;
  readonly watches: readonly WatchSource[];
  /** Objects in work at the same time. @default 10 */
  readonly concurrency?: number | undefined;
  reconcile(key: ObjectKey, run: Run): Promise<Outcome>;
  /**
   * Called once when the caches are warm, before the first reconcile. The place to subscribe to ports that push
   * (workload clusters, CloudStack inventory); returns what undoes it.
   */
  start?(enqueue: (key: ObjectKey) => void): () => void;
}

/** One reconcile in progress. */
export interface Run {
  /** Aborts when the process shuts down or leadership is lost. */
  readonly signal: AbortSignal;
  /** Puts another object of this controller into the queue. */
  enqueue(key: ObjectKey, afterMs?: number): void;
}

export const done = (): Outcome => ({ kind: 'done' });
export const requeueAfter = (afterMs: number): Outcome => ({ kind: 'requeue', afterMs });

/** The sooner of several outcomes. */
export function soonest(...outcomes: readonly Outcome[]): Outcome {
  let afterMs: number | undefined;
  for (const outcome of outcomes) {
    if (outcome.kind === 'requeue' && (afterMs === undefined || outcome.afterMs < afterMs)) afterMs = outcome.afterMs;
  }
  return afterMs === undefined ? done() : requeueAfter(afterMs);
}

/** A watch of the controller's own kind: the key of the object itself. */
export function ownKind(resource: TypedResource): WatchSource {
  return {
    resource,
    isSubject: true,
    keys: (event) => [{ namespace: event.object.metadata.namespace ?? '', name: event.object.metadata.name }],
  };
}

/**
 * A watch of the controller's own kind without its own words: neither status nor its notes wake it, or a failure that is
 * written down would be retried at once instead of after its delay.
 * @param notes - prefix of the annotations that the controller itself writes. @default - it writes none
 */
export function ownAsAsked(resource: TypedResource, notes?: string): WatchSource {
  return {
    resource,
    isSubject: true,
    keys: ({ type, object, previous }) => {
      const isOwnWord =
        type === 'modified' && previous !== undefined && equalJson(asked(previous, notes), asked(object, notes));
      return isOwnWord ? [] : [keyOf(object)];
    },
  };
}

/** What others say of an object. */
function asked(object: KubeObject, notes: string | undefined): unknown {
  const { labels, annotations, ownerReferences, deletionTimestamp } = object.metadata;
  const others = Object.entries(annotations ?? {}).filter(([key]) => notes === undefined || !key.startsWith(notes));
  return { spec: object['spec'], labels, ownerReferences, deletionTimestamp, annotations: Object.fromEntries(others) };
}

/** A watch of children: the key of every owner reference of `ownerKind` in `ownerGroup`. */
export function ownedBy(resource: TypedResource, owner: { group: string; kind: string }): WatchSource {
  return {
    resource,
    keys: (event) =>
      (event.object.metadata.ownerReferences ?? [])
        .filter((reference) => reference.kind === owner.kind && reference.apiVersion.split('/')[0] === owner.group)
        .map((reference) => ({ namespace: event.object.metadata.namespace ?? '', name: reference.name })),
  };
}
