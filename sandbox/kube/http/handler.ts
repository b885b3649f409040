import type { IncomingMessage, ServerResponse } from 'node:http';
import { KubeError, type PatchBody } from '../../../api/ports/kube-api';
import type { Log } from '../../../api/ports/objects';
import { messageOf } from '../../../machinery/errors';
import type { KubeObject } from '../../../machinery/kube-object';
import { authenticate, unauthorized } from '../authz/authenticate';
import { denial, isAllowed } from '../authz/rbac';
import type { Engine } from '../engine';
import type { Caller, CollectionTarget, Target, User } from '../rest/core';
import { typeMetaFault } from '../rest/decode';
import { deletedStatus } from '../rest/delete';
import { refuseContainers } from '../rest/pods';
import { badRequest, forbiddenRequest, internalError, notFound, Refusal } from '../rest/refusal';
import type { TokenReviewer } from '../rest/reviews';
import type { IncludeObject } from '../tables/table';
import { Answer } from './answer';
import { type Body, MalformedBody, mediaType, readBody, shownBody } from './body';
import { impersonated } from './impersonate';
import { negotiate } from './negotiate';
import {
  deleteOptions,
  listOptions,
  mutationOptions,
  patchBody,
  patchType,
  unreadablePatch,
  watchOptions,
} from './options';
import type { PathHandler } from './paths';
import { parsePath, type RequestInfo } from './request-info';
import { sendObject, sendText, statusBody } from './respond';
import { offerOf, route, verbOf } from './route';
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
    const target = route(this.engine.core.registry, info, verb);
    if (target === undefined) return sendText(response, 404, '404 page not found\n');
    refuseContainers(this.engine.core, target);
    const representation = negotiate(request, offerOf(target, verb));
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
        const options = deleteOptions(query, body.value);
        return answer.page(await this.engine.deleteCollection(caller, collection(target), listOptions(query), options));
      }
      case 'delete': {
        const body = await readBody(request);
        const { object, isGone } = await this.engine.delete(caller, target, deleteOptions(query, body.value));
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
    if (verb === 'patch') return this.#patch(request, answer, caller, target, query);
    const { value: body, duplicates } = await readObject(request, target);
    if (verb === 'create') {
      const options = { ...mutationOptions(query, 'CreateOptions'), duplicates };
      if (target.subresource !== '') {
        return answer.plain(201, await this.engine.createSubresource(caller, target, body, options));
      }
      return answer.object(201, await this.engine.create(caller, collection(target), body, options));
    }
    let code = 200;
    const onCreate = (): void => {
      code = 201;
    };
    const options = { ...mutationOptions(query, 'UpdateOptions'), duplicates, onCreate };
    const object = await this.engine.update(caller, target, body, options);
    return answer.object(code, object);
  }

  async #patch(
    request: IncomingMessage,
    answer: Answer,
    caller: Caller,
    target: Target,
    query: URLSearchParams,
  ): Promise<void> {
    const type = patchType(mediaType(request), query, target.resource.isCustom);
    const options = mutationOptions(query, 'PatchOptions');
    const isMissing = this.engine.core.store.get(target.resource.table, target) === undefined;
    const body = await readPatch(request, type);
    // A patch is understood when there is something to change; an apply, which has a manager, may create it.
    const mayCreate = type === 'apply' && (target.subresource === '' || options.fieldManager === undefined);
    if (isMissing && !mayCreate) throw notFound(target.resource, target.name);
    const { value, duplicates } = body();
    const patch = patchBody(type, value, query);
    let code = 200;
    const onCreate = (): void => {
      code = 201;
    };
    const object = await this.engine.patch(caller, target, patch, { ...options, duplicates, onCreate });
    return answer.object(code, object);
  }
}

/** The body of a create or an update. Text that cannot be read is told as the decoder of the target's kind tells it. */
async function readObject(request: IncomingMessage, target: Target): Promise<Body> {
  const { kind } = target.version.subresources.get(target.subresource) ?? target.resource;
  const unrecognized = (why: string, text: string) =>
    badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why} (${shownBody(text)})`,
    );
  try {
    const body = await readBody(request);
    if (body.value === undefined) throw unrecognized('unexpected end of JSON input', '');
    const fault = typeMetaFault(body.value);
    if (fault !== undefined) throw unrecognized(fault, JSON.stringify(body.value));
    return body;
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error;
    throw unrecognized(error.why, error.text);
  }
}

/** Reads a patch; what it gives throws when the text was malformed. */
async function readPatch(request: IncomingMessage, type: PatchBody['type']): Promise<() => Body> {
  try {
    const body = await readBody(request);
    if (body.value === undefined && type === 'apply') return () => ({ value: null });
    return () => {
      if (body.value === undefined) throw unreadablePatch(type, 'unexpected end of JSON input');
      return body;
    };
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error;
    return () => {
      throw unreadablePatch(type, error.why);
    };
  }
}

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
