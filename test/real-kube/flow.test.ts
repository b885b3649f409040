import { allKinds, Cluster, Fleet, Lease, Secret } from '../../api';
import { ConfigMap } from '../../api/kinds';
import type { KubeApi, TypedResource } from '../../api/ports';
import { clusterViews } from '../../cli/view/cluster-view';
import { listFrom, type Snapshot, takeSnapshot } from '../../cli/view/snapshot';
import { SystemClock } from '../../machinery/clock';
import { connectKube, type KubeConnection } from '../../reconciler/kube';
import { clusterObjects } from '../e2e/definitions';
import { type SimulatedCloud, startSimulatedCloud } from '../e2e/simulated-cloud';
import { whenFollowed } from '../reconciler/install/when-followed';
import { kubeAssets, type RealControlPlane, startRealControlPlane } from '../reconciler/kube/real-control-plane';
import { ManifestRepository } from './manifest-repository';
import { bindRestrictedUser } from './restricted-user';
import { RunProcess } from './run-process';

const suite = kubeAssets === undefined ? describe.skip : describe;

const LOOK_MS = 250;
/**
 * The garbage collector learns of new kinds every 30 s and doubles its wait for an owner of a kind that it does not know:
 * what was owned in the first half minute after the CRDs came may stay for a minute.
 */
const COLLECTED_MS = 90_000;
/** Of one change, on a busy machine. */
const CHANGE_MS = 180_000;
const MachineTemplateV1Beta3: TypedResource = {
  group: 'infrastructure.cluster.x-k8s.io',
  version: 'v1beta3',
  kind: 'CloudStackMachineTemplate',
  plural: 'cloudstackmachinetemplates',
  namespaced: true,
};
const CONTROLLERS = ['garbage-collector-controller', 'namespace-controller'];

const definition = (controlPlane: number, workers: number, kubernetesVersion = 'v1.34.1') =>
  clusterObjects('dev', {
    kubernetesVersion,
    controlPlane: { replicas: controlPlane, offering: 'Medium Instance' },
    pools: { general: { replicas: workers, offering: 'Medium Instance' } },
  });

suite('capstan run against a real kube-apiserver, as a user who may only what apps/management grants', () => {
  let plane: RealControlPlane;
  let connection: KubeConnection;
  let api: KubeApi;
  let restricted: string;
  let simulated: SimulatedCloud;
  const processes: RunProcess[] = [];
  let repository: ManifestRepository;

  beforeAll(async () => {
    repository = new ManifestRepository();
    plane = await startRealControlPlane(kubeAssets ?? '', { controllers: CONTROLLERS });
    connection = await connectKube({ kind: 'kubeconfig', file: plane.kubeconfig }, { clock: new SystemClock() });
    api = connection.api;
    restricted = await bindRestrictedUser(api, plane.kubeconfig);
    simulated = await startSimulatedCloud();
  }, 60_000);

  afterAll(async () => {
    await Promise.all(processes.map((process) => process.stop()));
    repository.remove();
    await simulated?.close();
    connection?.close();
    await plane?.stop();
  }, 30_000);

  function run(...flags: string[]): RunProcess {
    const process = new RunProcess(restricted, ['--allow-local-repositories', ...flags]);
    processes.push(process);
    return process;
  }

  /** Looks at the state, as the administrator, until the predicate holds. */
  async function until(
    what: string,
    reached: (snapshot: Snapshot) => boolean,
    withinMs = CHANGE_MS,
  ): Promise<Snapshot> {
    const end = Date.now() + withinMs;
    for (;;) {
      const snapshot = await takeSnapshot(listFrom(api));
      if (reached(snapshot)) return snapshot;
      if (Date.now() > end) {
        const reasons = clusterViews(snapshot).flatMap((view) => view.reasons);
        const logs = processes.map(({ log }) => log.split('\n').slice(-20).join('\n'));
        throw new Error(`${what}: not within ${withinMs} ms\n${[...reasons, ...logs].join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Commits a definition and waits until the cluster is as it says. */
  async function change(controlPlane: number, workers: number, version?: string): Promise<Snapshot> {
    const revision = repository.commit(definition(controlPlane, workers, version));
    return until(`${controlPlane}+${workers} ${version ?? ''} ready`, (snapshot) => {
      const [view] = clusterViews(snapshot);
      return (
        snapshot.fleets[0]?.status?.lastAppliedRevision === revision &&
        view?.ready === true &&
        snapshot.machines.length === controlPlane + workers
      );
    });
  }

  /** Everything in the namespace that a cluster could have left. */
  async function leftInNamespace(): Promise<string[]> {
    const lists = await Promise.all(
      [...allKinds, Secret, ConfigMap].map((kind) => api.list(kind, { namespace: 'default' })),
    );
    return lists
      .flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata.name}`))
      .filter((id) => id !== 'ConfigMap kube-root-ca.crt');
  }

  const versionsOf = ({ machines }: Snapshot) => machines.map(({ status }) => status?.nodeInfo?.kubeletVersion);

  test('without its CRDs it refuses to start when it may only check them', async () => {
    const process = run('--crds=check');

    expect(await process.ended()).toBe(1);
    expect(process.log).toContain('CustomResourceDefinition clusters.cluster.x-k8s.io does not exist');
    expect(process.log).toContain('--crds=install');
  }, 60_000);

  test('a cluster in git is created, scaled, upgraded and, once confirmed, deleted to nothing', async () => {
    const process = run('--crds=install');
    await process.says('controllers started');
    const empty = simulated.cloud.inventory();
    await api.create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'cloudstack-credentials', namespace: 'default' },
      data: { ...simulated.credentials },
    });
    repository.commit(definition(1, 1));
    await api.create(Fleet, {
      apiVersion: 'capstan.dev/v1alpha1',
      kind: 'Fleet',
      metadata: { name: 'fleet', namespace: 'capstan-system' },
      spec: { source: { url: repository.directory, path: 'manifests' }, interval: '1s' },
    });

    expect(versionsOf(await change(1, 1))).toEqual(Array(2).fill('v1.34.1'));
    await change(3, 2);
    expect(versionsOf(await change(3, 2, 'v1.34.2'))).toEqual(Array(5).fill('v1.34.2'));
    await change(1, 2, 'v1.34.2');

    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
    repository.commit([namespace]);
    const { clusters, fleets } = await until(
      'the confirmation is asked for',
      (snapshot) => (snapshot.fleets[0]?.status?.pendingDeletions ?? []).length > 0,
    );
    const uid = clusters[0]?.metadata.uid ?? '';
    expect(fleets[0]?.status?.pendingDeletions?.[0]?.command).toContain(`capstan.dev/confirm-delete=${uid}`);
    const annotations = { 'capstan.dev/confirm-delete': uid };
    await api.patch(
      Cluster,
      { namespace: 'default', name: 'dev' },
      { type: 'merge', patch: { metadata: { annotations } } },
    );
    await until('the cluster is gone', (snapshot) => snapshot.clusters.length === 0);
    let left = await leftInNamespace();
    const end = Date.now() + COLLECTED_MS;
    while (left.length > 1 && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      left = await leftInNamespace();
    }

    expect(left).toEqual(['Secret cloudstack-credentials']);
    expect(simulated.cloud.inventory()).toEqual(empty);
    expect(simulated.faults).toEqual([]);
    expect(process.log).not.toMatch(/forbidden|cannot (get|list|watch|create|update|patch|delete)/i);
  }, 900_000);

  test('metrics and probes answer, and it stops on a signal', async () => {
    const [process] = processes.slice(-1);

    expect(await process?.page('/readyz')).toMatchObject({ status: 200 });
    expect(await process?.page('/healthz')).toMatchObject({ status: 200 });
    const metrics = await process?.page('/metrics');
    expect(metrics?.text).toMatch(/controller_runtime_reconcile_total\{controller="cluster",result="success"\} [1-9]/);
    expect(await process?.stop('SIGINT')).toBe(0);
  }, 30_000);

  test('of two processes one leads, and the other takes over when it is killed', async () => {
    const holder = async () => {
      const { items } = await api.list(Lease, { namespace: 'capstan-system' });
      return items.find(({ metadata }) => metadata.name === 'capstan-leader-election')?.spec?.holderIdentity;
    };
    const first = run('--leader-elect');
    await first.says('controllers started');
    const leader = await holder();
    const second = run('--leader-elect');
    await second.says('serving metrics and probes');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(second.log).not.toContain('controllers started');
    expect(await holder()).toBe(leader);

    await first.stop('SIGKILL');
    await second.says('controllers started');

    expect(await holder()).not.toBe(leader);
    // Old versions are converted by a webhook: the API server has to be led to the process that lives.
    const template = await whenFollowed(() =>
      api.create(MachineTemplateV1Beta3, {
        apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta3',
        kind: 'CloudStackMachineTemplate',
        metadata: { name: 'converted', namespace: 'default' },
        spec: { template: { spec: { offering: { name: 'Small Instance' }, template: { name: 'kube-v1.34.2' } } } },
      }),
    );
    expect(template.spec).toMatchObject({ template: { spec: { offering: { name: 'Small Instance' } } } });
    expect(await second.stop()).toBe(0);
  }, 180_000);
});
