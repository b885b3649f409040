import type { CloudStackAccess, CloudStackCredentials } from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import type { Random } from '../../machinery/random';
import type { LatencyProfile } from '../latency';
import type { GuestHost, Journal } from '../ports';
import { commandsOf } from './commands/registry';
import { HostLoad } from './compute/host-load';
import { Faults } from './faults';
import { type Listener, type ListenOptions, listen } from './http/http-server';
import { Sessions } from './http/sessions';
import { inProcessAccess } from './in-process-access';
import { Incidents } from './incidents';
import type { Installation } from './installation';
import { type Inventory, inventoryOf } from './inventory';
import { EventLog } from './jobs/event-log';
import { JobEngine } from './jobs/job-engine';
import { LifetimeClock } from './lifetime-clock';
import { type CallCounts, ManagementServer } from './management-server';
import { RouteTable } from './network/routes';
import { cancelUnfinished, resume } from './recovery';
import { type SeedOptions, seed, seedNames } from './seed';
import { defaultSettings, type Settings } from './settings';
import { Database } from './store/database';
import { Quotas } from './tenancy/quotas';
import { Throttle, type ThrottleSettings } from './throttle';

export interface CloudStackOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly latency: LatencyProfile;
  readonly guests: GuestHost;
  /** Public addresses: a CIDR (its first two and its last address are left out), or the addresses themselves. */
  readonly publicRange: string | readonly string[] | { readonly addresses: readonly string[] };
  /** Where state is kept. @default - nowhere: it ends with the process */
  readonly journal?: Journal | undefined;
  /** @default `defaultSettings` */
  readonly settings?: Partial<Settings>;
  /** Used when the journal is empty. */
  readonly seed?: SeedOptions;
  /** The rate-limit plug-in. @default - off */
  readonly throttle?: ThrottleSettings;
}

/** Names that exist in a new installation, for people who want to try something. */
export interface ExampleNames {
  readonly zone: string;
  /** Free to be created. */
  readonly network: string;
  /** Free to be acquired. */
  readonly publicIp: string;
  readonly offering: string;
  readonly template: string;
  readonly kubernetesVersion: string;
  readonly sshKey: string;
}

/** Starts a simulated CloudStack installation: loads it from the journal, or makes a new one. */
export function createCloudStack(options: CloudStackOptions): SandboxCloudStack {
  return new SandboxCloudStack(options);
}

/** A CloudStack installation in this process. */
export class SandboxCloudStack {
  /** In process, for the virtual clock. */
  readonly access: CloudStackAccess;
  /** What goes wrong with the server: errors, lost answers, outages, failing jobs, throttling. */
  readonly faults: Faults;
  /** What goes wrong behind its back: hosts, machines, other people. */
  readonly incidents: Incidents;
  readonly #sessions: Sessions;
  readonly #timers: LifetimeClock;
  readonly #listeners: Listener[] = [];
  readonly #cloud: Installation;
  readonly #server: ManagementServer;
  #apiUrl = 'http://cloudstack.sandbox.internal/client/api';

  constructor(options: CloudStackOptions) {
    const { random, latency, guests, journal } = options;
    const clock = new LifetimeClock(options.clock);
    this.#timers = clock;
    const settings = { ...defaultSettings, ...options.settings };
    const db = new Database(journal, random);
    const throttle = new Throttle(clock, options.throttle);
    this.faults = new Faults(clock, throttle);
    const events = new EventLog();
    const jobs = new JobEngine({ db, clock, latency, lifetimeMs: settings.jobLifetimeMs, events, faults: this.faults });
    const quotas = new Quotas(db);
    const hostLoad = new HostLoad(db, settings.cpuOvercommit);
    this.#cloud = { db, clock, random, guests, latency, settings, quotas, hostLoad, jobs, events };
    const routes = new RouteTable(this.#cloud);
    if (db.store.load()) {
      db.store.transaction(() => cancelUnfinished(this.#cloud));
      resume(this.#cloud);
      routes.rebuild();
    } else {
      db.store.transaction(() => seed(this.#cloud, rangeOf(options.publicRange), options.seed ?? {}));
    }
    this.#server = new ManagementServer({
      cloud: this.#cloud,
      commands: commandsOf(settings),
      faults: this.faults,
      throttle,
    });
    this.access = inProcessAccess(this.#server);
    this.incidents = new Incidents(this.#cloud);
    this.#sessions = new Sessions(db, clock, random);
  }

  /**
   * Serves the API over HTTP on loopback, at `/client/api`.
   * @throws Error when the port is taken
   */
  async listen(options: ListenOptions): Promise<Listener> {
    const { db, clock } = this.#cloud;
    const listener = await listen({ server: this.#server, sessions: this.#sessions, db, clock }, options);
    this.#listeners.push(listener);
    this.#apiUrl = listener.endpoint;
    return listener;
  }

  /** Stops listening and all timers; unfinished jobs are lost, as with a real server. The journal stays open. */
  async close(): Promise<void> {
    this.#timers.stop();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }

  /** Everything users own now, with tags: for tests that nothing is left or doubled. */
  inventory(): Inventory {
    return inventoryOf(this.#cloud);
  }

  /** Calls so far by command, for `up --output json`. */
  calls(): CallCounts {
    return this.#server.calls;
  }

  /** Keys of the ordinary account, which owns what clusters need. */
  get credentials(): CloudStackCredentials {
    return this.#credentialsOf(seedNames.account);
  }

  /** The same as {@link credentials}, without the endpoint. */
  get account(): { readonly apiKey: string; readonly secretKey: string } {
    const { apiKey, secretKey } = this.credentials;
    return { apiKey, secretKey };
  }

  /** Keys of the root administrator. */
  get adminCredentials(): CloudStackCredentials {
    return this.#credentialsOf('admin');
  }

  get examples(): ExampleNames {
    const { db } = this.#cloud;
    const [zone] = db.zones.values();
    const [free] = db.freeAddresses.get(zone?.id ?? '');
    const versions = [...db.kubernetesVersions.values()].map((version) => version.name);
    const kubernetesVersion = versions.includes('v1.34.2') ? 'v1.34.2' : (versions.at(-1) ?? '');
    let network = 'example-net';
    for (let number = 2; db.networks.find((row) => row.name === network) !== undefined; number++) {
      network = `example-net-${number}`;
    }
    return {
      zone: zone?.name ?? '',
      network,
      publicIp: db.addresses.get(free)?.address ?? '',
      offering: seedNames.offering,
      template: `kube-${kubernetesVersion}`,
      kubernetesVersion,
      sshKey: seedNames.sshKey,
    };
  }

  #credentialsOf(username: string): CloudStackCredentials {
    const user = this.#cloud.db.users.find((row) => row.username === username);
    return { apiUrl: this.#apiUrl, apiKey: user?.apiKey ?? '', secretKey: user?.secretKey ?? '', verifySsl: false };
  }
}

function rangeOf(range: CloudStackOptions['publicRange']): string | readonly string[] {
  return typeof range === 'object' && 'addresses' in range ? range.addresses : range;
}

export type { Faults, FaultTarget } from './faults';
export type { Listener, ListenOptions } from './http/http-server';
export type { Incidents } from './incidents';
export type { Inventory, InventoryItem, InventoryKind } from './inventory';
export type { CallCounts } from './management-server';
export type { SeedOptions } from './seed';
export { defaultSettings, type Settings } from './settings';
export type { ThrottleSettings } from './throttle';
