import {
  type DeleteOptions,
  isReason,
  type KubeApi,
  KubeUnreachable,
  type ListOptions,
  type ObjectList,
  type PatchBody,
  type Status,
  type TypedResource,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from '../../api/ports';
import { isJsonObject, valueAt } from '../../machinery/json';
import {
  apiVersionOf,
  type KubeObject,
  keyOf,
  keyText,
  type ObjectKey,
  type Resource,
} from '../../machinery/kube-object';
import { Discovery } from './discovery';
import { LineDecoder } from './line-decoder';
import { collectionPath, objectPath, query } from './paths';
import type { Transport } from './transport';

const PATCH_TYPES: { readonly [type in PatchBody['type']]: string } = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  // JSON is YAML; the `+json` form of apply is younger than the servers we support.
  apply: 'application/apply-patch+yaml',
};

/** {@link KubeApi} over HTTPS in raw JSON. */
export class KubeHttpApi implements KubeApi {
  readonly #transport: Transport;
  readonly #discovery: Discovery;

  constructor(transport: Transport, now: () => number) {
    this.#transport = transport;
    this.#discovery = new Discovery(
      (path, about) => this.#transport.json({ verb: 'get', resource: 'discovery', method: 'GET', path, about }),
      now,
    );
  }

  async get<T extends KubeObject>(
    resource: TypedResource<T>,
    key: ObjectKey,
    options: { subresource?: string } = {},
  ): Promise<T> {
    const path = objectPath(resource, key, options.subresource);
    return this.#object<T>(await this.#send('get', resource, 'GET', path, keyText(key)));
  }

  async list<T extends KubeObject>(resource: TypedResource<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    const { namespace, ...parameters } = options;
    const path = collectionPath(resource, namespace) + query(parameters);
    const answer = await this.#send('list', resource, 'GET', path, namespace ?? '');
    const items = valueAt(answer, 'items');
    const metadata = valueAt(answer, 'metadata');
    const next = valueAt(metadata, 'continue');
    const remaining = valueAt(metadata, 'remainingItemCount');
    return {
      items: Array.isArray(items) ? items.map((item) => this.#item<T>(item, resource)) : [],
      resourceVersion: String(valueAt(metadata, 'resourceVersion') ?? ''),
      continue: typeof next === 'string' && next !== '' ? next : undefined,
      remainingItemCount: typeof remaining === 'number' ? remaining : undefined,
    };
  }

  async *watch<T extends KubeObject>(
    resource: TypedResource<T>,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>> {
    const { namespace, ...parameters } = options;
    const path = collectionPath(resource, namespace) + query({ watch: true, ...parameters });
    const about = `watch ${resource.plural}`;
    if (signal.aborted) return;
    try {
      const body = await this.#transport.stream({
        verb: 'watch',
        resource: resource.plural,
        method: 'GET',
        path,
        about,
        signal,
      });
      const decoder = new LineDecoder();
      for await (const chunk of body) {
        for (const line of decoder.push(chunk)) yield watchEvent<T>(line, about);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Error && error.name.startsWith('Kube')) throw error;
      throw new KubeUnreachable(about, error);
    }
  }

  async create<T extends KubeObject>(resource: TypedResource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const key = keyOf(object);
    const target = options.subresource === undefined ? '' : `/${encodeURIComponent(key.name)}/${options.subresource}`;
    const path = collectionPath(resource, key.namespace) + target + writeQuery(options);
    return this.#object<T>(await this.#send('create', resource, 'POST', path, keyText(key), object));
  }

  async createSubresource(
    resource: Resource,
    key: ObjectKey,
    subresource: string,
    body: KubeObject,
  ): Promise<KubeObject> {
    const path = objectPath(resource, key, subresource);
    return this.#object<KubeObject>(await this.#send('create', resource, 'POST', path, keyText(key), body));
  }

  async update<T extends KubeObject>(resource: TypedResource<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const key = keyOf(object);
    const path = objectPath(resource, key, options.subresource) + writeQuery(options);
    return this.#object<T>(await this.#send('update', resource, 'PUT', path, keyText(key), object));
  }

  async patch<T extends KubeObject>(
    resource: TypedResource<T>,
    key: ObjectKey,
    body: PatchBody,
    options: WriteOptions = {},
  ): Promise<T> {
    const isApply = body.type === 'apply';
    const path = objectPath(resource, key, options.subresource) + writeQuery(options, isApply && body.force === true);
    const answer = await this.#transport.json({
      verb: isApply ? 'apply' : 'patch',
      resource: resource.plural,
      method: 'PATCH',
      path,
      body: body.patch,
      contentType: PATCH_TYPES[body.type],
      about: `${isApply ? 'apply' : 'patch'} ${resource.plural} ${keyText(key)}`,
    });
    return this.#object<T>(answer);
  }

  async delete(resource: Resource, key: ObjectKey, options: DeleteOptions = {}): Promise<KubeObject> {
    const path = objectPath(resource, key);
    return this.#object<KubeObject>(
      await this.#send('delete', resource, 'DELETE', path, keyText(key), deleteBody(options)),
    );
  }

  async deleteCollection(resource: Resource, list: ListOptions, options: DeleteOptions = {}): Promise<void> {
    const { namespace, ...parameters } = list;
    const path = collectionPath(resource, namespace) + query(parameters);
    await this.#send('deletecollection', resource, 'DELETE', path, namespace ?? '', deleteBody(options));
  }

  resourceFor(apiVersion: string, kind: string): Promise<Resource | undefined> {
    return this.#discovery.resourceFor(apiVersion, kind);
  }

  /** GET / as a sign of life. */
  async probe(signal: AbortSignal): Promise<void> {
    await this.#transport.json({
      verb: 'get',
      resource: 'discovery',
      method: 'GET',
      path: '/',
      about: 'probe',
      signal,
    });
  }

  #send(
    verb: 'get' | 'list' | 'create' | 'update' | 'delete' | 'deletecollection',
    resource: Resource,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    target: string,
    body?: object,
  ): Promise<unknown> {
    const about = `${verb} ${resource.plural}${target === '' ? '' : ` ${target}`}`;
    return this.#transport.json({ verb, resource: resource.plural, method, path, body, about });
  }

  /** The answer of an API server to a request for an object is that object; there is nothing more to check it by. */
  #object<T extends KubeObject>(answer: unknown): T {
    if (!isJsonObject(answer)) throw new KubeUnreachable('answer', new Error('not a JSON object'));
    return answer as T;
  }

  /** Items of built-in lists come without `apiVersion` and `kind`. */
  #item<T extends KubeObject>(item: unknown, resource: Resource): T {
    if (isJsonObject(item) && item.kind === undefined) {
      return this.#object<T>({ apiVersion: apiVersionOf(resource), kind: resource.kind, ...item });
    }
    return this.#object<T>(item);
  }
}

function writeQuery(options: WriteOptions, force = false): string {
  return query({
    dryRun: options.dryRun === true ? 'All' : undefined,
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
    force,
  });
}

function deleteBody(options: DeleteOptions): object {
  const { dryRun, ...rest } = options;
  return { apiVersion: 'v1', kind: 'DeleteOptions', ...rest, ...(dryRun === true ? { dryRun: ['All'] } : {}) };
}

function watchEvent<T extends KubeObject>(line: string, about: string): WatchEvent<T> {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (error) {
    throw new KubeUnreachable(about, error);
  }
  const type = valueAt(event, 'type');
  const object = valueAt(event, 'object');
  if (type === 'BOOKMARK') {
    return { type, resourceVersion: String(valueAt(object, 'metadata', 'resourceVersion') ?? '') };
  }
  if (type === 'ERROR') return { type, status: errorStatus(object) };
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') {
    // As in answers: what the server sends is an object of the resource asked for.
    return { type, object: object as T };
  }
  throw new KubeUnreachable(about, new Error(`unknown watch event ${JSON.stringify(type)}`));
}

function errorStatus(object: unknown): Status {
  const code = valueAt(object, 'code');
  const reason = valueAt(object, 'reason');
  return {
    code: typeof code === 'number' ? code : 500,
    reason: typeof reason === 'string' ? reason : 'InternalError',
    message: String(valueAt(object, 'message') ?? 'the watch failed'),
  };
}

/** Whether an API server refuses the credentials themselves. */
export function isUnauthorized(error: unknown): boolean {
  return isReason(error, 'Unauthorized');
}
