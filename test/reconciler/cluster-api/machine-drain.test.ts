import { Cluster, Machine, type Node } from '../../../api/kinds';
import type { KubeApi, WorkloadClusters, WorkloadConnection, WorkloadEvent } from '../../../api/ports';
import { conditionOf } from '../../../machinery/conditions';
import type { KubeObject } from '../../../machinery/kube-object';
import type { VirtualClock } from '../../../machinery/virtual-clock';
import { DevCluster, DevMachine } from '../../traces/dev-kinds';
import { refusal } from '../runtime/memory-api';
import { cluster, dev, INFRASTRUCTURE, names, namespace, withWorld } from './in-process-world';

const key = { namespace, name: 'm' };
const node: Node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'm', uid: 'node-m' },
  spec: { providerID: 'dev:///m' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
};

/** The workload cluster `c`, whose API server answers or not; what it serves is `api`. */
class Workload implements WorkloadClusters {
  #listeners = new Set<(event: WorkloadEvent) => void>();
  #connection: WorkloadConnection | undefined;

  connection = () => this.#connection;
  health = () => ({ connected: this.#connection !== undefined });
  subscribe = (listener: (event: WorkloadEvent) => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  answers(api: Partial<KubeApi>): void {
    const get = () => node;
    const list = () => [node];
    this.#connection = { api, get, list } as unknown as WorkloadConnection;
    this.#tell('connected');
  }

  falls(): void {
    this.#connection = undefined;
    this.#tell('disconnected');
  }

  #tell(type: 'connected' | 'disconnected'): void {
    for (const listener of this.#listeners) listener({ type, cluster: { namespace, name: 'c' } });
  }
}

const nothingRuns: Partial<KubeApi> = {
  patch: async () => node as never,
  list: async () => ({ items: [], resourceVersion: '1' }) as never,
  delete: async () => node,
};

/** Runs a test with one Machine whose Node was seen; the machine is being deleted while nobody answers. */
async function withDeletedMachine(
  deletion: Machine['spec']['deletion'],
  test: (world: { api: KubeApi; clock: VirtualClock; workload: Workload }) => Promise<void>,
): Promise<void> {
  const workload = new Workload();
  await withWorld(
    async (api, clock) => {
      await api.create<KubeObject>(DevCluster, dev(DevCluster, 'c'));
      await api.create(Cluster, cluster());
      await api.create<KubeObject>(DevMachine, dev(DevMachine, 'm', { finalizers: ['test/vm'] }));
      await api.create(Machine, {
        apiVersion: Machine.apiVersion,
        kind: 'Machine',
        metadata: key,
        spec: {
          clusterName: 'c',
          providerID: 'dev:///m',
          bootstrap: { dataSecretName: 'data' },
          infrastructureRef: { apiGroup: INFRASTRUCTURE, kind: 'DevMachine', name: 'm' },
          deletion,
        },
      });
      workload.answers(nothingRuns);
      await clock.advance(5000);
      expect((await api.get(Machine, key)).status?.nodeRef?.name).toBe('m');
      workload.falls();
      await clock.advance(1000);
      await api.delete(Machine, key);
      await clock.advance(60_000);
      await test({ api, clock, workload });
    },
    { workloads: workload },
  );
}

const isVmLeaving = async (api: KubeApi): Promise<boolean> =>
  (await api.get(DevMachine, key)).metadata.deletionTimestamp !== undefined;

test('a machine is not taken from its pods because its cluster does not answer at the moment', async () => {
  await withDeletedMachine(undefined, async ({ api, clock, workload }) => {
    expect(await isVmLeaving(api)).toBe(false);
    const waiting = conditionOf(await api.get(Machine, key), 'Deleting');
    expect(waiting).toMatchObject({ status: 'True', reason: 'DrainingNode' });
    expect(waiting?.message).toMatch(/^Drain not completed yet \(started at .*\): the API server .* does not answer$/);

    workload.answers(nothingRuns);
    await clock.advance(1000);

    expect(await isVmLeaving(api)).toBe(true);
  });
});

test('the time-outs of drain and volumes end the wait for a cluster that does not come back', async () => {
  const deletion = { nodeDrainTimeoutSeconds: 600, nodeVolumeDetachTimeoutSeconds: 300 };
  await withDeletedMachine(deletion, async ({ api, clock }) => {
    await clock.advance(600_000);
    expect(await isVmLeaving(api)).toBe(false);
    expect(conditionOf(await api.get(Machine, key), 'Deleting')?.reason).toBe('WaitingForVolumeDetach');

    await clock.advance(300_000);

    expect(await isVmLeaving(api)).toBe(true);
    expect(await names(api, Machine)).toEqual(['m']);
  });
});

test('a pod whose eviction fails does not keep the other pods on the node', async () => {
  await withDeletedMachine(undefined, async ({ api, clock, workload }) => {
    const more = 'This pod has more than one PodDisruptionBudget';
    const evicted: string[] = [];
    const pods = ['a', 'b', 'c'].map((name) => ({ metadata: { name, namespace: 'default', uid: name }, kind: 'Pod' }));
    workload.answers({
      ...nothingRuns,
      list: async () => ({ items: pods, resourceVersion: '1' }) as never,
      createSubresource: async (_resource, { name }, _subresource, body) => {
        if (name === 'a') throw refusal(409, 'Conflict', 'Precondition failed: UID in precondition: a');
        if (name === 'b') throw refusal(500, 'InternalError', more);
        evicted.push(name);
        return body;
      },
    });
    await clock.advance(5000);

    expect(new Set(evicted)).toEqual(new Set(['c']));
    const waiting = conditionOf(await api.get(Machine, key), 'Deleting');
    expect(waiting?.reason).toBe('DrainingNode');
    expect(waiting?.message).toContain(`* Cannot evict pods (${more}): default/b`);
  });
});

test('a pod that its DaemonSet left behind is evicted; those of a DaemonSet that exists stay', async () => {
  await withDeletedMachine(undefined, async ({ api, clock, workload }) => {
    const ownedBy = (name: string) => [
      { apiVersion: 'apps/v1', kind: 'DaemonSet', name, uid: name, controller: true as const },
    ];
    const podOf = (name: string) => ({
      kind: 'Pod',
      metadata: { name: `${name}-x`, namespace: 'default', uid: name, ownerReferences: ownedBy(name) },
    });
    let pods = ['gone', 'agent'].map(podOf);
    const daemonSets = [{ kind: 'DaemonSet', metadata: { name: 'agent', namespace: 'default' } }];
    const evicted: string[] = [];
    workload.answers({
      ...nothingRuns,
      list: async ({ kind }) => {
        const items = kind === 'Pod' ? pods : kind === 'DaemonSet' ? daemonSets : [];
        return { items, resourceVersion: '1' } as never;
      },
      createSubresource: async (_resource, { name }, _subresource, body) => {
        evicted.push(name);
        pods = pods.filter(({ metadata }) => metadata.name !== name);
        return body;
      },
    });
    await clock.advance(5000);

    expect(evicted).toEqual(['gone-x']);
    expect(await isVmLeaving(api)).toBe(true);
  });
});
