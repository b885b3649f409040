interface Entry {
  readonly key: string;
  readonly at: number;
  readonly order: number;
}

/** Keys with a due time, the earliest first; each key once, with its earliest time. */
export class DelayHeap {
  #heap: Entry[] = [];
  #order = 0;
  /** The entry that counts for a key; others in the heap are void and dropped when they come to the top. */
  readonly #current = new Map<string, Entry>();

  push(key: string, at: number): void {
    const known = this.#current.get(key);
    if (known !== undefined && known.at <= at) return;
    const entry = { key, at, order: this.#order++ };
    this.#current.set(key, entry);
    this.#heap.push(entry);
    this.#up(this.#heap.length - 1);
    // Void entries must not pile up under a far-away one.
    if (this.#heap.length > 64 && this.#heap.length > 4 * this.#current.size) this.#rebuild();
  }

  remove(key: string): void {
    this.#current.delete(key);
  }

  /** The earliest due time. */
  first(): number | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#current.get(top.key) === top) return top.at;
      this.#pop();
    }
    return undefined;
  }

  /** Takes out everything due, in order. */
  due(now: number): string[] {
    const keys: string[] = [];
    for (let at = this.first(); at !== undefined && at <= now; at = this.first()) {
      const entry = this.#pop();
      if (entry === undefined) break;
      this.#current.delete(entry.key);
      keys.push(entry.key);
    }
    return keys;
  }

  #rebuild(): void {
    this.#heap = [...this.#current.values()].sort(compare);
  }

  #pop(): Entry | undefined {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && last !== top) {
      this.#heap[0] = last;
      this.#down(0);
    }
    return top;
  }

  #up(start: number): void {
    let index = start;
    while (index > 0 && this.#swapIfLater((index - 1) >> 1, index)) index = (index - 1) >> 1;
  }

  #down(start: number): void {
    let index = start;
    for (;;) {
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      if (left === undefined) return;
      const child = right !== undefined && compare(right, left) < 0 ? 2 * index + 2 : 2 * index + 1;
      if (!this.#swapIfLater(index, child)) return;
      index = child;
    }
  }

  /** Puts the earlier of two entries into the upper place; true when they changed places. */
  #swapIfLater(upper: number, lower: number): boolean {
    const above = this.#heap[upper];
    const below = this.#heap[lower];
    if (above === undefined || below === undefined || compare(above, below) <= 0) return false;
    this.#heap[upper] = below;
    this.#heap[lower] = above;
    return true;
  }
}

function compare(left: Entry, right: Entry): number {
  return left.at - right.at || left.order - right.order;
}
