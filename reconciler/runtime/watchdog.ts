import type { Clock, Timer } from '../../machinery/clock';

/** Servers send bookmarks about once a minute (`defaultBookmarkFrequency`); two missing ones and a half is silence. */
const SILENCE_AFTER_BOOKMARK_MS = 150_000;
/** Time for the end of a watch to arrive after the server should have ended it. */
const GRACE_MS = 15_000;

/**
 * Ends a watch whose connection is dead without having been closed: nothing was heard for longer than a living
 * server can be silent. Where the server sends bookmarks that is 2.5 minutes, else the watch's own time-out.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #unlink: () => void;
  #limitMs: number;
  #heard: number;
  #timer: Timer;

  constructor(clock: Clock, watchTimeoutMs: number, parent: AbortSignal) {
    this.#clock = clock;
    this.#limitMs = watchTimeoutMs + GRACE_MS;
    this.#heard = clock.now();
    this.#timer = clock.after(this.#limitMs, () => this.#check());
    const forward = () => this.#abort.abort();
    if (parent.aborted) forward();
    parent.addEventListener('abort', forward, { once: true });
    this.#unlink = () => parent.removeEventListener('abort', forward);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Something arrived. Cheap on purpose: no timer is touched for an event. */
  alive(isBookmark: boolean): void {
    this.#heard = this.#clock.now();
    if (!isBookmark || this.#limitMs <= SILENCE_AFTER_BOOKMARK_MS) return;
    this.#limitMs = SILENCE_AFTER_BOOKMARK_MS;
    this.#timer.cancel();
    this.#timer = this.#clock.after(this.#limitMs, () => this.#check());
  }

  stop(): void {
    this.#timer.cancel();
    this.#unlink();
  }

  #check(): void {
    const silentMs = this.#clock.now() - this.#heard;
    if (silentMs >= this.#limitMs) this.#abort.abort();
    else this.#timer = this.#clock.after(this.#limitMs - silentMs, () => this.#check());
  }
}
