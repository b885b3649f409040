/** The reconciler: wires loops to the world. The only place that knows both. */
import type {
  ApiServerCertificates,
  CloudStackAccess,
  Controller,
  EtcdAdmin,
  GitSource,
  KubeApi,
  Log,
  Objects,
  WorkloadAccess,
} from '../api/ports';
import type { Clock } from '../machinery/clock';
import type { Random } from '../machinery/random';
import { bootstrapControllers } from './bootstrap';
import { createCloudStackApi } from './cloudstack';
import { clusterApiControllers } from './cluster-api';
import { controlPlaneControllers } from './control-plane';
import { gitopsControllers } from './gitops';
import { infrastructureControllers } from './infrastructure';
import { type Manager, type ManagerKit, type Metrics, startManager, withWatchFilter } from './runtime';
import { clusterCacheController, WorkloadLinks } from './workload';

/** The loops, in the order of the pipeline. */
export const LOOPS = ['gitops', 'infrastructure', 'cluster-api', 'bootstrap', 'control-plane'] as const;
export type Loop = (typeof LOOPS)[number];

/** etcd and certificates of workload clusters. */
export interface EtcdAccess {
  readonly etcd: EtcdAdmin;
  readonly certificates: ApiServerCertificates;
  /** Ends connections that are kept for the next question. */
  close?(): void;
}

/** Everything outside the process, as ports. */
export interface ReconcilerWorld {
  /** The management cluster. */
  readonly api: KubeApi;
  readonly cloudStack: CloudStackAccess;
  readonly workloads: WorkloadAccess;
  etcdAccess(links: WorkloadLinks, objects: Objects): EtcdAccess;
  readonly git: GitSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface ReconcilerOptions {
  /** @default - all */
  readonly loops?: readonly Loop[] | undefined;
  /** Watch one namespace only. @default - all */
  readonly namespace?: string | undefined;
  /** Reconcile only objects whose label `cluster.x-k8s.io/watch-filter` has this value; Fleets are not asked. @default - all */
  readonly watchFilter?: string | undefined;
  /** Keep records of clusters with `spec.syncWithACS` among CloudStack's Kubernetes clusters. @default false */
  readonly kubernetesSync?: boolean | undefined;
  readonly metrics?: Metrics | undefined;
}

export interface Reconciler {
  readonly manager: Manager;
  /** Ends loops, connections and polling; resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/** Starts the loops over a world. CRDs must be installed. */
export function startReconciler(world: ReconcilerWorld, options: ReconcilerOptions = {}): Reconciler {
  const { api, clock, random, log } = world;
  const { namespace, watchFilter, metrics } = options;
  const wanted = new Set<Loop>(options.loops ?? LOOPS);
  const links = new WorkloadLinks({ access: world.workloads, clock, random, log });
  const cloudStack = createCloudStackApi({ access: world.cloudStack, clock });
  let etcdAccess: EtcdAccess | undefined;

  const controllers = (kit: ManagerKit): Controller[] => {
    const { objects } = kit;
    const common = { objects, clock, random, log };
    const loops: { readonly [loop in Loop]: () => Controller[] } = {
      gitops: () => gitopsControllers({ ...common, api, source: world.git, events: kit.recorder('fleet') }),
      infrastructure: () =>
        infrastructureControllers({
          ...common,
          cloudStack,
          kubernetesSync: options.kubernetesSync,
          events: kit.recorder('capc-machine-controller'),
          onError: metrics?.infrastructureFailed,
        }),
      'cluster-api': () =>
        clusterApiControllers({ ...common, workloads: links, recorder: (component) => kit.recorder(component) }),
      bootstrap: () =>
        bootstrapControllers({ ...common, workloads: links, events: kit.recorder('kubeadmconfig-controller') }),
      'control-plane': () => {
        etcdAccess = world.etcdAccess(links, objects);
        const { etcd, certificates } = etcdAccess;
        const events = kit.recorder('kubeadmcontrolplane-controller');
        return controlPlaneControllers({ ...common, etcd, certificates, workloads: links, events });
      },
    };
    const needsWorkloads = wanted.has('cluster-api') || wanted.has('bootstrap') || wanted.has('control-plane');
    return [
      ...(needsWorkloads ? [clusterCacheController({ objects, links })] : []),
      ...LOOPS.filter((loop) => wanted.has(loop)).flatMap((loop) =>
        watchFilter === undefined || loop === 'gitops'
          ? loops[loop]()
          : loops[loop]().map((controller) => withWatchFilter(controller, objects, watchFilter)),
      ),
    ];
  };

  const manager = startManager({ api, controllers, clock, random, log, namespace, metrics });
  return {
    manager,
    async stop() {
      await manager.stop();
      etcdAccess?.close?.();
      await links.stop();
      cloudStack.stop();
    },
  };
}
