import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeadmControlPlane, Secret } from '../../api/kinds';
import { type ClusterView, clusterViews } from '../../cli/view/cluster-view';
import { listFrom, takeSnapshot } from '../../cli/view/snapshot';
import { SystemClock } from '../../machinery/clock';
import { SystemRandom } from '../../machinery/random';
import { connectKube, type KubeConnection } from '../../reconciler/kube';
import { type Reconciler, startReconciler } from '../../reconciler/main';
import { type Management, serveManagement } from '../../reconciler/management';
import { productionWorld } from '../../reconciler/production-world';
import { silentLog } from '../../reconciler/runtime';
import { appliedWith, applyManifests, type Flavour, renderFlavour } from './flavours';
import { type SimulatedCloud, startSimulatedCloud } from './simulated-cloud';

/** An API server that the suite may fill and need not tidy up. */
export interface ManagementServer {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

const READY_MS = 120_000;

/** Upstream's flavours, applied as a user of upstream would: in old versions, with kubectl, credentials by hand. */
export function flavourSuite(start: () => Promise<ManagementServer>): void {
  const clock = new SystemClock();
  const random = new SystemRandom();
  let gitCache: string;
  let server: ManagementServer;
  let connection: KubeConnection;
  let simulated: SimulatedCloud;
  let management: Management;
  let reconciler: Reconciler;

  beforeAll(async () => {
    gitCache = mkdtempSync(join(tmpdir(), 'capstan-flavours-'));
    console.info(`flavours are applied with ${appliedWith}`);
    server = await start();
    simulated = await startSimulatedCloud();
    connection = await connectKube({ kind: 'kubeconfig', file: server.kubeconfig }, { clock });
    const { api } = connection;
    management = await serveManagement({
      api,
      clock,
      random,
      log: silentLog,
      namespace: 'capstan-system',
      webhooks: 'loopback',
    });
    await management.prepare(api, 'install');
    await api.create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'cloudstack-credentials', namespace: 'default' },
      data: { ...simulated.credentials },
    });
    reconciler = startReconciler(productionWorld({ connection, clock, random, log: silentLog, gitCache }));
    await reconciler.manager.started;
  }, 120_000);

  afterAll(async () => {
    await reconciler?.stop();
    await management?.close();
    connection?.close();
    await simulated?.close();
    await server?.stop();
    rmSync(gitCache, { recursive: true, force: true });
  }, 30_000);

  function rendered(flavour: Flavour, name: string): string {
    const { examples } = simulated.cloud;
    return renderFlavour(flavour, {
      CLUSTER_NAME: name,
      CLUSTER_ENDPOINT_IP: examples.publicIp,
      CLOUDSTACK_ZONE_NAME: examples.zone,
      CLOUDSTACK_NETWORK_NAME: `${name}-net`,
      CLOUDSTACK_CONTROL_PLANE_MACHINE_OFFERING: examples.offering,
      CLOUDSTACK_WORKER_MACHINE_OFFERING: examples.offering,
      CLOUDSTACK_TEMPLATE_NAME: examples.template,
      CONTROL_PLANE_MACHINE_COUNT: '1',
      WORKER_MACHINE_COUNT: '1',
      KUBERNETES_VERSION: examples.kubernetesVersion,
    });
  }

  async function untilReady(name: string): Promise<ClusterView> {
    const end = Date.now() + READY_MS;
    for (;;) {
      const view = clusterViews(await takeSnapshot(listFrom(connection.api))).find((one) => one.name === name);
      if (view?.ready === true) return view;
      if (Date.now() > end) throw new Error(`${name} is not ready:\n${view?.reasons.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  test('the default flavour is accepted as it is and becomes ready; applying it again changes nothing', async () => {
    const { api } = connection;
    const text = rendered('cluster-template', 'plain');
    const { publicIp } = simulated.cloud.examples;

    await applyManifests(text, api, server.kubeconfig);

    expect(await untilReady('plain')).toMatchObject({
      endpoint: `https://${publicIp}:6443`,
      controlPlane: { desired: 1, ready: 1 },
      workers: { desired: 1, ready: 1 },
    });
    const generations = async () => {
      const { clusters, controlPlanes, machineDeployments } = await takeSnapshot(listFrom(api));
      const objects = [...clusters, ...controlPlanes, ...machineDeployments];
      return objects.map(({ kind, metadata }) => `${kind} ${metadata.generation}`);
    };
    const before = await generations();
    await applyManifests(text, api, server.kubeconfig);
    expect(await generations()).toEqual(before);
  }, 180_000);

  test('the kube-vip flavour is accepted as it is', async () => {
    const { api } = connection;

    await applyManifests(rendered('cluster-template-with-kube-vip', 'vip'), api, server.kubeconfig);

    const controlPlane = await api.get(KubeadmControlPlane, { namespace: 'default', name: 'vip-control-plane' });
    expect(controlPlane.apiVersion).toBe('controlplane.cluster.x-k8s.io/v1beta2');
    expect(controlPlane.spec.kubeadmConfigSpec?.files?.[0]?.path).toBe('/etc/kubernetes/manifests/kube-vip.yaml');
    expect(controlPlane.spec.kubeadmConfigSpec?.joinConfiguration?.nodeRegistration?.ignorePreflightErrors).toEqual([
      'DirAvailable--etc-kubernetes-manifests',
    ]);
  }, 60_000);
}
