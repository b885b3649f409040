import {
  CloudStackAffinityGroup,
  CloudStackCluster,
  CloudStackClusterTemplate,
  CloudStackFailureDomain,
  CloudStackIsolatedNetwork,
  CloudStackMachine,
  CloudStackMachineStateChecker,
  CloudStackMachineTemplate,
  Cluster,
  Machine,
  Secret,
} from '../../../api/kinds';
import type { CloudStackAccess, KubeApi, TypedResource } from '../../../api/ports';
import { type Condition, conditionOf } from '../../../machinery/conditions';
import { valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { createCloudStackApi } from '../../../reconciler/cloudstack';
import { infrastructureControllers } from '../../../reconciler/infrastructure';
import type { InfrastructureDeps } from '../../../reconciler/infrastructure/deps';
import { Setbacks } from '../../../reconciler/infrastructure/setbacks';
import { type Manager, silentLog, startManager, withWatchFilter } from '../../../reconciler/runtime';
import { type CloudStackOptions, createCloudStack, type SandboxCloudStack } from '../../../sandbox/cloudstack';
import { createKubeServer } from '../../../sandbox/kube';
import { latencyProfiles } from '../../../sandbox/latency';
import type { GuestHost } from '../../../sandbox/ports';

const kinds = [
  Cluster,
  Machine,
  CloudStackAffinityGroup,
  CloudStackCluster,
  CloudStackClusterTemplate,
  CloudStackFailureDomain,
  CloudStackIsolatedNetwork,
  CloudStackMachine,
  CloudStackMachineStateChecker,
  CloudStackMachineTemplate,
];

const namespace = 'default';

/** Nothing boots: the provider ends where the guest begins. */
const noGuests: GuestHost = {
  powerOn: () => undefined,
  powerOff: () => undefined,
  destroy: () => undefined,
  setRoutes: () => undefined,
  console: () => [],
};

/** A failure domain that differs from the others. */
export interface Domain {
  readonly name: string;
  readonly zone?: string;
  readonly network?: {
    readonly name?: string;
    readonly gateway?: string;
    readonly netmask?: string;
    readonly vpc?: object;
  };
}

/** A management API server with the provider on it, a CloudStack, and a virtual clock. */
export class World {
  readonly clock = new VirtualClock();
  readonly cloud: SandboxCloudStack;
  readonly kube: KubeApi;
  /** Options of the provider; a process started later has the changed ones. */
  readonly provider: { kubernetesSync?: boolean; watchFilter?: string; lastRead?: InfrastructureDeps['lastRead'] } = {};
  /** Commands that reached CloudStack, in order. */
  readonly calls: { readonly command: string; readonly parameters: { readonly [name: string]: string } }[] = [];
  readonly requests: string[] = [];
  /** What the process that runs remembers of failures. */
  setbacks = new Setbacks(this.clock);
  /** How many more requests (to Kubernetes and CloudStack together) the process makes before it is killed. */
  #lifetime = Number.POSITIVE_INFINITY;
  #generation = 0;
  #managers: Manager[] = [];
  #stops: (() => void)[] = [];
  #dead: Promise<void>[] = [];
  readonly #random = new SeededRandom(7);

  constructor(options: Partial<CloudStackOptions> = {}) {
    this.kube = createKubeServer({ clock: this.clock, random: this.#random }).api();
    this.cloud = createCloudStack({
      clock: this.clock,
      random: this.#random,
      latency: latencyProfiles.lab,
      guests: noGuests,
      publicRange: '10.99.0.0/24',
      ...options,
    });
  }

  static async start(options: Partial<CloudStackOptions> = {}, provider: World['provider'] = {}): Promise<World> {
    const world = new World(options);
    Object.assign(world.provider, provider);
    for (const kind of kinds) await world.kube.create(crds, kind.crd());
    await world.clock.settle();
    await world.createCredentials();
    await world.run();
    return world;
  }

  async createCredentials(values: { [key: string]: string } = {}): Promise<void> {
    const { apiUrl, apiKey, secretKey } = this.cloud.credentials;
    const all = { 'api-url': apiUrl, 'api-key': apiKey, 'secret-key': secretKey, ...values };
    const data = Object.fromEntries(Object.entries(all).map(([key, value]) => [key, base64(value)]));
    await this.kube.create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'credentials', namespace },
      data,
    });
  }

  /**
   * Lets the process die in the instant after its n-th request took effect: the answer is not seen, and nothing that
   * it does afterwards reaches anybody.
   */
  killAfter(requests: number): void {
    this.#lifetime = requests;
  }

  get isKilled(): boolean {
    return this.#lifetime <= 0;
  }

  /** Starts a new process after a kill. What the dead one has sent may still take effect: nobody waits for it. */
  async restart(): Promise<void> {
    this.#generation++;
    this.#lifetime = Number.POSITIVE_INFINITY;
    this.#dead.push(this.#end());
    await this.run();
  }

  /** One request of a process of a generation; dead processes do nothing. */
  async #live<T>(generation: number, request: () => Promise<T>): Promise<T> {
    if (generation !== this.#generation || this.isKilled) throw new Error('this process is dead');
    this.#lifetime--;
    const isLast = this.isKilled;
    const answer = await request();
    if (isLast) throw new Error('this process was killed before it saw the answer');
    return answer;
  }

  /** Starts the provider as a new process would. */
  async run(): Promise<void> {
    const cloudStack = createCloudStackApi({ access: this.#recorded(this.cloud.access), clock: this.clock });
    const manager = startManager({
      api: this.#counted(this.kube),
      clock: this.clock,
      random: this.#random,
      log: silentLog,
      controllers: (kit) => {
        const { watchFilter, ...options } = this.provider;
        this.setbacks = new Setbacks(this.clock);
        const deps = {
          objects: kit.objects,
          events: kit.recorder('capstan'),
          log: silentLog,
          clock: this.clock,
          random: this.#random,
          cloudStack,
          ...options,
        };
        const controllers = infrastructureControllers(deps, this.setbacks);
        if (watchFilter === undefined) return controllers;
        return controllers.map((controller) => withWatchFilter(controller, kit.objects, watchFilter));
      },
    });
    this.#managers.push(manager);
    this.#stops.push(() => cloudStack.stop());
    try {
      await this.clock.runUntil(() => manager.activity().warm, 60_000);
    } catch (error) {
      throw new Error(`${String(error)}: ${JSON.stringify(manager.cold())}`);
    }
  }

  /** Ends the process: what it remembered is gone. */
  async stop(): Promise<void> {
    await Promise.all([...this.#dead, this.#end()]);
    this.#dead = [];
  }

  async #end(): Promise<void> {
    const [managers, stops] = [this.#managers, this.#stops];
    this.#managers = [];
    this.#stops = [];
    for (const stop of stops) stop();
    await Promise.all(managers.map((manager) => manager.stop()));
  }

  async createCluster(
    more: {
      name?: string;
      zone?: string;
      host?: string;
      network?: string;
      failureDomains?: readonly (string | Domain)[];
      sync?: boolean;
    } = {},
  ): Promise<void> {
    const name = more.name ?? 'c1';
    const cluster = await this.kube.create(Cluster, {
      apiVersion: Cluster.apiVersion,
      kind: 'Cluster',
      metadata: { name, namespace },
      spec: { infrastructureRef: { apiGroup: CloudStackCluster.group, kind: 'CloudStackCluster', name } },
    } as Cluster);
    await this.kube.create(CloudStackCluster, {
      apiVersion: CloudStackCluster.apiVersion,
      kind: 'CloudStackCluster',
      metadata: {
        name,
        namespace,
        labels: { 'cluster.x-k8s.io/cluster-name': name },
        ownerReferences: [{ apiVersion: Cluster.apiVersion, kind: 'Cluster', name, uid: cluster.metadata.uid ?? '' }],
      },
      spec: {
        ...(more.sync === undefined ? {} : { syncWithACS: more.sync }),
        controlPlaneEndpoint: { host: more.host ?? '', port: 6443 },
        failureDomains: (more.failureDomains ?? ['fd-1']).map((domain) => {
          const given: Domain = typeof domain === 'string' ? { name: domain } : domain;
          const network = { name: more.network ?? 'Net-1', ...given.network };
          return {
            name: given.name,
            acsEndpoint: { name: 'credentials', namespace },
            zone: { name: given.zone ?? more.zone ?? 'zone-1', network },
          };
        }),
      },
    });
  }

  /** What Cluster API makes for one machine. */
  async createMachine(
    name: string,
    options: { controlPlane?: boolean; spec?: object; owner?: boolean } = {},
  ): Promise<void> {
    const labels: { [key: string]: string } = { 'cluster.x-k8s.io/cluster-name': 'c1' };
    if (options.controlPlane === true) labels['cluster.x-k8s.io/control-plane'] = '';
    const set = {
      apiVersion: 'cluster.x-k8s.io/v1beta2',
      kind: 'MachineSet',
      name: 'ms',
      uid: 'ms-uid',
      controller: true,
    };
    const bootstrap = { apiVersion: 'v1', kind: 'Secret', metadata: { name: `${name}-data`, namespace } };
    await this.kube.create(Secret, { ...bootstrap, data: { value: base64(`#cloud-config\n# ${name}\n`) } });
    const machine = await this.kube.create(Machine, {
      apiVersion: Machine.apiVersion,
      kind: 'Machine',
      // A finalizer stands for Cluster API's own: the Machine goes after its infrastructure.
      metadata: {
        name,
        namespace,
        labels,
        finalizers: ['machine.cluster.x-k8s.io'],
        ...(options.owner === false ? {} : { ownerReferences: [set] }),
      },
      spec: {
        clusterName: 'c1',
        bootstrap: { dataSecretName: `${name}-data` },
        infrastructureRef: { apiGroup: CloudStackMachine.group, kind: 'CloudStackMachine', name },
      },
    } as Machine);
    await this.kube.create(CloudStackMachine, {
      apiVersion: CloudStackMachine.apiVersion,
      kind: 'CloudStackMachine',
      metadata: {
        name,
        namespace,
        labels,
        ownerReferences: [
          { apiVersion: Machine.apiVersion, kind: 'Machine', name, uid: machine.metadata.uid ?? '', controller: true },
        ],
      },
      spec: { offering: { name: 'Medium Instance' }, template: { name: 'kube-v1.34.2' }, ...options.spec },
    });
  }

  async get<T extends KubeObject>(resource: TypedResource<T>, name: string): Promise<T | undefined> {
    return (await this.list(resource)).find((object) => object.metadata.name === name);
  }

  async list<T extends KubeObject>(resource: TypedResource<T>): Promise<readonly T[]> {
    return (await this.kube.list(resource, { namespace })).items;
  }

  async ready(resource: TypedResource, name: string): Promise<Condition | undefined> {
    const object = await this.get(resource, name);
    return object === undefined ? undefined : conditionOf(object as never, 'Ready');
  }

  async delete(resource: TypedResource, name: string): Promise<void> {
    await this.kube.delete(resource, { namespace, name });
  }

  /** Runs until the question is answered with yes; asks once for each step of the clock. */
  async until(what: string, ask: () => Promise<boolean>, limitMs = 120_000): Promise<void> {
    const end = this.clock.now() + limitMs;
    while (this.clock.now() < end) {
      await this.clock.settle();
      if (await ask()) return;
      await this.clock.advance(50);
    }
    const lines = [];
    for (const kind of kinds) {
      for (const object of await this.list<KubeObject>(kind)) {
        lines.push(`${kind.kind} ${object.metadata.name}: ${JSON.stringify(conditionOf(object as never, 'Ready'))}`);
      }
    }
    throw new Error(`not reached: ${what}\n${lines.join('\n')}\n${this.leftovers().join(', ')}`);
  }

  async untilReady(resource: TypedResource, name: string, limitMs?: number): Promise<void> {
    await this.until(
      `${resource.kind} ${name} is ready`,
      async () => (await this.ready(resource, name))?.status === 'True',
      limitMs,
    );
  }

  async untilReason(resource: TypedResource, name: string, reason: string, limitMs?: number): Promise<string> {
    await this.until(
      `${resource.kind} ${name} says ${reason}`,
      async () => (await this.ready(resource, name))?.reason === reason,
      limitMs,
    );
    return (await this.ready(resource, name))?.message ?? '';
  }

  async events(): Promise<readonly string[]> {
    const resource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
    return (await this.list(resource)).map((event) => `${event['type']} ${event['reason']}: ${event['message']}`);
  }

  /** Everything a cluster could leave behind in CloudStack. */
  leftovers(): readonly string[] {
    return Object.entries(this.cloud.inventory()).flatMap(([kind, items]) =>
      items.map((item) => `${kind} ${item.name} ${item.state ?? ''}`),
    );
  }

  /** Machines in CloudStack, by name. */
  instances(): readonly string[] {
    return this.cloud.inventory().VirtualMachine.map((machine) => machine.name);
  }

  count(command: string): number {
    return this.calls.filter((call) => call.command === command).length;
  }

  /** Names of the machines behind the endpoint. */
  async members(): Promise<readonly string[]> {
    const [rule] = this.cloud.inventory().LoadBalancerRule;
    const transport = this.cloud.access.connect(this.cloud.credentials);
    const answer = await transport.call('listLoadBalancerRuleInstances', { id: rule?.id ?? '' });
    const rows = answer['loadbalancerruleinstance'];
    return Array.isArray(rows) ? rows.map((row) => String(valueAt(row, 'name'))) : [];
  }

  #recorded(access: CloudStackAccess): CloudStackAccess {
    const generation = this.#generation;
    return {
      connect: (credentials) => {
        const transport = access.connect(credentials);
        return {
          call: (command, parameters) => {
            return this.#live(generation, () => {
              this.calls.push({ command, parameters });
              return transport.call(command, parameters);
            });
          },
        };
      },
    };
  }

  #counted(api: KubeApi): KubeApi {
    const generation = this.#generation;
    const counted = new Set(['get', 'create', 'update', 'patch', 'delete']);
    return new Proxy(api, {
      get: (target, method, receiver) => {
        const value: unknown = Reflect.get(target, method, receiver);
        if (typeof value !== 'function') return value;
        return (...parameters: unknown[]) => {
          const kind = valueAt(parameters[0], 'kind');
          if (!counted.has(String(method)) || kind === 'Event') return value.apply(target, parameters);
          return this.#live(generation, async () => {
            this.requests.push(`${String(method)} ${String(kind)}`);
            return value.apply(target, parameters);
          });
        };
      },
    });
  }
}

const crds: TypedResource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
