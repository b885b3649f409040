import {
  type DeleteOptions,
  type KubeApi,
  KubeError,
  KubeUnreachable,
  type ListOptions,
  type ObjectList,
  type PatchBody,
  type TypedResource,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from '../../../api/ports';
import { cloneJson, isJsonObject } from '../../../machinery/json';
import { type KubeObject, keyText, type ObjectKey, type Resource } from '../../../machinery/kube-object';

interface LogEntry {
  readonly resource: string;
  readonly version: number;
  readonly event: { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject };
}

/** A request as the server saw it. */
export interface Call {
  readonly verb: string;
  readonly resource: string;
  readonly key: string;
  readonly body?: unknown;
}

/**
 * A Kubernetes API of the smallest size that a cache can be tested against, with the misbehaviour that the sandbox
 * has no switch for: answers that overtake events, lost answers, dead watches, expired versions.
 */
export class MemoryApi implements KubeApi {
  readonly calls: Call[] = [];
  /** Called before a request is executed; may throw or wait. */
  before: (call: Call) => Promise<void> | void = () => undefined;
  /** Called when a request was executed, before it is answered; may throw or wait. */
  after: (call: Call) => Promise<void> | void = () => undefined;
  /** While true, watches deliver nothing, as over a slow connection. */
  holdWatches = false;
  /** Watches from versions of the future are not refused but silent, as kube-apiserver's are. */
  silentFuture = false;
  readonly #objects = new Map<string, KubeObject>();
  #log: LogEntry[] = [];
  #version = 100;
  #uids = 0;
  #oldest = 0;
  readonly #wake = new Set<() => void>();
  readonly #watches = new Set<{ dead: boolean; end: boolean }>();

  get version(): string {
    return String(this.#version);
  }

  count(verb: string, plural?: string): number {
    return this.calls.filter((call) => call.verb === verb && (plural === undefined || call.resource === plural)).length;
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** Forgets history: watches from before get 410. */
  expire(): void {
    this.#oldest = this.#version;
    this.#log = [];
  }

  /** Ends all watches as a closing server does. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end = true;
    this.release();
  }

  /** Half-open connections: open watches never hear anything again. */
  killWatches(): void {
    for (const watch of this.#watches) watch.dead = true;
  }

  /** Lets watches look for news (after `holdWatches` went false). */
  release(): void {
    for (const wake of [...this.#wake]) wake();
  }

  /** Starts over with nothing, at a low version. */
  reset(): void {
    this.#objects.clear();
    this.#log = [];
    this.#version = 5;
    this.#oldest = 0;
    this.endWatches();
  }

  /** Somebody else's write, without request. */
  put(resource: Resource, object: KubeObject): KubeObject {
    const id = idOf(resource, { namespace: object.metadata.namespace ?? '', name: object.metadata.name });
    return this.#store(resource, id, cloneJson(object));
  }

  /** Somebody else's deletion, without request. */
  remove(resource: Resource, key: ObjectKey): void {
    this.#drop(resource, idOf(resource, key));
  }

  peek(resource: Resource, key: ObjectKey): KubeObject | undefined {
    return this.#objects.get(idOf(resource, key));
  }

  get<T extends KubeObject>(resource: TypedResource<T>, key: ObjectKey): Promise<T> {
    return this.#request({ verb: 'get', resource: resource.plural, key: keyText(key) }, () =>
      this.#find(resource, key),
    );
  }

  list<T extends KubeObject>(resource: TypedResource<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    return this.#request({ verb: 'list', resource: resource.plural, key: options.namespace ?? '' }, () => {
      const prefix = `${resource.plural} `;
      const all = [...this.#objects].filter(([id]) => id.startsWith(prefix)).map(([, object]) => object);
      const from = Number(options.continue ?? 0);
      const end = options.limit === undefined ? all.length : from + options.limit;
      const items = cloneJson(all.slice(from, end)) as T[];
      return { items, resourceVersion: this.version, continue: end < all.length ? String(end) : undefined };
    });
  }

  async *watch<T extends KubeObject>(
    resource: TypedResource<T>,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>> {
    this.calls.push({ verb: 'watch', resource: resource.plural, key: options.resourceVersion ?? '' });
    await this.before({ verb: 'watch', resource: resource.plural, key: '' });
    let seen = Number(options.resourceVersion ?? 0);
    if (seen > this.#version && !this.silentFuture)
      throw refusal(504, 'Timeout', 'Too large resource version: 1, current: 0');
    if (seen < this.#oldest) throw refusal(410, 'Expired', `too old resource version: ${seen} (${this.#oldest})`);
    const state = { dead: false, end: false };
    this.#watches.add(state);
    try {
      while (!signal.aborted && !state.end) {
        const news = this.holdWatches || state.dead ? [] : this.#log.filter((entry) => entry.version > seen);
        for (const entry of news) {
          seen = entry.version;
          if (entry.resource === resource.plural) yield cloneJson(entry.event) as WatchEvent<T>;
        }
        if (news.length === 0 && !signal.aborted && !state.end) await this.#news(signal);
      }
    } finally {
      this.#watches.delete(state);
    }
  }

  create<T extends KubeObject>(resource: TypedResource<T>, object: T): Promise<T> {
    const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
    return this.#request({ verb: 'create', resource: resource.plural, key: keyText(key), body: object }, () => {
      const id = idOf(resource, key);
      if (this.#objects.has(id)) throw refusal(409, 'AlreadyExists', `"${key.name}" already exists`);
      return this.#store(resource, id, cloneJson(object));
    });
  }

  createSubresource(): Promise<KubeObject> {
    throw new Error('not needed here');
  }

  update<T extends KubeObject>(resource: TypedResource<T>, object: T): Promise<T> {
    const key = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
    return this.#request({ verb: 'update', resource: resource.plural, key: keyText(key), body: object }, () => {
      if (this.#find(resource, key).metadata.resourceVersion !== object.metadata.resourceVersion) {
        throw refusal(409, 'Conflict', 'the object has been modified');
      }
      return this.#store(resource, idOf(resource, key), cloneJson(object));
    });
  }

  patch<T extends KubeObject>(
    resource: TypedResource<T>,
    key: ObjectKey,
    body: PatchBody,
    options: WriteOptions = {},
  ): Promise<T> {
    const verb = body.type === 'apply' ? 'apply' : options.subresource === undefined ? 'patch' : 'patch status';
    return this.#request({ verb, resource: resource.plural, key: keyText(key), body: body.patch }, () => {
      const id = idOf(resource, key);
      if (body.type === 'apply') return this.#apply(resource, id, body.patch, options.fieldManager ?? '');
      const object = cloneJson(this.#find(resource, key));
      const patch: { [key: string]: unknown } = { ...body.patch };
      const wanted = isJsonObject(patch.metadata) ? patch.metadata.resourceVersion : undefined;
      if (wanted !== undefined && wanted !== object.metadata.resourceVersion) {
        throw refusal(409, 'Conflict', 'the object has been modified');
      }
      merge(object, options.subresource === 'status' ? { status: patch.status } : { ...patch, status: undefined });
      return this.#store(resource, id, object);
    });
  }

  delete(resource: Resource, key: ObjectKey, options: DeleteOptions = {}): Promise<KubeObject> {
    return this.#request({ verb: 'delete', resource: resource.plural, key: keyText(key) }, () => {
      const object = this.#find(resource, key);
      const uid = options.preconditions?.uid;
      if (uid !== undefined && uid !== object.metadata.uid) {
        throw refusal(409, 'Conflict', `Precondition failed: UID in precondition: ${uid}`);
      }
      const id = idOf(resource, key);
      if ((object.metadata.finalizers ?? []).length === 0) {
        this.#drop(resource, id);
        return { apiVersion: 'v1', kind: 'Status', metadata: { name: '' }, status: 'Success' };
      }
      const metadata = { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
      return this.#store(resource, id, { ...cloneJson(object), metadata });
    });
  }

  deleteCollection(): Promise<void> {
    throw new Error('not needed here');
  }

  resourceFor(): Promise<Resource | undefined> {
    this.calls.push({ verb: 'discovery', resource: '', key: '' });
    return Promise.resolve(undefined);
  }

  /** Ownership of exactly the top-level spec fields of the last apply, which is enough to see a loss of one. */
  #apply(resource: Resource, id: string, intent: object, manager: string): KubeObject {
    const object = cloneJson(this.#objects.get(id) ?? (intent as KubeObject));
    merge(object, { ...intent });
    const spec = (intent as KubeObject).spec;
    const fieldsV1 = {
      'f:spec': Object.fromEntries(Object.keys(isJsonObject(spec) ? spec : {}).map((key) => [key, {}])),
    };
    object.metadata.managedFields = [{ manager, operation: 'Apply', apiVersion: object.apiVersion, fieldsV1 }];
    return this.#store(resource, id, object);
  }

  #find(resource: Resource, key: ObjectKey): KubeObject {
    const object = this.#objects.get(idOf(resource, key));
    if (object === undefined) throw refusal(404, 'NotFound', `${resource.plural} "${key.name}" not found`);
    return object;
  }

  #store(resource: Resource, id: string, object: KubeObject): KubeObject {
    const before = this.#objects.get(id);
    object.metadata.uid = before?.metadata.uid ?? `uid-${++this.#uids}`;
    object.metadata.resourceVersion = String(++this.#version);
    if (object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0) {
      this.#drop(resource, id);
      return object;
    }
    this.#objects.set(id, object);
    this.#publish(resource, { type: before === undefined ? 'ADDED' : 'MODIFIED', object });
    return object;
  }

  #drop(resource: Resource, id: string): void {
    const object = this.#objects.get(id);
    if (object === undefined) return;
    this.#objects.delete(id);
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
    this.#publish(resource, { type: 'DELETED', object: { ...object, metadata } });
  }

  #publish(resource: Resource, event: LogEntry['event']): void {
    this.#log.push({ resource: resource.plural, version: this.#version, event });
    if (!this.holdWatches) this.release();
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wake.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  async #request<T>(call: Call, answer: () => unknown): Promise<T> {
    this.calls.push(call);
    await this.before(call);
    const result = cloneJson(answer());
    await this.after(call);
    return result as T;
  }
}

export function refusal(code: number, reason: string, message: string): KubeError {
  return new KubeError({ code, reason, message }, 'test');
}

export function lostAnswer(): KubeUnreachable {
  return new KubeUnreachable('test', new Error('connection reset'));
}

function idOf(resource: Resource, key: ObjectKey): string {
  return `${resource.plural} ${keyText(key)}`;
}

function merge(target: { [key: string]: unknown }, patch: { [key: string]: unknown }): void {
  for (const [key, value] of Object.entries(patch)) {
    const old = target[key];
    if (value === undefined) continue;
    if (value === null) delete target[key];
    else if (isJsonObject(value)) {
      const child = isJsonObject(old) ? old : {};
      merge(child, value);
      target[key] = child;
    } else target[key] = cloneJson(value);
  }
}
