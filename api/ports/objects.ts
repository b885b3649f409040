import type { KubeObject, ObjectKey, Resource } from '../../machinery/kube-object';
import type { LabelSelector } from '../../machinery/selectors';
import type { ObjectEvent } from './controller';
import type { DeleteOptions, TypedResource, WriteOptions } from './kube-api';

export interface PatchOptions {
  /** Condition types this controller owns: on a conflict only these are carried over to the fresh object. */
  readonly ownedConditions?: readonly string[] | undefined;
  /** Field manager of plain writes. @default 'manager' (what upstream's controllers use) */
  readonly fieldManager?: string | undefined;
}

/**
 * The management cluster as loops see it: reads from informer caches, writes to the API server.
 *
 * Reads are synchronous, return frozen objects (copy before changing: `cloneJson`), and include this process's own
 * writes as soon as they are answered; a controller never acts on a state older than its last write.
 * Reading a resource that nobody watches throws: declare it in `Controller.watches` or call `ensureWatched`.
 */
export interface Objects {
  get<T extends KubeObject>(resource: TypedResource<T>, key: ObjectKey): T | undefined;
  list<T extends KubeObject>(resource: TypedResource<T>, filter?: ObjectFilter): readonly T[];

  /** Reads from the API server, past the cache; undefined only when the server says NotFound. */
  read<T extends KubeObject>(resource: TypedResource<T>, key: ObjectKey): Promise<T | undefined>;

  /**
   * Watches a resource that is known only at run time (the kind behind a reference) and resolves when its cache is
   * warm. Events go to `onEvent` from then on. The same `name` and resource is subscribed once, with the first handler:
   * it has to serve every object that the name stands for.
   */
  ensureWatched(name: string, resource: Resource, onEvent: (event: ObjectEvent) => void): Promise<void>;

  create<T extends KubeObject>(resource: TypedResource<T>, object: T, options?: WriteOptions): Promise<T>;

  /**
   * Writes the difference between two states of one object: one merge patch for metadata and spec, one for status
   * (with `resourceVersion` when conditions changed; a conflict is merged and retried). No difference, no request.
   * Returns the object as answered last, or `after` when nothing was sent.
   */
  patch<T extends KubeObject>(resource: TypedResource<T>, before: T, after: T, options?: PatchOptions): Promise<T>;

  /** Server-side apply with force. Sends nothing when the last answer shows that nothing would change. */
  apply<T extends KubeObject>(resource: TypedResource<T>, intent: KubeObject, fieldManager: string): Promise<T>;

  /** Whether `apply` would send nothing: the last apply of exactly this intent still stands. */
  stands(resource: TypedResource, intent: KubeObject, fieldManager: string): boolean;

  /** Deletes; "not found" counts as done. `preconditions.uid` defaults to the uid of `object`. */
  delete(resource: Resource, object: KubeObject, options?: DeleteOptions): Promise<void>;

  /** The resource of a kind by discovery, or undefined when no CRD serves it. */
  resourceFor(apiVersion: string, kind: string): Promise<Resource | undefined>;

  /**
   * How a reference without version is read (Cluster API contract, `capi.md` 0.5).
   * @throws ContractUnknown when the CRD is missing or carries no contract label; distinct from "object not found".
   */
  resolveContract(group: string, kind: string): Promise<ContractResource>;
}

/** A resource found through its CRD's contract label. */
export interface ContractResource {
  readonly contract: 'v1beta1' | 'v1beta2';
  readonly resource: Resource;
}

export interface ObjectFilter {
  readonly namespace?: string | undefined;
  readonly selector?: LabelSelector | undefined;
  /** Only objects with an owner reference of this uid. */
  readonly ownerUid?: string | undefined;
}

/** Kubernetes Events about objects (`kubectl describe` shows them). Repetitions are counted, floods are dropped. */
export interface EventRecorder {
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
