/** Something that happened to an object, as `listEvents` shows it. */
export interface CloudEvent {
  readonly id: string;
  readonly type: string;
  readonly level: 'INFO' | 'WARN' | 'ERROR';
  readonly state: 'Created' | 'Scheduled' | 'Started' | 'Completed';
  readonly description: string;
  readonly accountId: string;
  readonly userId: string;
  readonly resourceId?: string | undefined;
  readonly resourceType?: string | undefined;
  /** The first event of the same operation. */
  readonly startId?: string | undefined;
  readonly created: number;
}

/** A sandbox keeps the last ones only, and forgets them when it ends. */
const KEPT = 5000;

export class EventLog {
  #events: CloudEvent[] = [];

  add(event: CloudEvent): void {
    this.#events.push(event);
    if (this.#events.length > 2 * KEPT) this.#events = this.#events.slice(-KEPT);
  }

  /** Newest first. */
  newestFirst(): readonly CloudEvent[] {
    return this.#events.slice(-KEPT).reverse();
  }
}
