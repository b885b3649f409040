import { convert, crds, Namespace, Secret } from '../../api';
import type { CloudStackAccess, KubeApi, Log, Objects } from '../../api/ports';
import { type ClusterView, clusterViews } from '../../cli/view/cluster-view';
import { listFrom, type Snapshot, takeSnapshot } from '../../cli/view/snapshot';
import { type KubeObject, keyOf, keyText } from '../../machinery/kube-object';
import { SeededRandom } from '../../machinery/random';
import { VirtualClock } from '../../machinery/virtual-clock';
import { installCrds } from '../../reconciler/install/install-crds';
import { type Loop, type Reconciler, startReconciler } from '../../reconciler/main';
import { silentLog } from '../../reconciler/runtime';
import { createCloudStack, type SandboxCloudStack } from '../../sandbox/cloudstack';
import type { SeedOptions } from '../../sandbox/cloudstack/seed';
import { createGuestHost, type Guests, inProcessEtcd, workloadKube } from '../../sandbox/guest';
import { createKubeServer, type KubeServer } from '../../sandbox/kube';
import { type LatencyName, latencyProfiles } from '../../sandbox/latency';

/** Virtual time between two looks at the state: each costs a list of every kind. */
const LOOK_MS = 250;

export interface VirtualWorldOptions {
  readonly seed?: number;
  readonly latency?: LatencyName;
  readonly loops?: readonly Loop[];
  /** What the loops get in place of the API, to count or disturb their requests. */
  readonly loopsApi?: (api: KubeApi) => KubeApi;
  /** @default '127.64.0.0/24' */
  readonly publicRange?: string;
  /** Limits of the CloudStack account. @default - those of the sandbox */
  readonly cloudStackLimits?: SeedOptions['limits'];
  /** What the loops log to. @default - nothing is kept */
  readonly log?: Log;
}

/** The whole pipeline in one process on a virtual clock: no socket, no file, no wall-clock time. */
export class VirtualWorld {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly kube: KubeServer;
  readonly guests: Guests;
  readonly cloud: SandboxCloudStack;
  readonly api: KubeApi;
  #reconciler: Reconciler | undefined;
  readonly #loops: readonly Loop[] | undefined;
  readonly #loopsApi: KubeApi;
  readonly #log: Log;

  constructor(options: VirtualWorldOptions = {}) {
    const { clock } = this;
    this.random = new SeededRandom(options.seed ?? 1);
    this.#loops = options.loops;
    this.#log = options.log ?? silentLog;
    const latency = latencyProfiles[options.latency ?? 'lab'];
    const conversions = Object.fromEntries(crds({ conversion: 'external' }).map((crd) => [crd.metadata.name, convert]));
    this.kube = createKubeServer({ clock, random: this.random, conversions });
    this.guests = createGuestHost({
      clock,
      random: this.random,
      latency,
      kube: workloadKube({ clock, random: this.random }),
      network: 'in-process',
      onFault: (where, error) => {
        throw new Error(`guest simulation: ${where}`, { cause: error });
      },
    });
    this.cloud = createCloudStack({
      clock,
      random: this.random,
      latency,
      guests: this.guests,
      publicRange: options.publicRange ?? '127.64.0.0/24',
      ...(options.cloudStackLimits === undefined ? {} : { seed: { limits: options.cloudStackLimits } }),
    });
    this.api = this.kube.api();
    this.#loopsApi = options.loopsApi?.(this.api) ?? this.api;
  }

  /** Installs CRDs and credentials and starts the loops. */
  async start(): Promise<this> {
    const installing = installCrds(this.api, crds({ conversion: 'external' }), this.clock);
    await this.clock.advance(1000);
    await installing;
    await this.api.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'capstan-system' } });
    const { apiUrl, apiKey, secretKey } = this.cloud.credentials;
    const entries = { 'api-url': apiUrl, 'api-key': apiKey, 'secret-key': secretKey, 'verify-ssl': 'false' };
    await this.api.create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'cloudstack-credentials', namespace: 'default' },
      data: Object.fromEntries(
        Object.entries(entries).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      ),
    });
    await this.startLoops();
    return this;
  }

  async startLoops(): Promise<void> {
    const { clock, random, guests } = this;
    const reconciler = startReconciler(
      {
        ...this.ports(),
        workloads: guests.access,
        etcdAccess: (_links, objects) =>
          inProcessEtcd(guests.access, (cluster) => {
            const secret = objects.get(Secret, { namespace: cluster.namespace, name: `${cluster.name}-kubeconfig` });
            const value = secret?.data?.value;
            return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
          }),
        git: {
          resolve: () => Promise.reject(new Error('this world has no git')),
          read: () => Promise.reject(new Error('this world has no git')),
        },
        clock,
        random,
        log: this.#log,
      },
      { loops: this.#loops ?? ['infrastructure', 'cluster-api', 'bootstrap', 'control-plane'] },
    );
    this.#reconciler = reconciler;
    await clock.runUntil(() => reconciler.manager.activity().warm);
  }

  /** How the loops reach the world; tests of accidents put something in between. */
  protected ports(): { readonly api: KubeApi; readonly cloudStack: CloudStackAccess } {
    return { api: this.#loopsApi, cloudStack: this.cloud.access };
  }

  /** What the loops see. */
  managerObjects(): Objects {
    if (this.#reconciler === undefined) throw new Error('the loops do not run');
    return this.#reconciler.manager.objects;
  }

  async stopLoops(): Promise<void> {
    await this.#reconciler?.stop();
    this.#reconciler = undefined;
  }

  async close(): Promise<void> {
    await this.stopLoops();
    await this.guests.close();
    this.kube.close();
  }

  /** Applies objects as a user would, by server-side apply. */
  async apply(objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects) {
      const resource = await this.api.resourceFor(object.apiVersion, object.kind);
      if (resource === undefined) throw new Error(`no resource for ${object.apiVersion} ${object.kind}`);
      await this.api.patch(
        resource,
        keyOf(object),
        { type: 'apply', patch: object, force: true },
        { fieldManager: 'test' },
      );
    }
  }

  snapshot(): Promise<Snapshot> {
    return takeSnapshot(listFrom(this.api));
  }

  async views(): Promise<ClusterView[]> {
    return clusterViews(await this.snapshot());
  }

  /** Runs until a predicate over the state holds; looks after every step of virtual time. */
  async until(what: string, reached: (snapshot: Snapshot) => boolean, limitMs = 3_600_000): Promise<void> {
    const end = this.clock.now() + limitMs;
    for (;;) {
      await this.clock.settle();
      const snapshot = await this.snapshot();
      if (reached(snapshot)) return;
      const next = this.clock.untilNext();
      if (next === undefined || this.clock.now() + next > end) {
        const reasons = clusterViews(snapshot).flatMap((view) => view.reasons);
        throw new Error(`${what} was not reached in ${limitMs} ms of virtual time:\n${reasons.join('\n')}`);
      }
      await this.clock.advance(Math.max(next, LOOK_MS));
    }
  }

  /** Runs until every cluster is ready. */
  async untilReady(limitMs = 3_600_000): Promise<void> {
    await this.until(
      'every cluster ready',
      (snapshot) => {
        const views = clusterViews(snapshot);
        return views.length > 0 && views.every((view) => view.ready);
      },
      limitMs,
    );
  }

  names(objects: readonly KubeObject[]): string[] {
    return objects.map((object) => keyText(keyOf(object))).sort();
  }
}
