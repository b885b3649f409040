import type { Clock } from '../../machinery/clock';
import type { Random } from '../../machinery/random';
import type { LatencyProfile } from '../latency';
import type { GuestHost } from '../ports';
import type { HostLoad } from './compute/host-load';
import type { EventLog } from './jobs/event-log';
import type { JobEngine } from './jobs/job-engine';
import type { Settings } from './settings';
import type { Database } from './store/database';
import type { Quotas } from './tenancy/quotas';

/** One CloudStack installation as its commands see it. */
export interface Installation {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly guests: GuestHost;
  readonly latency: LatencyProfile;
  readonly settings: Settings;
  readonly quotas: Quotas;
  readonly hostLoad: HostLoad;
  readonly jobs: JobEngine;
  readonly events: EventLog;
}
