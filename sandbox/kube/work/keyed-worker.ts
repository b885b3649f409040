import type { Log } from '../../../api/ports/objects';
import { messageOf } from '../../../machinery/errors';

/**
 * Runs work per key, one key at a time, in the order the keys came, soon after the write that caused it but never
 * inside it. A key that comes again while it waits is done once.
 */
export class KeyedWorker {
  readonly #waiting = new Set<string>();
  #running = false;

  constructor(
    private readonly work: (key: string) => Promise<void>,
    private readonly log: Log | undefined,
  ) {}

  add(key: string): void {
    this.#waiting.add(key);
    if (this.#running) return;
    this.#running = true;
    // A microtask later the answer to the write is on its way.
    void Promise.resolve().then(() => this.#run());
  }

  async #run(): Promise<void> {
    for (;;) {
      const [key] = this.#waiting;
      if (key === undefined) break;
      this.#waiting.delete(key);
      try {
        await this.work(key);
      } catch (error) {
        this.log?.warn({ key, error: messageOf(error) }, 'kube sandbox: background work failed');
      }
    }
    this.#running = false;
  }
}
