import type { KubeApi, Log } from '../../api/ports';
import type { Clock, Timer } from '../../machinery/clock';
import { messageOf } from '../../machinery/errors';
import { keyText, type ObjectKey } from '../../machinery/kube-object';
import type { Random } from '../../machinery/random';
import { HeldLease } from './held-lease';

export interface LeaderElectionOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Who we are; unique among all processes that ever contend. */
  readonly identity: string;
  /**
   * All of these must be held. More than one excludes programs that know only theirs
   * (`capc-leader-election-controller` of the provider we replace). Every replica names them in the same order.
   */
  readonly leases: readonly ObjectKey[];
  /** A lease that was not renewed for this long may be taken by others. @default 15 s */
  readonly durationMs?: number | undefined;
  /**
   * Leadership is given up when it could not be renewed for this long; shorter than `durationMs`. Infinite: it is kept
   * through outages of the API server, until another process is seen to lead. @default 10 s
   */
  readonly renewDeadlineMs?: number | undefined;
  /** Between two attempts. @default 2 s */
  readonly retryMs?: number | undefined;
  /** Whether the process of that identity certainly lives no more, so that nobody need wait for its lease to end. */
  readonly isGone?: ((identity: string) => boolean) | undefined;
  /** Told about each change, with the name of the first lease. */
  readonly onChange?: ((name: string, isLeader: boolean) => void) | undefined;
}

export interface Leadership {
  /** Resolves when all leases are held; never rejects. */
  readonly acquired: Promise<void>;
  /** Aborts when leadership is lost. It does not come back: end the process and let it start anew. */
  readonly lost: AbortSignal;
  /** Whether nobody else can be leader at this moment, by our own clock alone. */
  isLeader(): boolean;
  /** Gives the leases up, so that others need not wait for them to end. */
  stop(): Promise<void>;
}

const DEFAULTS = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2000 };

/** Contends for leadership until it is won, then keeps it (client-go's algorithm and figures). */
export function electLeader(options: LeaderElectionOptions): Leadership {
  const { clock, random, log } = options;
  const durationMs = options.durationMs ?? DEFAULTS.durationMs;
  const renewDeadlineMs = options.renewDeadlineMs ?? DEFAULTS.renewDeadlineMs;
  const retryMs = options.retryMs ?? DEFAULTS.retryMs;
  const name = options.leases[0]?.name ?? '';
  const leases = options.leases.map((key) => new HeldLease({ ...options, key, durationMs }));
  const stop = new AbortController();
  const lost = new AbortController();
  const renewedAt = () => Math.min(...leases.map((lease) => lease.renewedAt));
  let isHeld = false;
  let hasSaidWhoLeads = false;
  let deadline: Timer | undefined;

  const lose = (why: string) => {
    if (!isHeld) return;
    isHeld = false;
    options.onChange?.(name, false);
    log.error({ leases: leases.map((lease) => keyText(lease.key)), why }, 'leadership lost');
    lost.abort();
  };
  const watchDeadline = () => {
    deadline?.cancel();
    if (renewDeadlineMs === Number.POSITIVE_INFINITY) return;
    const leftMs = renewedAt() + renewDeadlineMs - clock.now();
    deadline = clock.after(leftMs, () => lose('it could not be renewed in time'));
  };
  /**
   * Renews or takes all leases in their order; false at the first that others hold or that gave no answer. The rest is
   * looked at, because a dead leader leaves all of them and their times have to run out together.
   */
  const round = async (): Promise<boolean> => {
    let isComplete = true;
    for (const lease of leases) {
      try {
        if (isComplete) isComplete = await lease.take();
        else await lease.look();
      } catch (error) {
        log.debug({ lease: keyText(lease.key), error: messageOf(error) }, 'lease not renewed');
        isComplete = false;
      }
    }
    return isComplete;
  };

  let announce: () => void = () => undefined;
  const acquired = new Promise<void>((resolve) => {
    announce = resolve;
  });
  const run = async () => {
    options.onChange?.(name, false);
    while (!stop.signal.aborted && !lost.signal.aborted) {
      const isComplete = await round();
      if (isHeld && leases.some((lease) => lease.isTaken)) lose('another process took it');
      else if (isComplete && !lost.signal.aborted && !stop.signal.aborted) {
        if (!isHeld) {
          isHeld = true;
          options.onChange?.(name, true);
          log.info({ leases: leases.map((lease) => keyText(lease.key)) }, 'leadership won');
          announce();
        }
        watchDeadline();
      } else if (!isHeld && !hasSaidWhoLeads) {
        const other = leases.find((lease) => lease.isTaken);
        if (other !== undefined)
          log.info({ lease: keyText(other.key), holder: other.holder }, 'waiting: another leads');
        hasSaidWhoLeads = other !== undefined;
      }
      // Contenders that started together do not ask together (client-go's jitter factor).
      await clock.sleep(retryMs * (isHeld ? 1 : 1 + random.fraction() / 5), stop.signal);
    }
  };
  const running = run();

  return {
    acquired,
    lost: lost.signal,
    isLeader: () => isHeld && clock.now() < renewedAt() + renewDeadlineMs,
    async stop() {
      stop.abort();
      deadline?.cancel();
      await running;
      if (isHeld) options.onChange?.(name, false);
      isHeld = false;
      for (const lease of [...leases].reverse()) {
        await lease.release().catch((error: unknown) => {
          log.debug({ lease: keyText(lease.key), error: messageOf(error) }, 'lease not released; it ends by itself');
        });
      }
    },
  };
}
