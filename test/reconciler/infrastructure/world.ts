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
import type { KubeApi, TypedResource } from '../../../api/ports';
import { type Condition, conditionOf } from '../../../machinery/conditions';
import type { KubeObject } from '../../../machinery/kube-object';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { createCloudStackApi } from '../../../reconciler/cloudstack';
import { infrastructureControllers } from '../../../reconciler/infrastructure';
import { type Manager, silentLog, startManager } from '../../../reconciler/runtime';
import { createKubeServer } from '../../../sandbox/kube';
import { SmallCloud } from './small-cloud';

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

/** A management API server with the provider on it, a small CloudStack, and a virtual clock. */
export class World {
  readonly clock = new VirtualClock();
  readonly cloud = new SmallCloud(this.clock);
  readonly kube: KubeApi;
  readonly requests: string[] = [];
  #managers: Manager[] = [];
  #stops: (() => void)[] = [];
  readonly #random = new SeededRandom(7);

  constructor() {
    this.kube = createKubeServer({ clock: this.clock, random: this.#random }).api();
  }

  static async start(): Promise<World> {
    const world = new World();
    for (const kind of kinds) await world.kube.create(crds, kind.crd());
    await world.clock.settle();
    await world.createCredentials();
    await world.run();
    return world;
  }

  async createCredentials(values: { [key: string]: string } = {}): Promise<void> {
    const all = { 'api-url': 'http://cloud/client/api', 'api-key': 'k', 'secret-key': 's', ...values };
    const data = Object.fromEntries(Object.entries(all).map(([key, value]) => [key, base64(value)]));
    await this.kube.create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'credentials', namespace },
      data,
    });
  }

  /** Starts the provider as a new process would. */
  async run(): Promise<void> {
    const cloudStack = createCloudStackApi({ access: this.cloud, clock: this.clock });
    const manager = startManager({
      api: this.#counted(this.kube),
      clock: this.clock,
      random: this.#random,
      log: silentLog,
      controllers: (kit) =>
        infrastructureControllers({
          objects: kit.objects,
          events: kit.recorder('capstan'),
          log: silentLog,
          clock: this.clock,
          random: this.#random,
          cloudStack,
        }),
    });
    this.#managers.push(manager);
    this.#stops.push(() => cloudStack.stop());
    await this.clock.runUntil(() => manager.activity().warm, 60_000);
  }

  /** Ends the process: what it remembered is gone. */
  async stop(): Promise<void> {
    for (const stop of this.#stops) stop();
    await Promise.all(this.#managers.map((manager) => manager.stop()));
    this.#managers = [];
    this.#stops = [];
  }

  async createCluster(
    more: { zone?: string; host?: string; network?: string; failureDomains?: readonly string[] } = {},
  ): Promise<void> {
    const cluster = await this.kube.create(Cluster, {
      apiVersion: Cluster.apiVersion,
      kind: 'Cluster',
      metadata: { name: 'c1', namespace },
      spec: { infrastructureRef: { apiGroup: CloudStackCluster.group, kind: 'CloudStackCluster', name: 'c1' } },
    } as Cluster);
    await this.kube.create(CloudStackCluster, {
      apiVersion: CloudStackCluster.apiVersion,
      kind: 'CloudStackCluster',
      metadata: {
        name: 'c1',
        namespace,
        labels: { 'cluster.x-k8s.io/cluster-name': 'c1' },
        ownerReferences: [
          { apiVersion: Cluster.apiVersion, kind: 'Cluster', name: 'c1', uid: cluster.metadata.uid ?? '' },
        ],
      },
      spec: {
        controlPlaneEndpoint: { host: more.host ?? '', port: 6443 },
        failureDomains: (more.failureDomains ?? ['fd-1']).map((name) => ({
          name,
          acsEndpoint: { name: 'credentials', namespace },
          zone: { name: more.zone ?? 'zone-1', network: { name: more.network ?? 'Net-1' } },
        })),
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
      spec: { offering: { name: 'medium' }, template: { name: 'kube' }, ...options.spec },
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
    throw new Error(`not reached: ${what}\n${lines.join('\n')}\n${this.cloud.leftovers().join(', ')}`);
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

  #counted(api: KubeApi): KubeApi {
    const writes = new Set(['create', 'update', 'patch', 'delete']);
    return new Proxy(api, {
      get: (target, method, receiver) => {
        const value: unknown = Reflect.get(target, method, receiver);
        if (typeof value !== 'function') return value;
        return (...parameters: unknown[]) => {
          const resource = parameters[0] as { kind?: string } | undefined;
          if ((writes.has(String(method)) || method === 'get') && resource?.kind !== 'Event') {
            this.requests.push(`${String(method)} ${resource?.kind}`);
            if (process.env['SHOW_REQUESTS'] !== undefined)
              console.info(
                `${this.clock.now() % 100000} ${String(method)} ${resource?.kind} ${JSON.stringify(parameters.slice(1, 4))}`.slice(
                  0,
                  700,
                ),
              );
          }
          return value.apply(target, parameters);
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
