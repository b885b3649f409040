import type { WatchEvent, WatchOptions } from '../../../api/ports/kube-api';
import type { KubeObject } from '../../../machinery/kube-object';
import { groupVersion } from '../registry/resource';
import type { CollectionTarget, Core } from '../rest/core';
import { expired, Refusal } from '../rest/refusal';
import { type Matcher, matcherFor } from '../rest/select';
import { RevisionCompacted, type StoreEvent } from '../store/event';

/** How often a quiet watch that wants bookmarks hears how far it is. */
const BOOKMARK_INTERVAL_MS = 60_000;

export interface WatchRequest extends WatchOptions {
  /** Send the state first, then a bookmark that marks its end (`sendInitialEvents`). */
  readonly sendInitialEvents?: boolean | undefined;
}

/** A bookmark that ends the initial events carries this mark. */
export type ServerEvent =
  | WatchEvent
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly endsInitial: true };

/**
 * Changes of a collection, in order, from a revision on. Objects are shared and frozen; an event is made once and only
 * filtered per watch.
 * @throws Refusal at once, before there are events, of what no watch can be made
 */
export function watchObjects(
  core: Core,
  target: CollectionTarget,
  options: WatchRequest,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const matches = matcherFor(target, options);
  checkRevision(options.resourceVersion ?? '');
  return watchEvents(core, target, options, matches, signal);
}

async function* watchEvents(
  core: Core,
  target: CollectionTarget,
  options: WatchRequest,
  matches: Matcher | undefined,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const { resource } = target;
  const apiVersion = groupVersion(resource.group, target.version.name);
  const queue = new EventQueue(signal);
  const namespace = target.namespace === '' ? undefined : target.namespace;
  const selects = selector(matches, namespace);
  const started = start(core, target, options, namespace);
  if (started instanceof Refusal) {
    // Once a watch is accepted, what goes wrong is an event of it.
    yield { type: 'ERROR', status: started.status };
    return;
  }
  let revision = started.revision;
  const unsubscribe = core.store.subscribe((table, event) => {
    if (table === resource.table && event.revision > revision) queue.push(event);
  });
  const timers = startTimers(core, options, queue);
  const closed = core.registry.onRemoved(resource, () => queue.end());
  try {
    for (const object of started.initial) {
      if (selects(object)) yield { type: 'ADDED', object: await resource.convert(object, apiVersion) };
    }
    if (options.sendInitialEvents === true && options.allowWatchBookmarks === true) {
      yield { type: 'BOOKMARK', resourceVersion: String(revision), endsInitial: true };
    }
    for (const event of started.missed) {
      revision = event.revision;
      const seen = visible(event, selects);
      if (seen !== undefined) yield { ...seen, object: await resource.convert(seen.object, apiVersion) };
    }
    for (;;) {
      const next = await queue.next();
      if (next === undefined) return;
      if (next === 'bookmark') {
        yield { type: 'BOOKMARK', resourceVersion: String(core.store.revision) };
        continue;
      }
      if (next.revision <= revision) continue;
      revision = next.revision;
      const seen = visible(next, selects);
      if (seen !== undefined) yield { ...seen, object: await resource.convert(seen.object, apiVersion) };
    }
  } finally {
    unsubscribe();
    closed();
    for (const timer of timers) timer();
  }
}

interface Start {
  readonly revision: number;
  readonly initial: readonly KubeObject[];
  readonly missed: readonly StoreEvent[];
}

/** @throws Refusal when a resource version is no number */
function checkRevision(text: string): void {
  if (text !== '' && !/^\d+$/.test(text))
    throw new Refusal({
      code: 500,
      reason: '',
      message: `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    });
}

function start(
  core: Core,
  target: CollectionTarget,
  options: WatchRequest,
  namespace: string | undefined,
): Start | Refusal {
  const { table } = target.resource;
  const text = options.resourceVersion ?? '';
  if (text === '' || text === '0' || options.sendInitialEvents === true) {
    return { revision: core.store.revision, initial: core.store.list(table, namespace), missed: [] };
  }
  const from = Number(text);
  try {
    const missed = core.store.since(table, from);
    return { revision: from, initial: [], missed };
  } catch (error) {
    if (!(error instanceof RevisionCompacted)) throw error;
    return expired(`too old resource version: ${from} (${error.oldest})`);
  }
}

function startTimers(core: Core, options: WatchRequest, queue: EventQueue): (() => void)[] {
  const stops: (() => void)[] = [];
  if (options.timeoutSeconds !== undefined && options.timeoutSeconds > 0) {
    const timer = core.clock.after(options.timeoutSeconds * 1000, () => queue.end());
    stops.push(() => timer.cancel());
  }
  if (options.allowWatchBookmarks === true) {
    let timer = core.clock.after(BOOKMARK_INTERVAL_MS, tick);
    function tick(): void {
      queue.push('bookmark');
      timer = core.clock.after(BOOKMARK_INTERVAL_MS, tick);
    }
    stops.push(() => timer.cancel());
  }
  return stops;
}

type Selects = (object: KubeObject) => boolean;

function selector(matches: Matcher | undefined, namespace: string | undefined): Selects {
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) && (matches === undefined || matches(object));
}

/** A change as a watch with a selector sees it: entering is an addition, leaving a deletion. */
function visible(
  event: StoreEvent,
  selects: Selects,
): { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: KubeObject } | undefined {
  const was = event.previous !== undefined && selects(event.previous);
  if (event.type === 'DELETED') return was ? { type: 'DELETED', object: event.object } : undefined;
  const is = selects(event.object);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: event.object };
  if (!was || event.previous === undefined) return undefined;
  // The last state that matched, under the revision at which it stopped to.
  const { resourceVersion } = event.object.metadata;
  const last = { ...event.previous, metadata: { ...event.previous.metadata, resourceVersion } };
  return { type: 'DELETED', object: last };
}

/** Events between the store, which pushes, and the watcher, which pulls. */
class EventQueue {
  #items: (StoreEvent | 'bookmark')[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(signal: AbortSignal) {
    if (signal.aborted) this.#ended = true;
    else signal.addEventListener('abort', () => this.end(true), { once: true });
  }

  push(item: StoreEvent | 'bookmark'): void {
    if (this.#ended) return;
    this.#items.push(item);
    this.#wake?.();
  }

  /** @param drop forget what was not read yet */
  end(drop = false): void {
    this.#ended = true;
    if (drop) this.#items = [];
    this.#wake?.();
  }

  async next(): Promise<StoreEvent | 'bookmark' | undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) return item;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
