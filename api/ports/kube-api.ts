import { CapstanError } from '../../machinery/errors';
import type { KubeObject, ObjectKey, Resource } from '../../machinery/kube-object';

/** A Resource whose objects are known to be of type T; the type exists for the compiler alone. */
export interface TypedResource<T extends KubeObject = KubeObject> extends Resource {
  readonly objectType?: T;
}

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Page size; absent: everything in one answer. */
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
}

export interface ObjectList<T extends KubeObject = KubeObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  readonly continue?: string | undefined;
  readonly remainingItemCount?: number | undefined;
}

export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Events after this version. Absent or `0`: starts with ADDED for what exists. */
  readonly resourceVersion?: string | undefined;
  readonly allowWatchBookmarks?: boolean | undefined;
  /** The server ends the watch after this long. */
  readonly timeoutSeconds?: number | undefined;
}

export type WatchEvent<T extends KubeObject = KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }
  | { readonly type: 'ERROR'; readonly status: Status };

export interface WriteOptions {
  readonly dryRun?: boolean | undefined;
  readonly fieldManager?: string | undefined;
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict' | undefined;
  /** `status`, `scale`, `eviction`, `token`, …; absent: the object itself. */
  readonly subresource?: string | undefined;
}

export type PatchBody =
  | { readonly type: 'merge'; readonly patch: object }
  | { readonly type: 'json'; readonly patch: readonly object[] }
  | { readonly type: 'strategic'; readonly patch: object }
  /** Server-side apply; `fieldManager` is required in the options. `force` takes fields over from other managers. */
  | { readonly type: 'apply'; readonly patch: object; readonly force?: boolean | undefined };

export interface DeleteOptions {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  readonly preconditions?:
    | { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined }
    | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly dryRun?: boolean | undefined;
}

/**
 * A Kubernetes API server, spoken to in raw JSON: nothing is dropped, renamed or turned into dates.
 * Every method throws {@link KubeError} when the server refuses, and {@link KubeUnreachable} when there is no answer.
 */
export interface KubeApi {
  get<T extends KubeObject>(resource: TypedResource<T>, key: ObjectKey, options?: { subresource?: string }): Promise<T>;
  list<T extends KubeObject>(resource: TypedResource<T>, options?: ListOptions): Promise<ObjectList<T>>;
  /** Ends when the server ends it, when `signal` aborts, or by throwing. It never reconnects by itself. */
  watch<T extends KubeObject>(
    resource: TypedResource<T>,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(resource: TypedResource<T>, object: T, options?: WriteOptions): Promise<T>;
  /** For subresources that are POSTed to a named object (`eviction`, `token`, `binding`). */
  createSubresource(resource: Resource, key: ObjectKey, subresource: string, body: KubeObject): Promise<KubeObject>;
  update<T extends KubeObject>(resource: TypedResource<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    resource: TypedResource<T>,
    key: ObjectKey,
    body: PatchBody,
    options?: WriteOptions,
  ): Promise<T>;
  /** The object in its last state, or the server's Status when it is gone at once. */
  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<KubeObject>;
  deleteCollection(resource: Resource, list: ListOptions, options?: DeleteOptions): Promise<void>;
  /** The resource that serves a kind, by discovery, or undefined when the server does not know it (yet). */
  resourceFor(apiVersion: string, kind: string): Promise<Resource | undefined>;
}

/** The body of a refusal (`meta/v1 Status`). */
export interface Status {
  readonly kind?: 'Status';
  readonly apiVersion?: 'v1';
  readonly status?: 'Failure' | 'Success';
  readonly code: number;
  /** `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `Expired`, `Forbidden`, `BadRequest`, … */
  readonly reason: string;
  readonly message: string;
  /** A list whose page has expired goes on with this token, in the newest state. */
  readonly metadata?: { readonly continue?: string };
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  };
}

/** The API server answered with a Status of failure. Decide on `status.reason`, `status.code`. */
export class KubeError extends CapstanError {
  constructor(
    readonly status: Status,
    request: string,
  ) {
    super({
      name: 'KubeError',
      code: `KUBE_${status.reason.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()}`,
      message: `${request}: ${status.message}`,
    });
  }

  get reason(): string {
    return this.status.reason;
  }
}

/** No answer: refused, reset, timed out, TLS failure. Whether a write happened is unknown. */
export class KubeUnreachable extends CapstanError {
  constructor(request: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const what = isUntrusted(cause) ? 'the certificate of the server is not trusted' : 'no answer';
    super({ name: 'KubeUnreachable', code: 'KUBE_UNREACHABLE', message: `${request}: ${what} (${why})`, cause });
  }

  /** Somebody answers, but the certificate does not prove that it is the server that was asked for. */
  get isUntrusted(): boolean {
    return isUntrusted(this.cause);
  }
}

/** Codes of OpenSSL's verification and of Node's check of the name. */
const UNTRUSTED =
  /^(CERT_|UNABLE_TO_(GET_ISSUER|VERIFY|DECODE)|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|ERR_TLS_CERT_ALTNAME_INVALID)/;

function isUntrusted(cause: unknown): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && UNTRUSTED.test(String(cause.code));
}

export function isReason(error: unknown, ...reasons: readonly string[]): error is KubeError {
  return error instanceof KubeError && reasons.includes(error.status.reason);
}

/** `get`, with undefined for "the server says it does not exist". Every other failure is thrown. */
export async function tryGet<T extends KubeObject>(
  api: KubeApi,
  resource: TypedResource<T>,
  key: ObjectKey,
): Promise<T | undefined> {
  try {
    return await api.get(resource, key);
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
