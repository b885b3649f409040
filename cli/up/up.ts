import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Namespace } from '../../api/kinds';
import type { KubeApi, Log } from '../../api/ports';
import { SystemClock } from '../../machinery/clock';
import { messageOf } from '../../machinery/errors';
import type { ObjectKey } from '../../machinery/kube-object';
import { SystemRandom } from '../../machinery/random';
import { connectKube, type KubeConnection } from '../../reconciler/kube';
import { type Reconciler, startReconciler } from '../../reconciler/main';
import { serveManagement } from '../../reconciler/management';
import { productionWorld } from '../../reconciler/production-world';
import type { LatencyProfile } from '../../sandbox/latency';
import { type Closer, closeAll } from '../close-all';
import { CommandError } from '../command-error';
import { openCheckout } from '../publish/checkout';
import { withCheckoutLock } from '../publish/checkout-lock';
import { type Published, publish } from '../publish/publish';
import { announceSandbox, withdrawSandbox } from '../running-sandbox';
import { type DataDirectory, dataDirectoryFor, openDataDirectory } from '../sandbox/data-directory';
import { type Sandbox, startSandbox } from '../sandbox/start-sandbox';
import { describeEndpoint, translationBy, translationNotice } from '../translated-addresses';
import { type ClusterView, clusterViews } from '../view/cluster-view';
import { fleetView, pendingLines } from '../view/fleet-view';
import { commandsFor } from '../view/printed-commands';
import { takeSnapshot } from '../view/snapshot';
import { fleetReasons, isApplied, isReached } from './goal';
import {
  createClusterNamespace,
  createFleet,
  fleetOfUp,
  refuseForeignCredentials,
  refuseForeignFleet,
  SYSTEM_NAMESPACE,
} from './management-objects';
import { outcomeOf, type UpOutcome } from './outcome';
import type { Progress } from './progress';
import { publishedLines } from './published-lines';
import { openRepository, type UpRepository } from './repository';

export interface UpOptions {
  /** Folder of the project, in a git work tree. */
  readonly directory: string;
  readonly clusters: string;
  /** A real management cluster. @default - the simulated one */
  readonly kubeconfig?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly latency: LatencyProfile;
  /** Whether this system lets a server listen at an address of 127.64.0.0/10. @default - it is tried */
  readonly canBind?: ((address: string) => Promise<boolean>) | undefined;
  readonly toolVersion: string;
  readonly log: Log;
  readonly progress: Progress;
  /** `performance.now()` when the command began. */
  readonly startedAt: number;
}

/** Between two looks at the state for the display. Reads come from caches and cost no request. */
const LOOK_MS = 200;

/** Everything that `capstan up` runs. */
export class Up {
  readonly #options: UpOptions;
  readonly #closers: Closer[] = [];
  readonly #readyAfter = new Map<string, number>();
  readonly clock = new SystemClock();
  #reconciler: Reconciler | undefined;
  #connection: KubeConnection | undefined;
  #sandbox: Sandbox | undefined;
  #published: Published | undefined;
  #wanted: readonly ObjectKey[] = [];
  #revision = '';
  #namespaces = new Set<string>();
  #failure: string | undefined;
  #repository: UpRepository | undefined;
  #data: DataDirectory | undefined;
  #views: readonly ClusterView[] = [];
  #fleetReasons: readonly string[] = [];
  #reached = false;

  constructor(options: UpOptions) {
    this.#options = options;
  }

  /** Starts servers, repository and reconciler; returns when the loops run. */
  async start(): Promise<void> {
    const { directory, clusters, latency, canBind, log, progress } = this.#options;
    const checkout = await openCheckout(directory);
    const data = await this.#openData();
    const parts = new Set<'kube' | 'cloudstack'>(
      this.#options.kubeconfig === undefined ? ['kube', 'cloudstack'] : ['cloudstack'],
    );

    const sandbox = await startSandbox({ parts, dataDirectory: data.path, latency, canBind, log });
    this.#sandbox = sandbox;
    this.#closers.push(() => sandbox.stop());
    const kubeconfig = this.kubeconfig();
    progress.say(parts.has('kube') ? 'Simulated Kubernetes API and CloudStack are up.' : 'Simulated CloudStack is up.');
    if (sandbox.translatedAddresses !== undefined) progress.say(translationNotice(sandbox.translatedAddresses));

    const connection = await connectKube({ kind: 'kubeconfig', file: kubeconfig }, { clock: this.clock });
    this.#connection = connection;
    this.#closers.push(() => connection.close());
    if (this.#isShared) await refuseForeignFleet(connection.api);

    const repository = await withCheckoutLock(checkout, async () => {
      const opened = await openRepository(checkout, data.path);
      announceSandbox(directory, {
        pid: process.pid,
        kubeconfig,
        remote: opened.remote,
        repository: opened.directory,
        translatedAddresses: sandbox.translatedAddresses,
      });
      return opened;
    });
    this.#repository = repository;
    this.#closers.push(() =>
      withCheckoutLock(checkout, async () => {
        withdrawSandbox(directory);
        if (!data.persistent) await repository.withdraw();
      }),
    );
    const publishing = publish({
      directory,
      clusters,
      push: { remote: repository.remote, ref: 'refs/heads/main' },
      toolVersion: this.#options.toolVersion,
    });
    // Rejections are seen where it is awaited; until then the API server is prepared.
    publishing.catch(() => undefined);

    await this.#prepare(connection.api);
    const published = await publishing;
    this.#published = published;
    for (const line of publishedLines(published, repository.directory, clusters)) progress.say(line);

    await this.#serveNamespace(connection.api, 'default');
    await this.#followRepository();
    await createFleet(connection.api, repository.directory, published.manifests);
    this.#startLoops(connection, data);
    await this.#reconciler?.manager.started;
  }

  /** Waits until everything is ready; shows progress. Returns early when `signal` aborts. */
  async waitUntilReady(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.#look()) return true;
      await this.clock.sleep(LOOK_MS, signal);
    }
    return false;
  }

  /** Keeps showing changes until `signal` aborts. */
  async keepShowing(signal: AbortSignal): Promise<void> {
    const { progress } = this.#options;
    let quiet = true;
    while (!signal.aborted) {
      const before = this.#revision;
      const count = this.#views.length;
      const reached = await this.#look(!quiet);
      // A cluster that git does not ask for any more is still shown until it is gone.
      const isStill = this.#revision === before && this.#views.length === count;
      const settled = reached && isStill && this.#views.every(({ ready }) => ready);
      if (this.#revision !== before) progress.conclude(`Revision ${this.#revision.slice(0, 12)} was published.`);
      else if (settled && !quiet) progress.conclude(`Ready at revision ${this.#revision.slice(0, 12)}.`);
      quiet = settled;
      await this.clock.sleep(LOOK_MS * 2, signal);
    }
  }

  /** Remembers what ended the command before it could look at clusters. */
  fail(error: unknown): void {
    this.#failure = messageOf(error);
  }

  outcome(): UpOutcome {
    return outcomeOf({
      reached: this.#reached,
      wanted: this.#wanted,
      fleetReasons: this.#fleetReasons,
      views: this.#views,
      seconds: this.#seconds(),
      readyAfter: this.#readyAfter,
      revision: this.#revision,
      error: this.#failure,
      cloudstack: this.#sandbox?.cloudstack?.calls() ?? { total: 0, calls: {} },
      requests: this.#connection?.counter.totals() ?? { reads: 0, writes: 0 },
    });
  }

  /** Why it is not ready: a line for the revision, and one for each cluster. */
  reasons(): readonly string[] {
    const waiting = this.#views.filter(({ ready }) => !ready);
    const reasons = [...this.#fleetReasons, ...waiting.map(({ title, reason }) => `${title}: ${reason}`)];
    return reasons.length > 0 ? reasons : [...new Set(this.outcome().clusters.flatMap((cluster) => cluster.reasons))];
  }

  views(): readonly ClusterView[] {
    return this.#views;
  }

  kubeconfig(): string {
    const file = this.#options.kubeconfig ?? this.#sandbox?.kubeconfig;
    if (file === undefined) throw new CommandError('the sandbox has no kubeconfig');
    return file;
  }

  /** Where a cluster's API server listens, for people. */
  endpointOf(view: ClusterView): string {
    return describeEndpoint(view.endpoint, translationBy(this.#sandbox?.translatedAddresses));
  }

  places(): {
    readonly repository: string;
    readonly remote: string;
    readonly cloudstack: string;
    readonly data: DataDirectory | undefined;
  } {
    return {
      repository: this.#repository?.directory ?? '',
      remote: this.#repository?.remote ?? '',
      cloudstack: this.#sandbox?.cloudstack?.endpoint ?? '',
      data: this.#data,
    };
  }

  async stop(): Promise<void> {
    const requests = this.#connection?.counter.byKind();
    if (requests !== undefined) this.#options.log.info({ requests }, 'requests to the management API');
    await closeAll(this.#closers);
  }

  /** Removes what must not stay when the process ends this moment: keys first, then what leads to them. */
  abandon(): void {
    try {
      this.#data?.remove();
    } finally {
      withdrawSandbox(this.#options.directory);
      if (this.#data?.persistent === false) this.#repository?.withdrawNow();
    }
  }

  /** Others may use the API server as well, for clouds that are not simulated. */
  get #isShared(): boolean {
    return this.#options.kubeconfig !== undefined;
  }

  async #openData(): Promise<DataDirectory> {
    const { kubeconfig, dataDir } = this.#options;
    let data: DataDirectory;
    if (kubeconfig !== undefined && dataDir === undefined) {
      const connection = await connectKube({ kind: 'kubeconfig', file: kubeconfig }, { clock: this.clock });
      try {
        const system = await connection.api.get(Namespace, { namespace: '', name: 'kube-system' });
        data = dataDirectoryFor(system.metadata.uid ?? 'unknown');
      } finally {
        connection.close();
      }
    } else data = openDataDirectory(dataDir);
    this.#data = data;
    this.#closers.push(() => data.remove());
    return data;
  }

  async #prepare(api: KubeApi): Promise<void> {
    const { clock } = this;
    const random = new SystemRandom();
    const { log } = this.#options;
    const management = await serveManagement({
      api,
      clock,
      random,
      log,
      namespace: SYSTEM_NAMESPACE,
      webhooks: 'loopback',
    });
    this.#closers.push(() => management.close());
    await management.prepare(api, 'install');
  }

  /** Notices what was pushed: which clusters it asks for, and namespaces that are not there yet. */
  async #followRepository(): Promise<void> {
    const connection = this.#connection;
    const commit = this.#repository?.head();
    if (connection === undefined || commit === undefined || commit === this.#revision) return;
    const contents = await this.#repository?.contents(commit, this.#published?.manifests ?? 'manifests');
    this.#revision = commit;
    this.#wanted = contents?.clusters ?? [];
    for (const namespace of contents?.namespaces ?? []) await this.#serveNamespace(connection.api, namespace);
  }

  async #serveNamespace(api: KubeApi, namespace: string): Promise<void> {
    if (this.#namespaces.has(namespace)) return;
    const cloudstack = this.#sandbox?.cloudstack;
    if (cloudstack === undefined) throw new CommandError('the simulated CloudStack did not start');
    if (this.#isShared) await refuseForeignCredentials(api, namespace);
    await createClusterNamespace(api, namespace, cloudstack);
    this.#namespaces.add(namespace);
  }

  #startLoops(connection: KubeConnection, data: DataDirectory): void {
    const world = productionWorld({
      connection,
      clock: this.clock,
      random: new SystemRandom(),
      log: this.#options.log,
      gitCache: join(data.path, 'git-cache'),
      allowLocalRepositories: true,
      translate: translationBy(this.#sandbox?.translatedAddresses),
    });
    const reconciler = startReconciler(world);
    this.#reconciler = reconciler;
    this.#closers.push(() => reconciler.stop());
  }

  async #look(show = true): Promise<boolean> {
    const manager = this.#reconciler?.manager;
    if (manager === undefined || !manager.activity().warm) return false;
    await this.#followRepository();
    const snapshot = await takeSnapshot(async (kind) => manager.objects.list(kind));
    const views = clusterViews(snapshot, this.clock.now());
    this.#views = views;
    const fleet = fleetOfUp(snapshot.fleets);
    this.#fleetReasons = fleetReasons(fleet);
    for (const { namespace, name, ready } of views) {
      const id = `${namespace}/${name}`;
      if (ready && !this.#readyAfter.has(id)) this.#readyAfter.set(id, this.#seconds());
    }
    if (show) {
      const commands = commandsFor(this.kubeconfig(), true);
      this.#options.progress.show({
        clusters: views,
        fleetReasons: this.#fleetReasons,
        applying: isApplied(fleet, this.#revision) ? undefined : this.#revision,
        pending: fleet === undefined ? [] : pendingLines(fleetView(fleet, commands)),
      });
    }
    this.#reached = isReached(fleet, this.#revision, this.#wanted, views);
    return this.#reached;
  }

  #seconds(): number {
    return (performance.now() - this.#options.startedAt) / 1000;
  }
}
