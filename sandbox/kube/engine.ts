import type { DeleteOptions, ListOptions, PatchBody } from '../../api/ports/kube-api';
import type { KubeObject } from '../../machinery/kube-object';
import type { Caller, CollectionTarget, Core, MutationOptions, Target } from './rest/core';
import { createObject } from './rest/create';
import { type Deleted, deleteCollection, deleteObject } from './rest/delete';
import { patchObject } from './rest/patch';
import { bindPod, evictPod } from './rest/pods';
import { getObject, listObjects, type Page } from './rest/read';
import { methodNotAllowed, noSuchPath, notFound } from './rest/refusal';
import { answerReview, type TokenReviewer } from './rest/reviews';
import { getScale, patchScale, updateScale } from './rest/scale';
import { updateObject } from './rest/update';
import { type ServerEvent, type WatchRequest, watchObjects } from './watch/watch';

/** Every verb of the API, behind the in-process adapter and the HTTP server alike. */
export class Engine {
  constructor(
    readonly core: Core,
    private readonly reviewToken: TokenReviewer,
    private readonly issueToken: (
      caller: Caller,
      target: Target,
      body: unknown,
      options: MutationOptions,
    ) => KubeObject,
  ) {}

  async get(target: Target): Promise<KubeObject> {
    requireVerb(target, 'get');
    if (target.subresource === 'scale') return getScale(this.core, target);
    requireSubresource(target, 'get');
    return getObject(this.core, target);
  }

  async list(target: CollectionTarget, options: ListOptions): Promise<Page> {
    requireVerb(target, 'list');
    return listObjects(this.core, target, options);
  }

  watch(target: CollectionTarget, options: WatchRequest, signal: AbortSignal): AsyncGenerator<ServerEvent> {
    requireVerb(target, 'watch');
    return watchObjects(this.core, target, options, signal);
  }

  async create(caller: Caller, target: CollectionTarget, body: unknown, options: MutationOptions): Promise<KubeObject> {
    requireVerb(target, 'create');
    if (!target.resource.verbs.includes('get')) return answerReview(this.core, caller, target, body, this.reviewToken);
    return createObject(this.core, caller, target, body, options);
  }

  async createSubresource(
    caller: Caller,
    target: Target,
    body: unknown,
    options: MutationOptions = {},
  ): Promise<KubeObject> {
    requireSubresource(target, 'create');
    if (target.resource.table === '/pods' && target.subresource === 'eviction') {
      return evictPod(this.core, caller, target, body);
    }
    if (target.resource.table === '/pods' && target.subresource === 'binding') {
      return bindPod(this.core, caller, target, body);
    }
    if (target.resource.table === '/serviceaccounts' && target.subresource === 'token') {
      return this.issueToken(caller, target, body, options);
    }
    throw methodNotAllowed(target.resource, 'create');
  }

  async update(caller: Caller, target: Target, body: unknown, options: MutationOptions): Promise<KubeObject> {
    requireVerb(target, 'update');
    if (target.subresource === 'scale') return updateScale(this.core, caller, target, body, options);
    requireSubresource(target, 'update');
    return updateObject(this.core, caller, target, body, options);
  }

  async patch(caller: Caller, target: Target, body: PatchBody, options: MutationOptions): Promise<KubeObject> {
    requireVerb(target, 'patch');
    if (target.subresource === 'scale') return patchScale(this.core, caller, target, body, options);
    requireSubresource(target, 'patch');
    return patchObject(this.core, caller, target, body, options);
  }

  async delete(caller: Caller, target: Target, options: DeleteOptions): Promise<Deleted> {
    requireVerb(target, 'delete');
    requireSubresource(target, 'delete');
    return deleteObject(this.core, caller, target, options);
  }

  async deleteCollection(
    caller: Caller,
    target: CollectionTarget,
    list: ListOptions,
    options: DeleteOptions,
  ): Promise<Page> {
    requireVerb(target, 'deletecollection');
    return deleteCollection(this.core, caller, target, list, options);
  }
}

function requireVerb(target: CollectionTarget, verb: string): void {
  if (!target.resource.verbs.includes(verb)) throw methodNotAllowed(target.resource, verb);
}

function requireSubresource(target: Target, verb: string): void {
  if (target.subresource === '') return;
  const subresource = target.version.subresources.get(target.subresource);
  if (subresource === undefined) {
    throw target.resource.isCustom ? notFound(target.resource, target.name) : noSuchPath();
  }
  if (!subresource.verbs.includes(verb)) throw methodNotAllowed(target.resource, verb);
}
