import { crds } from '../../../api/crds';
import { Cluster, CustomResourceDefinition, Namespace } from '../../../api/kinds';
import type { KubeApi, TypedResource, WorkloadClusters } from '../../../api/ports';
import type { Clock } from '../../../machinery/clock';
import type { KubeObject } from '../../../machinery/kube-object';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { clusterApiControllers } from '../../../reconciler/cluster-api';
import { silentLog, startManager } from '../../../reconciler/runtime';
import { createKubeServer } from '../../../sandbox/kube';
import { devCrds } from '../../traces/dev-kinds';

export const namespace = 'ns';
export const INFRASTRUCTURE = 'infrastructure.cluster.x-k8s.io';

/** No workload cluster ever answers here. */
const unreachable: WorkloadClusters = {
  connection: () => undefined,
  health: () => ({ connected: false }),
  subscribe: () => () => undefined,
};

export interface WorldOptions {
  /** @default - no workload cluster ever answers */
  readonly workloads?: WorkloadClusters | undefined;
  /** The API as the controllers see it. */
  readonly seen?: ((api: KubeApi) => KubeApi) | undefined;
  /** By how much the controllers' clock is ahead of the API server's. @default 0 */
  readonly aheadMs?: number | undefined;
}

/** Runs a test with the loop's controllers over an in-process API on a virtual clock. */
export async function withWorld(
  test: (api: KubeApi, clock: VirtualClock) => Promise<void>,
  { workloads = unreachable, seen = (api) => api, aheadMs = 0 }: WorldOptions = {},
): Promise<void> {
  const clock = new VirtualClock();
  const random = new SeededRandom(1);
  const server = createKubeServer({ clock, random });
  const api = server.api();
  for (const crd of [...crds({ conversion: 'none' }), ...devCrds()]) await api.create(CustomResourceDefinition, crd);
  await api.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await clock.advance(1000);
  const ahead: Clock = {
    now: () => clock.now() + aheadMs,
    after: (delayMs, callback) => clock.after(delayMs, callback),
    sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    hold: (work) => clock.hold(work),
  };
  const manager = startManager({
    api: seen(api),
    clock: ahead,
    random,
    log: silentLog,
    controllers: ({ objects, recorder }) =>
      clusterApiControllers({ objects, recorder, workloads, clock: ahead, random }),
  });
  try {
    await clock.advance(0);
    await manager.started;
    await test(api, clock);
  } finally {
    await Promise.all([manager.stop(), clock.advance(1000)]);
    server.close();
  }
}

export function cluster(): Cluster {
  return {
    apiVersion: Cluster.apiVersion,
    kind: 'Cluster',
    metadata: { name: 'c', namespace },
    spec: { infrastructureRef: { apiGroup: INFRASTRUCTURE, kind: 'DevCluster', name: 'c' } },
  };
}

/** An object of the test provider. */
export function dev(resource: TypedResource, name: string, metadata: Partial<KubeObject['metadata']> = {}): KubeObject {
  const apiVersion = `${INFRASTRUCTURE}/v1beta2`;
  return { apiVersion, kind: resource.kind, metadata: { name, namespace, ...metadata }, spec: {} };
}

export const names = async (api: KubeApi, resource: TypedResource): Promise<string[]> =>
  (await api.list(resource, { namespace })).items.map((item) => item.metadata.name).sort();
