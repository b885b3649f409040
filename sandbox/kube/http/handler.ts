import type { IncomingMessage, ServerResponse } from 'node:http';
import { KubeError } from '../../../api/ports/kube-api';
import type { Log } from '../../../api/ports/objects';
import { messageOf } from '../../../machinery/errors';
import type { KubeObject } from '../../../machinery/kube-object';
import { authenticate, unauthorized } from '../authz/authenticate';
import { denial, isAllowed } from '../authz/rbac';
import type { Engine } from '../engine';
import { groupVersion } from '../registry/resource';
import type { Caller, CollectionTarget, Target, User } from '../rest/core';
import { deletedStatus } from '../rest/delete';
import { badRequest, forbiddenRequest, internalError, noSuchPath, Refusal } from '../rest/refusal';
import type { TokenReviewer } from '../rest/reviews';
import { type IncludeObject, metadataOf, tableOf } from '../tables/table';
import { MalformedBody, mediaType, readBody, shownBody } from './body';
import { impersonated } from './impersonate';
import { negotiate, type Representation } from './negotiate';
import { deleteOptions, isTrue, listOptions, mutationOptions, patchBody, watchOptions } from './options';
import type { PathHandler } from './paths';
import { parsePath, type RequestInfo } from './request-info';
import { sendObject, sendText, statusBody } from './respond';
import { streamWatch } from './watch-stream';

/** The API over HTTP: finds out who asks and for what, asks the engine, writes the answer as the client wants it. */
export class RequestHandler {
  constructor(
    private readonly engine: Engine,
    private readonly paths: PathHandler,
    private readonly reviewToken: TokenReviewer,
    private readonly log: Log | undefined,
  ) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const warnings: string[] = [];
    try {
      const user = impersonated(this.engine.core, request, authenticate(request, this.reviewToken));
      const url = new URL(request.url ?? '/', 'https://kubernetes');
      const info = parsePath(url.pathname);
      if (info.kind === 'path') this.#path(request, response, user, url.pathname);
      else await this.#resource(request, response, user, url, info, warnings);
    } catch (error) {
      this.#refuse(request, response, error, warnings);
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown, warnings: readonly string[]): void {
    const refusal = error instanceof KubeError ? error : internalError(messageOf(error));
    if (!(error instanceof KubeError)) {
      this.log?.error(
        { method: request.method, path: request.url, error: messageOf(error) },
        'kube sandbox: request failed',
      );
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { retryAfterSeconds } = refusal.status.details ?? {};
    if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
    sendObject(response, refusal.status.code, statusBody(refusal.status), undefined, warnings);
  }

  #path(request: IncomingMessage, response: ServerResponse, user: User, path: string): void {
    const verb = (request.method ?? 'GET').toLowerCase();
    const attributes = { user, verb, group: '', resource: '', subresource: '', namespace: '', name: '', path };
    if (!isAllowed(this.engine.core, attributes)) {
      throw new Refusal({ code: 403, reason: 'Forbidden', message: `forbidden: ${denial(attributes)}`, details: {} });
    }
    // What no group answers for is not answered as an object.
    if (!this.paths.answer(request, response, path)) sendText(response, 404, '404 page not found\n');
  }

  async #resource(
    request: IncomingMessage,
    response: ServerResponse,
    user: User,
    url: URL,
    info: Extract<RequestInfo, { kind: 'resource' }>,
    warnings: string[],
  ): Promise<void> {
    const query = url.searchParams;
    const verb = verbOf(request.method ?? 'GET', info, query);
    if (user.username === '') throw unauthorized();
    // A Namespace counts as lying in itself.
    const namespace = info.group === '' && info.resource === 'namespaces' ? info.name : info.namespace;
    const attributes = { user, verb, ...info, namespace, path: undefined };
    if (!isAllowed(this.engine.core, attributes)) {
      const shown = { group: info.group, resource: info.subresource === '' ? info.resource : info.resource };
      throw forbiddenRequest(shown, info.name, denial(attributes));
    }
    const target = this.#target(info, verb);
    if (target === undefined) return sendText(response, 404, '404 page not found\n');
    const representation = negotiate(request);
    const caller: Caller = { user, userAgent: request.headers['user-agent'] ?? 'unknown', warnings };
    if (target.version.deprecation !== undefined) caller.warnings.push(target.version.deprecation);
    const answer = new Answer(response, representation, target, caller, this.engine.core.clock.now(), includeOf(query));
    switch (verb) {
      case 'get':
        return answer.object(200, await this.engine.get(target));
      case 'list':
        return answer.page(await this.engine.list(collection(target), selection(query, info)));
      case 'watch': {
        const options = { ...watchOptions(query), ...selection(query, info) };
        const { namespace: _, limit: __, continue: ___, ...rest } = options;
        return streamWatch(this.engine, target, rest, response, representation, includeOf(query));
      }
      case 'deletecollection': {
        const body = await readBody(request);
        const options = deleteOptions(query, body);
        return answer.page(await this.engine.deleteCollection(caller, collection(target), listOptions(query), options));
      }
      case 'delete': {
        const body = await readBody(request);
        const { object, isGone } = await this.engine.delete(caller, target, deleteOptions(query, body));
        if (!isGone) return answer.object(200, object);
        return answer.plain(200, isWhole(target) ? object : deletedBody(target, object));
      }
      default:
        return this.#write(request, answer, caller, target, verb, query);
    }
  }

  async #write(
    request: IncomingMessage,
    answer: Answer,
    caller: Caller,
    target: Target,
    verb: string,
    query: URLSearchParams,
  ): Promise<void> {
    const body = await readObject(request, target, verb);
    if (body === undefined) throw badRequest('the request body is empty');
    if (verb === 'create') {
      const options = mutationOptions(query, 'CreateOptions');
      if (target.subresource !== '') {
        return answer.plain(201, await this.engine.createSubresource(caller, target, body));
      }
      return answer.object(201, await this.engine.create(caller, collection(target), body, options));
    }
    if (verb === 'update') {
      const missing = this.engine.core.store.get(target.resource.table, target) === undefined;
      const object = await this.engine.update(caller, target, body, mutationOptions(query, 'UpdateOptions'));
      return answer.object(missing ? 201 : 200, object);
    }
    const patch = patchBody(mediaType(request), body, query);
    const missing = this.engine.core.store.get(target.resource.table, target) === undefined;
    const object = await this.engine.patch(caller, target, patch, mutationOptions(query, 'PatchOptions'));
    return answer.object(missing ? 201 : 200, object);
  }

  /** What a path leads to. Undefined: no kind is served there, in a group of custom resources or none. */
  #target(info: Extract<RequestInfo, { kind: 'resource' }>, verb: string): Target | undefined {
    const { registry } = this.engine.core;
    const served = registry.served(info.group, info.version, info.resource);
    if (served === undefined) {
      if (registry.isBuiltinGroup(info.group)) throw noSuchPath();
      return undefined;
    }
    const { namespaced, verbs, isCustom } = served.resource;
    const isMisplaced =
      (namespaced && info.namespace === '' && info.name !== '') || (!namespaced && info.namespace !== '');
    if (isCustom && isMisplaced) return undefined;
    if (namespaced && info.namespace === '' && verb === 'create' && verbs.includes('get')) throw notAllowedHere();
    if (namespaced && info.namespace === '' && info.name !== '') throw noSuchPath();
    if (!namespaced && info.namespace !== '') throw noSuchPath();
    if (info.name !== '' && verbs.length === 0) throw noSuchPath();
    if (info.name === '' && (verb === 'update' || verb === 'patch')) throw notAllowedHere();
    // A name below a custom resource is passed over.
    if (info.name !== '' && info.subresource === '' && verb === 'create' && !isCustom) throw notAllowedHere();
    if (verb === 'deletecollection' && !verbs.includes(verb)) throw notAllowedHere();
    return { ...served, namespace: info.namespace, name: info.name, subresource: info.subresource };
  }
}

const notAllowedHere = (): Refusal =>
  new Refusal({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });

/** The body of a write. Text that cannot be read is told as the decoder of the target's kind tells it. */
async function readObject(request: IncomingMessage, target: Target, verb: string): Promise<unknown> {
  const unrecognized = (why: string, text: string) =>
    badRequest(
      `the object provided is unrecognized (must be of type ${target.resource.kind}): couldn't get version/kind; json parse error: ${why} (${shownBody(text)})`,
    );
  try {
    const body = await readBody(request);
    if (verb !== 'patch' && Array.isArray(body)) throw unrecognized(NO_OBJECT, JSON.stringify(body));
    return body;
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error;
    if (verb === 'patch') throw badRequest(`error decoding patch: ${error.why}`);
    throw unrecognized(error.why, error.text);
  }
}

const NO_OBJECT =
  'json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

const collection = (target: Target): CollectionTarget => target;

/** `metadata.name` of a GET on a name that asks for a watch becomes a selector. */
function selection(query: URLSearchParams, info: { readonly name: string }) {
  const options = listOptions(query);
  if (info.name === '') return options;
  const named = `metadata.name=${info.name}`;
  return {
    ...options,
    fieldSelector: options.fieldSelector === undefined ? named : `${options.fieldSelector},${named}`,
  };
}

function verbOf(method: string, info: { readonly name: string }, query: URLSearchParams): string {
  const isNamed = info.name !== '';
  switch (method) {
    case 'GET':
    case 'HEAD':
      // A name makes it a read of one object, whatever else is asked.
      if (isNamed) return 'get';
      return isTrue(query, 'watch') ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return isNamed ? 'delete' : 'deletecollection';
    default:
      return method.toLowerCase();
  }
}

function includeOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject');
  return value === 'None' || value === 'Object' ? value : 'Metadata';
}

/** Kinds whose delete answers with the object even when it is gone. */
const isWhole = (target: Target): boolean =>
  ['/pods', '/namespaces', '/services', '/persistentvolumes', '/persistentvolumeclaims', '/serviceaccounts'].includes(
    target.resource.table,
  );

const deletedBody = (target: Target, object: KubeObject): object => {
  const { kind, apiVersion, metadata, status, details } = deletedStatus(target, object);
  return { kind, apiVersion, metadata, status, details };
};

/** Writes results in the representation the client asked for. */
class Answer {
  constructor(
    private readonly response: ServerResponse,
    private readonly representation: Representation,
    private readonly target: Target,
    private readonly caller: Caller,
    private readonly nowMs: number,
    private readonly include: IncludeObject,
  ) {}

  object(code: number, object: KubeObject): void {
    const { as } = this.representation;
    if (as === 'Table' && this.target.subresource !== 'scale') {
      const metadata = { resourceVersion: object.metadata.resourceVersion };
      this.plain(code, tableOf([object], this.target, this.include, this.nowMs, metadata));
    } else if (as === 'PartialObjectMetadata') this.plain(code, metadataOf(object));
    else this.plain(code, object);
  }

  page(page: {
    readonly items: readonly KubeObject[];
    readonly resourceVersion: string;
    readonly continue?: string | undefined;
    readonly remainingItemCount?: number | undefined;
  }): void {
    const { items, resourceVersion, continue: next, remainingItemCount } = page;
    const metadata = {
      resourceVersion,
      // Lists of custom resources always say where they continue.
      ...(next === undefined ? (this.#isCustomList() ? { continue: '' } : {}) : { continue: next }),
      ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
    };
    const { as } = this.representation;
    const { resource, version } = this.target;
    if (as === 'Table') this.plain(200, tableOf(items, this.target, this.include, this.nowMs, metadata));
    else if (as === 'PartialObjectMetadataList') {
      const bodies = items.map(metadataOf);
      this.plain(200, { kind: as, apiVersion: 'meta.k8s.io/v1', metadata, items: bodies });
    } else {
      const apiVersion = groupVersion(resource.group, version.name);
      // Items of builtin lists are written without their kind; custom resources carry theirs.
      const bodies = resource.isCustom ? items : items.map(({ apiVersion: _, kind: __, ...rest }) => rest);
      this.plain(200, { kind: resource.listKind, apiVersion, metadata, items: bodies });
    }
  }

  #isCustomList(): boolean {
    return this.target.resource.isCustom && this.representation.as !== 'Table';
  }

  plain(code: number, body: unknown): void {
    sendObject(this.response, code, body, this.representation, this.caller.warnings);
  }
}
