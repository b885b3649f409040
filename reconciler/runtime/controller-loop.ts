import type { Controller, Log, ObjectEvent, Outcome, Run } from '../../api/ports';
import { isReason } from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import { CapstanError, messageOf } from '../../machinery/errors';
import { keyText, type ObjectKey } from '../../machinery/kube-object';
import type { Random } from '../../machinery/random';
import type { Caches } from './caches';
import type { ControllerMetrics } from './metrics';
import { type Priority, WorkQueue } from './work-queue';

export interface ControllerLoopOptions {
  readonly controller: Controller;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: ControllerMetrics | undefined;
}

const DEFAULT_CONCURRENCY = 10;
/** Reconciles that never wait for I/O run in one turn of the event loop; after this long the others get theirs. */
const SLICE_MS = 10;

/** Runs one controller: events become keys, keys become reconciles, outcomes become waits. */
export class ControllerLoop {
  readonly #options: ControllerLoopOptions;
  readonly #queue: WorkQueue;
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #unsubscribe: (() => void)[] = [];
  #started = false;
  /** Events from before the start. */
  readonly #early: (() => void)[] = [];
  #sliceStart: number | undefined;
  #pumpScheduled = false;

  constructor(options: ControllerLoopOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({
      clock: options.clock,
      random: options.random,
      onReady: () => this.#schedulePump(),
      metrics: options.metrics?.queue,
    });
  }

  get name(): string {
    return this.#options.controller.name;
  }

  get queue(): WorkQueue {
    return this.#queue;
  }

  /** Starts the caches this controller reads and collects keys; nothing is reconciled yet. */
  watch(): void {
    const { controller, caches } = this.#options;
    for (const source of controller.watches) {
      const informer = caches.watch(source.resource);
      const enqueue = (event: ObjectEvent, initial: boolean) => {
        // Mapping an event may read other caches, so it waits until all are warm.
        if (!this.#started) {
          this.#early.push(() => enqueue(event, initial));
          return;
        }
        const priority: Priority = initial ? 'low' : 'normal';
        for (const key of source.keys(event)) this.#queue.add(keyText(key), priority);
        // Whoever the object pointed to before has to notice that it no longer does. Both sides are told of the other,
        // so that a source that looks for a certain difference sees the same one.
        const { type, object, previous } = event;
        if (type !== 'modified' || previous === undefined) return;
        for (const key of source.keys({ type, object: previous, previous: object })) {
          this.#queue.add(keyText(key), priority);
        }
      };
      for (const object of informer.store.list()) enqueue({ type: 'added', object }, true);
      this.#unsubscribe.push(informer.subscribe(enqueue));
    }
  }

  /** Starts to reconcile. All caches are warm. */
  start(): void {
    const { controller, metrics } = this.#options;
    metrics?.maxConcurrent(controller.concurrency ?? DEFAULT_CONCURRENCY);
    const undo = controller.start?.((key) => this.#queue.add(keyText(key)));
    if (undo !== undefined) this.#unsubscribe.push(undo);
    this.#started = true;
    for (const enqueue of this.#early.splice(0)) enqueue();
    this.#schedulePump();
  }

  /** Ends when the reconciles in work have ended; they see their signal abort at once. */
  async stop(): Promise<void> {
    for (const undo of this.#unsubscribe.splice(0)) undo();
    this.#queue.stop();
    this.#abort.abort();
    await Promise.allSettled([...this.#running]);
  }

  #schedulePump(): void {
    if (!this.#started || this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    const now = this.#options.clock.now();
    this.#sliceStart ??= now;
    if (now - this.#sliceStart > SLICE_MS) {
      this.#options.clock.after(0, () => {
        this.#sliceStart = undefined;
        this.#pump();
      });
    } else queueMicrotask(() => this.#pump());
  }

  #pump(): void {
    this.#pumpScheduled = false;
    if (this.#abort.signal.aborted) return;
    const limit = this.#options.controller.concurrency ?? DEFAULT_CONCURRENCY;
    while (this.#running.size < limit) {
      const text = this.#queue.take();
      if (text === undefined) break;
      const running = this.#work(text).finally(() => {
        this.#running.delete(running);
        this.#options.metrics?.activeWorkers(this.#running.size);
        if (this.#queue.ready > 0) this.#schedulePump();
        else this.#sliceStart = undefined;
      });
      this.#running.add(running);
    }
    this.#options.metrics?.activeWorkers(this.#running.size);
  }

  /** One reconcile. The only place where what a controller throws is caught. */
  async #work(text: string): Promise<void> {
    const { controller, clock, log, metrics } = this.#options;
    const started = clock.now();
    const run: Run = {
      signal: this.#abort.signal,
      enqueue: (key, afterMs = 0) => this.#queue.addAfter(keyText(key), afterMs),
    };
    try {
      const outcome = await controller.reconcile(keyOfText(text), run);
      this.#settle(text, outcome);
      metrics?.reconciled(outcome.kind === 'done' ? 'success' : 'requeue_after', (clock.now() - started) / 1000);
      log.debug({ controller: controller.name, object: text, outcome: outcome.kind }, 'reconciled');
    } catch (error) {
      this.#fail(text, error);
      metrics?.failed(error instanceof CapstanError, error instanceof CapstanError && error.retry === 'never');
      metrics?.reconciled('error', (clock.now() - started) / 1000);
    } finally {
      this.#queue.finish(text);
    }
  }

  #settle(text: string, outcome: Outcome): void {
    this.#queue.forget(text);
    if (outcome.kind === 'requeue') this.#queue.addAfter(text, outcome.afterMs);
  }

  #fail(text: string, error: unknown): void {
    if (this.#abort.signal.aborted) return;
    const { controller, log } = this.#options;
    const retry = error instanceof CapstanError ? error.retry : 'backoff';
    if (retry === 'backoff') this.#queue.retry(text);
    else this.#queue.forget(text);
    if (typeof retry === 'object') this.#queue.addAfter(text, retry.afterMs);
    const code = error instanceof CapstanError ? error.code : 'PANIC';
    const fields = { controller: controller.name, object: text, code, error: messageOf(error), retry };
    // Somebody else was faster, or the object is gone: the next run sees it. Not worth an operator's attention.
    if (isReason(error, 'Conflict', 'NotFound', 'AlreadyExists')) log.info(fields, 'reconcile raced');
    else if (error instanceof CapstanError) log.error(fields, 'reconcile failed');
    else log.error({ ...fields, stack: error instanceof Error ? error.stack : undefined }, 'reconcile threw');
  }
}

function keyOfText(text: string): ObjectKey {
  const slash = text.indexOf('/');
  return slash < 0 ? { namespace: '', name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}
