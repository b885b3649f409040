import {
  CloudStackRefused,
  CloudStackUnreachable,
  type Inventory,
  type Observation,
  type Standing,
  type Timer,
  type VirtualMachine,
} from '../../api/ports';
import { equalJson } from '../../machinery/json';
import type { Connection } from './connection';
import { Pace } from './pace';
import { listMachines } from './virtual-machines';

/** Between snapshots while nothing moves: how late a machine that stopped by itself is noticed. */
const CALM_MS = 30_000;

/** An expectation that nothing answers ends; from then on the zone is calm again. */
const PATIENCE_MS = 15 * 60_000;

/** While the server does not answer, the next snapshot is tried after this time, then doubling. */
const FIRST_RETRY_MS = 2000;
const SLOWEST_RETRY_MS = 5000;

/** A refusal stays until somebody does something about it; a corrected Secret makes another connection at once. */
const REFUSED_RETRY_MS = 30_000;

/** Silence is told when it has lasted this long: restarts and lost answers are over before. */
const SILENCE_TOLD_AFTER_MS = 10_000;

/** Wrong keys, a command that is not for this user, an object of others: trying again changes nothing. */
const REFUSALS = new Set([401, 432, 531]);

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
  /** Who is woken when the standing changes, by key. */
  readonly attendees = new Map<string, () => void>();
  readonly #onStanding: () => void;
  readonly #connection: Connection;
  readonly #zoneId: string;
  readonly #pace: Pace;
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #takenMs: number | undefined;
  #notBeforeMs = 0;
  #busy = false;
  #isLookWanted = false;
  /** Attempts in a row that failed, and when the first of them began. */
  #failures = 0;
  #failingSinceMs = 0;
  /** What is told of the failures. */
  #trouble: { readonly error: unknown } | undefined;

  /** @param onStanding - called when the standing has changed */
  constructor(connection: Connection, zoneId: string, pace: Pace, onStanding: () => void) {
    this.#onStanding = onStanding;
    this.#connection = connection;
    this.#zoneId = zoneId;
    this.#pace = pace;
  }

  get standing(): Standing {
    if (this.#trouble !== undefined) return { kind: 'failing', error: this.#trouble.error };
    return { kind: this.#takenMs === undefined ? 'unknown' : 'good' };
  }

  /** Whether somebody asks about the zone. */
  get isUsed(): boolean {
    return this.watchers.size > 0 || this.attendees.size > 0;
  }

  /** Takes a snapshot now, unless the last one could be taken. */
  lookUnlessGood(): void {
    if (this.#takenMs !== undefined && this.#failures === 0) return;
    this.#isLookWanted = true;
    this.#notBeforeMs = 0;
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
    this.attendees.clear();
  }

  #nextDue(): number {
    const now = this.#connection.clock.now();
    const lookedMs = this.#takenMs ?? now;
    let due = Number.POSITIVE_INFINITY;
    // What was told must be taken back, also when no machine is left to be watched.
    if (this.attendees.size > 0 && (this.#isLookWanted || this.#failures > 0)) due = now;
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
    this.#isLookWanted = false;
    const beganMs = this.#connection.clock.now();
    try {
      const listed = await listMachines(this.#connection, this.#zoneId);
      this.#succeeded();
      const machines = new Map(listed.map((machine) => [machine.id, machine]));
      for (const watcher of [...this.watchers.values()]) this.#tell(watcher, machines, beganMs);
    } catch (error) {
      // A snapshot that could not be taken says nothing about any machine: no watcher is woken.
      this.#failed(error, beganMs);
    } finally {
      this.#busy = false;
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.schedule();
    }
  }

  #succeeded(): void {
    const isNews = this.#takenMs === undefined || this.#trouble !== undefined;
    this.#takenMs = this.#connection.clock.now();
    this.#failures = 0;
    this.#trouble = undefined;
    if (isNews) this.#onStanding();
  }

  #failed(error: unknown, beganMs: number): void {
    const now = this.#connection.clock.now();
    if (this.#failures === 0) this.#failingSinceMs = beganMs;
    this.#failures++;
    const isRefusal = error instanceof CloudStackRefused && REFUSALS.has(error.errorCode);
    const waitMs = Math.min(SLOWEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures - 1, 10));
    this.#notBeforeMs = now + (isRefusal ? REFUSED_RETRY_MS : waitMs);
    if (!isRefusal && now - this.#failingSinceMs < SILENCE_TOLD_AFTER_MS) return;
    // The words of one trouble change from attempt to attempt; it is told once.
    if (this.#trouble !== undefined && isSameTrouble(this.#trouble.error, error)) return;
    this.#trouble = { error };
    this.#onStanding();
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

function isSameTrouble(one: unknown, other: unknown): boolean {
  if (one instanceof CloudStackRefused && other instanceof CloudStackRefused) return one.errorCode === other.errorCode;
  return one instanceof CloudStackUnreachable && other instanceof CloudStackUnreachable;
}

/** Troubles of the connection, which are the same in every zone. */
function isOfConnection(error: unknown): boolean {
  return error instanceof CloudStackUnreachable || (error instanceof CloudStackRefused && error.errorCode === 401);
}

/** Shared snapshots of machines: in a steady state the calls depend on the number of zones, not of machines. */
export class SharedInventory implements Inventory {
  readonly #connection: Connection;
  readonly #pace = new Pace();
  readonly #zones = new Map<string, ZoneSnapshot>();
  readonly #zoneOf = new Map<string, ZoneSnapshot>();
  readonly #attendedBy = new Map<string, ZoneSnapshot>();

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
    this.#left(zone);
  }

  attend(key: string, zoneId: string, wake: () => void, options: { readonly look: boolean }): void {
    const zone = this.#zone(zoneId);
    const isNew = this.#attendedBy.get(key) !== zone;
    if (isNew) this.leave(key);
    this.#attendedBy.set(key, zone);
    zone.attendees.set(key, wake);
    if (isNew && options.look) zone.lookUnlessGood();
    zone.schedule();
  }

  leave(key: string): void {
    const zone = this.#attendedBy.get(key);
    if (zone === undefined) return;
    zone.attendees.delete(key);
    this.#attendedBy.delete(key);
    this.#left(zone);
  }

  /** A zone that nobody asks about is not looked at any more: its trouble no longer speaks for the others. */
  #left(zone: ZoneSnapshot): void {
    zone.schedule();
    if (!zone.isUsed && zone.standing.kind === 'failing') this.#wakeAttendees();
  }

  standing(zoneId: string): Standing {
    const zone = this.#zones.get(zoneId);
    const own: Standing = zone?.standing ?? { kind: 'unknown' };
    // A zone whose machines are looked at all the time speaks for itself.
    if (own.kind === 'failing' || (zone?.watchers.size ?? 0) > 0) return own;
    const others = [...this.#zones.values()].filter(({ isUsed }) => isUsed).map(({ standing }) => standing);
    return others.find((other) => other.kind === 'failing' && isOfConnection(other.error)) ?? own;
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
    this.#attendedBy.clear();
  }

  /** Of all zones: what is wrong with the connection concerns each. */
  #wakeAttendees(): void {
    for (const zone of this.#zones.values()) for (const wake of [...zone.attendees.values()]) wake();
  }

  #zone(zoneId: string): ZoneSnapshot {
    let zone = this.#zones.get(zoneId);
    if (zone === undefined) {
      zone = new ZoneSnapshot(this.#connection, zoneId, this.#pace, () => this.#wakeAttendees());
      this.#zones.set(zoneId, zone);
    }
    return zone;
  }
}
