import { setMaxListeners } from 'node:events';
import { allKinds, crds, kindFor } from '../../api/crds';
import { ConfigMap, CustomResourceDefinition, Namespace, Node, Secret } from '../../api/kinds';
import type { KubeApi, TypedResource } from '../../api/ports';
import type { KubeObject } from '../../machinery/kube-object';
import { SeededRandom } from '../../machinery/random';
import { VirtualClock } from '../../machinery/virtual-clock';
import { bootstrapControllers } from '../../reconciler/bootstrap';
import { clusterApiControllers } from '../../reconciler/cluster-api';
import { controlPlaneControllers } from '../../reconciler/control-plane';
import { type Manager, silentLog, startManager } from '../../reconciler/runtime';
import { clusterCacheController, WorkloadLinks } from '../../reconciler/workload';
import { type Admission, createKubeServer } from '../../sandbox/kube';
import { devHealthCheckController } from './dev-health-check';
import { DevCluster, DevHealthCheck, DevMachine, DevMachineTemplate, devCrds } from './dev-kinds';
import { devClusterController, devMachineController, devMachineTemplateController } from './dev-provider';
import { nameAt, type Step, type TraceLine } from './scenario';
import { SimulatedClusters } from './simulated-clusters';

const NAMESPACE = 'traced';
/** Nothing was written for so long: at rest, as the recordings have it. */
const REST_MS = 5000;
const LIMIT_MS = 15 * 60_000;

export interface Run {
  readonly lines: readonly TraceLine[];
  /** Requests of our loops to the management API until the first rest, Events left out. */
  readonly requests: ReadonlyMap<string, number>;
  readonly virtualMs: number;
}

/** Applies the steps to our loops, wholly in this process on a virtual clock, and records every write. */
export async function run(steps: readonly Step[], seed = 1): Promise<Run> {
  const clock = new VirtualClock();
  const random = new SeededRandom(seed);
  const server = createKubeServer({ clock, random, admission: defaulting });
  const user = server.api();
  for (const crd of [...crds({ conversion: 'none' }), ...devCrds()]) await user.create(CustomResourceDefinition, crd);
  await user.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  await clock.advance(1000);
  const recorder = new Recorder();
  const abort = new AbortController();
  setMaxListeners(RECORDED.length, abort.signal);
  for (const resource of RECORDED) void recorder.watch(user, resource, abort.signal);
  const clusters = new SimulatedClusters(clock, random);
  const links = new WorkloadLinks({ access: clusters.access, clock, random, log: silentLog });
  const counted = new Map<string, number>();
  const manager = startLoops(countingApi(server.api(), counted), { clock, random, clusters, links });
  const started = clock.now();
  let requests: ReadonlyMap<string, number> | undefined;
  try {
    await clock.advance(0);
    await manager.started;
    for (const step of steps) {
      recorder.step(step.title);
      await perform({ user, workload: clusters.at(SimulatedClusters.PORT).server.api() }, step, recorder.lines);
      if (!step.rests) continue;
      await rest(clock, manager, recorder);
      recorder.step(`${step.title} (at rest)`);
      requests ??= new Map(counted);
    }
  } finally {
    abort.abort();
    await Promise.all([manager.stop(), links.stop(), clock.advance(1000)]);
    server.close();
  }
  return { lines: recorder.lines, requests: requests ?? counted, virtualMs: clock.now() - started };
}

const RECORDED: readonly TypedResource[] = [
  ...allKinds.filter((kind) => kind.group.endsWith('cluster.x-k8s.io') && !kind.kind.startsWith('CloudStack')),
  DevCluster,
  DevMachine,
  DevMachineTemplate,
  DevHealthCheck,
  Secret,
  ConfigMap,
];

/** What admission webhooks would do, by the same pure functions. */
const defaulting: Admission = {
  mutate: ({ object, oldObject }) => {
    const kind = object === undefined ? undefined : kindFor(object.apiVersion, object.kind);
    if (kind === undefined || object === undefined) return Promise.resolve(object);
    return Promise.resolve(kind.withDefaults(object, oldObject));
  },
  validate: () => Promise.resolve(),
};

interface Parts {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly clusters: SimulatedClusters;
  readonly links: WorkloadLinks;
}

function startLoops(api: KubeApi, { clock, random, clusters, links }: Parts): Manager {
  return startManager({
    api,
    clock,
    random,
    log: silentLog,
    controllers: ({ objects, recorder }) => {
      const common = { objects, workloads: links, clock, random };
      return [
        ...clusterApiControllers({ ...common, recorder }),
        ...bootstrapControllers({ ...common, events: recorder('kubeadmconfig-controller') }),
        ...controlPlaneControllers({
          ...common,
          events: recorder('kubeadm-control-plane-controller'),
          etcd: clusters.etcd,
          certificates: clusters.certificates,
        }),
        clusterCacheController({ objects, links }),
        devClusterController({ objects, clock, clusters }),
        devMachineController({ objects, clock, clusters }),
        devMachineTemplateController({ objects, clock, clusters }),
        devHealthCheckController({ objects, clock, clusters }),
      ];
    },
  });
}

interface Apis {
  readonly user: KubeApi;
  readonly workload: KubeApi;
}

async function perform({ user: api, workload }: Apis, step: Step, lines: readonly TraceLine[]): Promise<void> {
  const options = { fieldManager: 'user' };
  if (step.kind === 'apply') {
    for (const object of step.objects) {
      const placed = { ...object, metadata: { ...object.metadata, namespace: NAMESPACE } };
      const key = { namespace: NAMESPACE, name: object.metadata.name };
      await api.patch(resourceOf(object.kind), key, { type: 'apply', patch: placed, force: true }, options);
    }
    return;
  }
  const { kind, name, place } = step.target;
  const key = { namespace: NAMESPACE, name: place === undefined ? name : (nameAt(name, place, lines) ?? name) };
  if (step.kind === 'patch' && kind === 'Node') {
    const node = { namespace: '', name: key.name };
    await workload.patch(Node, node, { type: 'merge', patch: step.patch }, { subresource: 'status' });
  } else if (step.kind === 'patch') {
    await api.patch(resourceOf(kind), key, { type: 'merge', patch: step.patch }, options);
  } else await api.delete(resourceOf(kind), key);
}

function resourceOf(kind: string): TypedResource {
  const resource = RECORDED.find((candidate) => candidate.kind === kind);
  if (resource === undefined) throw new Error(`no resource for ${kind}`);
  return resource;
}

async function rest(clock: VirtualClock, manager: Manager, recorder: Recorder): Promise<void> {
  const end = clock.now() + LIMIT_MS;
  let quietSince = clock.now();
  let seen = recorder.count;
  while (clock.now() < end) {
    await clock.advance(500);
    const { ready, running } = manager.activity();
    if (recorder.count !== seen || ready + running > 0) {
      seen = recorder.count;
      quietSince = clock.now();
    } else if (clock.now() - quietSince >= REST_MS) return;
  }
  throw new Error('the loops do not come to rest');
}

class Recorder {
  readonly #done: TraceLine[] = [];
  #segment: TraceLine[] = [];

  /** All lines; within a step by resource version, which is one order over all kinds. */
  get lines(): readonly TraceLine[] {
    return [...this.#done, ...sorted(this.#segment)];
  }

  get count(): number {
    return this.#done.length + this.#segment.length;
  }

  step(title: string): void {
    this.#done.push(...sorted(this.#segment), { type: 'STEP', kind: '', name: '', object: NOTHING, step: title });
    this.#segment = [];
  }

  async watch(api: KubeApi, resource: TypedResource, signal: AbortSignal): Promise<void> {
    for await (const event of api.watch(resource, { namespace: NAMESPACE }, signal)) {
      if (event.type === 'BOOKMARK' || event.type === 'ERROR') continue;
      const { type, object } = event;
      this.#segment.push({ type, kind: object.kind, name: object.metadata.name, object });
    }
  }
}

function sorted(lines: readonly TraceLine[]): TraceLine[] {
  const version = ({ object }: TraceLine) => Number(object.metadata.resourceVersion ?? 0);
  return [...lines].sort((a, b) => version(a) - version(b));
}

const NOTHING: KubeObject = { apiVersion: 'v1', kind: '', metadata: { name: '' } };

/** Counts requests as an audit log would, without watches and Events. */
function countingApi(api: KubeApi, counts: Map<string, number>): KubeApi {
  const count = (verb: string, kind: string) => {
    if (kind !== 'Event') counts.set(`${verb} ${kind}`, (counts.get(`${verb} ${kind}`) ?? 0) + 1);
  };
  return {
    get: (resource, key, options) => {
      count('get', resource.kind);
      return api.get(resource, key, options);
    },
    list: (resource, options) => api.list(resource, options),
    watch: (resource, options, signal) => api.watch(resource, options, signal),
    create: (resource, object, options) => {
      count('create', resource.kind);
      return api.create(resource, object, options);
    },
    createSubresource: (resource, key, subresource, body) => {
      count(`create ${subresource}`, resource.kind);
      return api.createSubresource(resource, key, subresource, body);
    },
    update: (resource, object, options) => {
      count('update', resource.kind);
      return api.update(resource, object, options);
    },
    patch: (resource, key, body, options) => {
      const verb = body.type === 'apply' ? 'apply' : `patch${options?.subresource === 'status' ? ' status' : ''}`;
      count(verb, resource.kind);
      return api.patch(resource, key, body, options);
    },
    delete: (resource, key, options) => {
      count('delete', resource.kind);
      return api.delete(resource, key, options);
    },
    deleteCollection: (resource, list, options) => api.deleteCollection(resource, list, options),
    resourceFor: (apiVersion, kind) => api.resourceFor(apiVersion, kind),
  };
}
