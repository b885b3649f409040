import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../../../machinery/kube-object';
import type { Engine } from '../engine';
import { groupVersion } from '../registry/resource';
import type { CollectionTarget } from '../rest/core';
import { type IncludeObject, metadataOf, tableOf } from '../tables/table';
import type { ServerEvent, WatchRequest } from '../watch/watch';
import type { Representation } from './negotiate';
import { statusBody } from './respond';

/** Writes a watch as JSON lines until it ends or the client goes. A slow reader slows its own watch alone. */
export async function streamWatch(
  engine: Engine,
  target: CollectionTarget,
  options: WatchRequest,
  response: ServerResponse,
  representation: Representation,
  include: IncludeObject,
): Promise<void> {
  const abort = new AbortController();
  response.on('close', () => abort.abort());
  const frames = new Frames(target, representation, include, () => engine.core.clock.now());
  // What is refused before the watch begins is an answer, not an event.
  const events = engine.watch(target, options, abort.signal);
  response.writeHead(200, {
    'content-type': 'application/json',
    'transfer-encoding': 'chunked',
    'cache-control': 'no-cache, private',
  });
  response.flushHeaders();
  for await (const event of events) {
    if (!response.write(`${JSON.stringify(frames.frame(event))}\n`)) {
      // Rejected when the client goes; nothing is left to be written then.
      await once(response, 'drain', { signal: abort.signal }).catch(() => {});
    }
    if (abort.signal.aborted) return;
  }
  response.end();
}

class Frames {
  #isFirst = true;

  constructor(
    private readonly target: CollectionTarget,
    private readonly representation: Representation,
    private readonly include: IncludeObject,
    private readonly now: () => number,
  ) {}

  frame(event: ServerEvent): object {
    if (event.type === 'ERROR') return { type: 'ERROR', object: statusBody(event.status) };
    if (event.type === 'BOOKMARK') return { type: 'BOOKMARK', object: this.#bookmark(event) };
    return { type: event.type, object: this.#shown(event.object) };
  }

  #shown(object: KubeObject): object {
    const { as } = this.representation;
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return metadataOf(object);
    if (as !== 'Table') return object;
    // Only the first event of a watch explains the columns.
    const withHeader = this.#isFirst;
    this.#isFirst = false;
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    return tableOf([object], this.target, this.include, this.now(), metadata, withHeader);
  }

  #bookmark(event: Extract<ServerEvent, { type: 'BOOKMARK' }>): object {
    const { resource, version } = this.target;
    const annotations = 'endsInitial' in event ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
    const metadata = { resourceVersion: event.resourceVersion, ...annotations };
    const { as } = this.representation;
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') {
      return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
    }
    if (as === 'Table') return tableOf([], this.target, this.include, this.now(), metadata, false);
    return { kind: resource.kind, apiVersion: groupVersion(resource.group, version.name), metadata };
  }
}
