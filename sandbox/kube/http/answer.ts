import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../../../machinery/kube-object';
import { groupVersion } from '../registry/resource';
import type { Caller, Target } from '../rest/core';
import { type IncludeObject, metadataOf, tableOf } from '../tables/table';
import type { Representation } from './negotiate';
import { sendObject } from './respond';

/** Writes results in the representation the client asked for. */
export class Answer {
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
      this.plain(200, {
        kind: as,
        apiVersion: 'meta.k8s.io/v1',
        metadata,
        // A Go list that nothing was put into.
        items: bodies.length === 0 ? null : bodies,
      });
    } else {
      const apiVersion = groupVersion(resource.group, version.name);
      // Items of builtin lists are written without their kind; custom resources carry theirs.
      const bodies = resource.isCustom ? items : items.map(withoutKind);
      this.plain(200, { kind: resource.listKind, apiVersion, metadata, items: bodies });
    }
  }

  #isCustomList(): boolean {
    return this.target.resource.isCustom && this.representation.as === undefined;
  }

  plain(code: number, body: unknown): void {
    sendObject(this.response, code, body, this.representation, this.caller.warnings);
  }
}

function withoutKind(object: KubeObject): object {
  const { apiVersion: _, kind: __, ...rest } = object;
  return rest;
}
