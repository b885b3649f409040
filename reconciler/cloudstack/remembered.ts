import type { Clock } from '../../api/ports';

interface Entry<T> {
  readonly value: Promise<T>;
  readonly until: number;
}

/** Answers kept for a time, asked for once when many ask together. Failures are not kept. */
export class Remembered<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #limit: number;

  constructor(clock: Clock, keepMs: number, limit = 1000) {
    this.#clock = clock;
    this.#keepMs = keepMs;
    this.#limit = limit;
  }

  get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(key);
    if (known !== undefined && known.until > this.#clock.now()) return known.value;
    const value = ask();
    this.set(key, value);
    value.catch(() => {
      if (this.#entries.get(key)?.value === value) this.#entries.delete(key);
    });
    return value;
  }

  set(key: string, value: Promise<T>): void {
    this.#entries.delete(key);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < this.#limit) break;
      this.#entries.delete(oldest);
    }
    this.#entries.set(key, { value, until: this.#clock.now() + this.#keepMs });
  }

  /** What is remembered now, without asking. */
  peek(key: string): Promise<T> | undefined {
    const known = this.#entries.get(key);
    return known !== undefined && known.until > this.#clock.now() ? known.value : undefined;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}
