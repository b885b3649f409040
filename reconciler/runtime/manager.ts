import type { Controller, EventRecorder, KubeApi, Log, Objects } from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import { messageOf } from '../../machinery/errors';
import type { Random } from '../../machinery/random';
import { Caches } from './caches';
import { Contracts } from './contracts';
import { ControllerLoop } from './controller-loop';
import { EventSink } from './events';
import { describeResource } from './informer';
import type { Metrics } from './metrics';
import { CachedObjects } from './objects';

/** What controllers are made of. */
export interface ManagerKit {
  readonly objects: Objects;
  /** A recorder of Events that come from `component`. */
  recorder(component: string): EventRecorder;
}

export interface ManagerOptions {
  readonly api: KubeApi;
  /** Makes the controllers; called once, before anything runs. */
  readonly controllers: (kit: ManagerKit) => readonly Controller[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: Metrics | undefined;
  /** Watch one namespace only. @default - all */
  readonly namespace?: string | undefined;
  /** Name of this process in Events. @default 'capstan' */
  readonly instance?: string | undefined;
}

/** What is going on in a manager. */
export interface Activity {
  /** False until all caches are warm and the controllers run. */
  readonly warm: boolean;
  /** Keys that wait for a worker, and keys in work. */
  readonly ready: number;
  readonly running: number;
  /** When the next delayed key is due, in milliseconds since the epoch; undefined: none waits. */
  readonly nextDue: number | undefined;
}

export interface Manager {
  readonly objects: Objects;
  /** Resolves when the caches are warm and the controllers run; rejects only when the manager is stopped before. */
  readonly started: Promise<void>;
  activity(): Activity;
  /** Caches that are not warm yet, with the reason of the last failed attempt. */
  cold(): readonly { readonly resource: string; readonly error: string | undefined }[];
  /** Ends reconciles (their signal aborts), watches and events; resolves when nothing of this manager runs any more. */
  stop(): Promise<void>;
}

const COLD_WARNING_MS = 10_000;

/** Starts caches, then controllers. */
export function startManager(options: ManagerOptions): Manager {
  const { api, clock, random, log, metrics } = options;
  const caches = new Caches({ api, clock, random, log, namespace: options.namespace });
  const contracts = new Contracts(caches);
  const objects = new CachedObjects({ api, caches, contracts, clock, random });
  const sink = new EventSink({ api, clock, log, instance: options.instance ?? 'capstan' });
  const kit: ManagerKit = { objects, recorder: (component) => sink.recorder(component) };
  const loops = options.controllers(kit).map((controller) => {
    const loopMetrics = metrics?.forController(controller.name);
    return new ControllerLoop({ controller, caches, clock, random, log, metrics: loopMetrics });
  });
  assertUniqueNames(loops);
  for (const loop of loops) loop.watch();

  const forgetObserver = metrics?.beforeScrape(() => {
    for (const { name, queue } of loops) {
      metrics.working(
        name,
        [...queue.workingSince()].map((since) => (clock.now() - since) / 1000),
      );
    }
  });

  let warm = false;
  let stopped = false;
  const cold = () =>
    [...caches.all()]
      .filter((informer) => !informer.synced)
      .map((informer) => ({
        resource: describeResource(informer.resource),
        error: informer.lastFailure === undefined ? undefined : messageOf(informer.lastFailure),
      }));
  const warning = clock.after(COLD_WARNING_MS, () => log.warn({ caches: cold() }, 'caches are not warm yet'));

  const start = async () => {
    // The set is fixed here: what controllers watch later, by ensureWatched, they wait for themselves.
    for (const informer of [...caches.all()]) {
      while (!informer.synced && !stopped) await informer.attempt().catch(() => undefined);
    }
    warning.cancel();
    if (stopped) throw new Error('the manager was stopped before its caches were warm');
    for (const loop of loops) loop.start();
    warm = true;
    log.info({ controllers: loops.map((loop) => loop.name) }, 'controllers started');
  };
  const started = start();
  // Whoever awaits `started` hears of it; nobody has to.
  started.catch(() => undefined);

  return {
    objects,
    started,
    cold,
    activity: () => {
      const due = loops.flatMap((loop) => loop.queue.nextDue ?? []);
      return {
        warm,
        ready: loops.reduce((sum, loop) => sum + loop.queue.ready, 0),
        running: loops.reduce((sum, loop) => sum + loop.queue.processing, 0),
        nextDue: due.length === 0 ? undefined : Math.min(...due),
      };
    },
    async stop() {
      if (stopped) return;
      stopped = true;
      forgetObserver?.();
      warning.cancel();
      await Promise.all(loops.map((loop) => loop.stop()));
      await caches.stop();
      await sink.stop();
    },
  };
}

function assertUniqueNames(loops: readonly ControllerLoop[]): void {
  const names = new Set<string>();
  for (const { name } of loops) {
    if (names.has(name)) throw new Error(`two controllers are named ${JSON.stringify(name)}`);
    names.add(name);
  }
}
