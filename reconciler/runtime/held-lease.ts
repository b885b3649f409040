import { isReason, type KubeApi, type TypedResource, tryGet } from '../../api/ports';
import { type Clock, kubeMicroTime } from '../../machinery/clock';
import type { KubeObject, ObjectKey } from '../../machinery/kube-object';

type Lease = KubeObject & {
  spec?:
    | {
        holderIdentity?: string | undefined;
        leaseDurationSeconds?: number | undefined;
        acquireTime?: string | undefined;
        renewTime?: string | undefined;
        leaseTransitions?: number | undefined;
      }
    | undefined;
};

const leases: TypedResource<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

export interface HeldLeaseOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly identity: string;
  readonly key: ObjectKey;
  readonly durationMs: number;
  /** Whether a holder certainly lives no more. @default - nobody can tell */
  readonly isGone?: ((identity: string) => boolean) | undefined;
}

/** The share of a lease's time that a single look can find silent; a living holder renews several times in it. */
const LONGEST_LOOK_SHARE = 1 / 3;

/**
 * One Lease, as far as this process knows it. The times written in it are for readers: whether another holder is
 * still alive is judged by how long its record has not changed here, because clocks differ.
 */
export class HeldLease {
  readonly key: ObjectKey;
  readonly #options: HeldLeaseOptions;
  /** The last state seen, for how long it has not changed since, and when that was last looked at. */
  #seen: Lease | undefined;
  #silentMs = 0;
  #lookedAt = 0;
  /** Start of the last renewal that was answered; others may take the lease `durationMs` after it. */
  #renewedAt = Number.NEGATIVE_INFINITY;
  #isTaken = false;

  constructor(options: HeldLeaseOptions) {
    this.#options = options;
    this.key = options.key;
  }

  get renewedAt(): number {
    return this.#renewedAt;
  }

  /** Who held it at the last look; empty when nobody did. */
  get holder(): string {
    return this.#seen?.spec?.holderIdentity ?? '';
  }

  /** Whether the last look showed another live holder. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /**
   * Takes or renews the lease.
   * @returns whether it is ours now
   */
  async take(): Promise<boolean> {
    const { api, clock, identity } = this.#options;
    const startedAt = clock.now();
    // The holder knows its lease from its last write; a lost race shows as a conflict.
    const known = this.#isMine() ? this.#seen : await tryGet(api, leases, this.key);
    try {
      const taken = known === undefined ? await this.#create() : await this.#update(known);
      if (taken === undefined) return false;
      this.#see(taken);
      this.#renewedAt = startedAt;
      this.#isTaken = false;
      return taken.spec?.holderIdentity === identity;
    } catch (error) {
      if (!isReason(error, 'Conflict', 'AlreadyExists', 'NotFound')) throw error;
      this.#seen = undefined;
      return false;
    }
  }

  /** Only looks, so that the silence of another holder counts from now on. */
  async look(): Promise<void> {
    const lease = await tryGet(this.#options.api, leases, this.key);
    if (lease !== undefined) this.#isTaken = this.#isHeldByOther(lease);
  }

  /** Ends our hold at once. */
  async release(): Promise<void> {
    if (!this.#isMine() || this.#seen === undefined) return;
    const { api, clock } = this.#options;
    const now = kubeMicroTime(clock);
    const spec = { ...this.#seen.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
    const lease = this.#seen;
    this.#seen = undefined;
    await api.update(leases, { ...lease, spec });
  }

  async #create(): Promise<Lease> {
    const metadata = { name: this.key.name, namespace: this.key.namespace };
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: this.#spec(undefined) };
    return this.#options.api.create(leases, lease);
  }

  /** @returns undefined while another holder is alive */
  async #update(lease: Lease): Promise<Lease | undefined> {
    this.#isTaken = this.#isHeldByOther(lease);
    return this.#isTaken ? undefined : this.#options.api.update(leases, { ...lease, spec: this.#spec(lease) });
  }

  /** Whether another process holds it and may be alive. */
  #isHeldByOther(lease: Lease): boolean {
    const { clock, identity, isGone } = this.#options;
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder === '' || holder === identity || isGone?.(holder) === true) return false;
    const limitMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
    if (lease.metadata.resourceVersion !== this.#seen?.metadata.resourceVersion) this.#see(lease);
    else {
      // Time that passed between two looks may be a clock that was set: it counts as little as the holder can afford.
      const passedMs = clock.now() - this.#lookedAt;
      this.#silentMs += Math.min(Math.max(0, passedMs), limitMs * LONGEST_LOOK_SHARE);
      this.#lookedAt = clock.now();
    }
    return this.#silentMs < limitMs;
  }

  #spec(before: Lease | undefined): NonNullable<Lease['spec']> {
    const { clock, identity, durationMs } = this.#options;
    const now = kubeMicroTime(clock);
    const isRenewal = before?.spec?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: isRenewal ? (before?.spec?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: before === undefined ? 0 : (before.spec?.leaseTransitions ?? 0) + (isRenewal ? 0 : 1),
    };
  }

  #see(lease: Lease): void {
    this.#seen = lease;
    this.#silentMs = 0;
    this.#lookedAt = this.#options.clock.now();
  }

  #isMine(): boolean {
    return this.#seen?.spec?.holderIdentity === this.#options.identity;
  }
}
