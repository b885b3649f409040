import type { Inventory, Observation, Timer, VirtualMachine } from '../../api/ports';
import { equalJson } from '../../machinery/json';
import type { Connection } from './connection';
import { Pace } from './pace';
import { listMachines } from './virtual-machines';

/** Between snapshots while nothing moves: how late a machine that stopped by itself is noticed. */
const CALM_MS = 30_000;

/** An expectation that nothing answers ends; from then on the zone is calm again. */
const PATIENCE_MS = 15 * 60_000;

/** When the server does not answer, the next snapshot is tried after this time. */
const UNREACHABLE_RETRY_MS = 2000;

const RESTING = new Set(['Running', 'Stopped', 'Destroyed', 'Error']);

interface Watcher {
  readonly id: string;
  wake: () => void;
  /** Snapshots that began earlier say nothing about the machine. */
  readonly sinceMs: number;
  last: Observation;
  expectation: { readonly command: string; readonly sinceMs: number } | undefined;
}

/** The machines of one zone as one connection sees them, listed by one call for all watchers. */
class ZoneSnapshot {
  readonly watchers = new Map<string, Watcher>();
  readonly #connection: Connection;
  readonly #zoneId: string;
  readonly #pace: Pace;
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #takenMs: number | undefined;
  #notBeforeMs = 0;
  #busy = false;

  constructor(connection: Connection, zoneId: string, pace: Pace) {
    this.#connection = connection;
    this.#zoneId = zoneId;
    this.#pace = pace;
  }

  /** Sets the timer to the earliest time that some watcher needs. */
  schedule(): void {
    if (this.#busy) return;
    const dueMs = this.#nextDue();
    if (dueMs === this.#dueMs && this.#timer !== undefined) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dueMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(0, dueMs - this.#connection.clock.now());
    this.#timer = this.#connection.clock.after(delayMs, () => void this.#take());
  }

  stop(): void {
    this.#timer?.cancel();
    this.watchers.clear();
  }

  #nextDue(): number {
    const now = this.#connection.clock.now();
    const lookedMs = this.#takenMs ?? now;
    let due = Number.POSITIVE_INFINITY;
    for (const watcher of this.watchers.values()) {
      const { expectation } = watcher;
      if (watcher.last.kind === 'unknown' && expectation === undefined) due = Math.min(due, watcher.sinceMs);
      else if (expectation === undefined) due = Math.min(due, lookedMs + CALM_MS);
      else {
        const from = Math.max(lookedMs, expectation.sinceMs);
        due = Math.min(due, from + this.#pace.nextMs(expectation.command, from - expectation.sinceMs));
      }
    }
    return Math.max(due, this.#notBeforeMs);
  }

  async #take(): Promise<void> {
    this.#timer = undefined;
    this.#busy = true;
    const beganMs = this.#connection.clock.now();
    try {
      const listed = await listMachines(this.#connection, this.#zoneId);
      this.#takenMs = this.#connection.clock.now();
      const machines = new Map(listed.map((machine) => [machine.id, machine]));
      for (const watcher of [...this.watchers.values()]) this.#tell(watcher, machines, beganMs);
    } catch {
      // A snapshot that could not be taken says nothing about any machine: nobody is woken.
      this.#notBeforeMs = this.#connection.clock.now() + UNREACHABLE_RETRY_MS;
    } finally {
      this.#busy = false;
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.schedule();
    }
  }

  #tell(watcher: Watcher, machines: ReadonlyMap<string, VirtualMachine>, beganMs: number): void {
    if (watcher.sinceMs > beganMs) return;
    const machine = machines.get(watcher.id);
    const seen: Observation = machine === undefined ? { kind: 'absent' } : { kind: 'seen', machine };
    this.#settle(watcher, seen);
    if (equalJson(watcher.last, seen)) return;
    watcher.last = seen;
    watcher.wake();
  }

  /** Ends an expectation when the machine has come to rest in another state than the one it was asked to leave. */
  #settle(watcher: Watcher, seen: Observation): void {
    const now = this.#connection.clock.now();
    if (watcher.expectation === undefined) {
      const moves = seen.kind === 'seen' && !RESTING.has(seen.machine.state);
      if (moves && !equalJson(seen, watcher.last)) watcher.expectation = { command: 'observed', sinceMs: now };
      return;
    }
    const ranMs = now - watcher.expectation.sinceMs;
    if (ranMs > PATIENCE_MS) {
      watcher.expectation = undefined;
      return;
    }
    const rests = seen.kind !== 'seen' || RESTING.has(seen.machine.state);
    if (!rests || equalJson(watcher.last, seen)) return;
    this.#pace.learn(watcher.expectation.command, ranMs);
    watcher.expectation = undefined;
  }
}

/** Shared snapshots of machines: in a steady state the calls depend on the number of zones, not of machines. */
export class SharedInventory implements Inventory {
  readonly #connection: Connection;
  readonly #pace = new Pace();
  readonly #zones = new Map<string, ZoneSnapshot>();
  readonly #zoneOf = new Map<string, ZoneSnapshot>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  watch(key: string, machine: { readonly id: string; readonly zoneId: string }, wake: () => void): void {
    const known = this.#zoneOf.get(key)?.watchers.get(key);
    if (known?.id === machine.id) {
      known.wake = wake;
      return;
    }
    this.forget(key);
    const zone = this.#zone(machine.zoneId);
    const sinceMs = this.#connection.clock.now();
    zone.watchers.set(key, { id: machine.id, wake, sinceMs, last: { kind: 'unknown' }, expectation: undefined });
    this.#zoneOf.set(key, zone);
    zone.schedule();
  }

  forget(key: string): void {
    const zone = this.#zoneOf.get(key);
    if (zone === undefined) return;
    zone.watchers.delete(key);
    this.#zoneOf.delete(key);
    zone.schedule();
  }

  observe(key: string): Observation {
    return this.#zoneOf.get(key)?.watchers.get(key)?.last ?? { kind: 'unknown' };
  }

  expectChange(key: string, command: string): void {
    const zone = this.#zoneOf.get(key);
    const watcher = zone?.watchers.get(key);
    if (zone === undefined || watcher === undefined) return;
    watcher.expectation = { command, sinceMs: this.#connection.clock.now() };
    zone.schedule();
  }

  stop(): void {
    for (const zone of this.#zones.values()) zone.stop();
    this.#zoneOf.clear();
  }

  #zone(zoneId: string): ZoneSnapshot {
    let zone = this.#zones.get(zoneId);
    if (zone === undefined) {
      zone = new ZoneSnapshot(this.#connection, zoneId, this.#pace);
      this.#zones.set(zoneId, zone);
    }
    return zone;
  }
}
