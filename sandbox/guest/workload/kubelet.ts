import { tryGet } from '../../../api/ports/kube-api';
import { kubeMicroTime, kubeTime } from '../../../machinery/clock';
import { messageOf } from '../../../machinery/errors';
import type { KubeObject } from '../../../machinery/kube-object';
import type { Machine } from '../machine';
import type { ControlPlaneRecord, KubeletRecord } from '../records';
import { clusterTopic, routeTopic, type World } from '../world';
import type { WorkloadCluster } from './cluster';
import {
  CONTROL_PLANE_LABEL,
  type ControlPlaneComponent,
  NOT_READY_TAINT,
  type NodeFacts,
  nodeConditions,
  registeredNode,
  staticPod,
  UNREACHABLE_TAINT,
} from './node-objects';
import { resources } from './resources';
import { replaceTaints } from './taints';

const MANAGER = { fieldManager: 'kubelet' };
const RETRY_MS = 10_000;

/**
 * Runs a machine's kubelet until `signal` aborts: static pods start, the Node is registered as soon as an API server
 * is reachable, and is Ready a while later.
 */
export async function runKubelet(world: World, machine: Machine, signal: AbortSignal): Promise<void> {
  const { kubelet } = machine;
  const cluster = kubelet === undefined ? undefined : world.clusters.get(kubelet.clusterId);
  if (kubelet === undefined || cluster === undefined) return;
  machine.kubeletRunning = true;
  world.changed(cluster.id);
  const topics = [clusterTopic(cluster.id), routeTopic(cluster.record.controlPlaneEndpoint)];
  const step = (work: () => Promise<void>) =>
    world.retry(() => attempt(world, machine, cluster, work), signal, { topics, everyMs: RETRY_MS });
  await step(() => register(world, machine, kubelet, cluster));
  await world.clock.sleep(world.options.latency.nodeReady, signal);
  if (signal.aborted) return;
  await step(() => markReady(world, kubelet, cluster));
  if (!signal.aborted) cluster.refresh();
}

/** True when done; undefined when the API server cannot be reached or refused, to be tried again. */
async function attempt(world: World, machine: Machine, cluster: WorkloadCluster, work: () => Promise<void>) {
  if (!canReach(world, machine, cluster)) return undefined;
  try {
    await work();
    return true;
  } catch (error) {
    machine.print('kubelet', `"Unable to register node with API server" err="${messageOf(error)}"`);
    return undefined;
  }
}

/** A control plane's kubelet uses the local API server where there is one (ControlPlaneKubeletLocalMode). */
function canReach(world: World, machine: Machine, cluster: WorkloadCluster): boolean {
  if (world.apiServerOn(machine) === cluster) return true;
  const [host = '', port = ''] = cluster.record.controlPlaneEndpoint.split(':');
  const reached = world.resolve(host, Number(port));
  return reached.kind === 'reached' && reached.cluster === cluster;
}

async function register(world: World, machine: Machine, kubelet: KubeletRecord, cluster: WorkloadCluster) {
  const facts = nodeFacts(world, machine, kubelet);
  const now = kubeTime(world.clock);
  const key = { namespace: '', name: kubelet.nodeName };
  const wanted = registeredNode(facts, now);
  const known = await tryGet(cluster.api, resources.nodes, key);
  const subresource = { ...MANAGER, subresource: 'status' };
  const patch = { type: 'merge', patch: { status: wanted['status'] } } as const;
  const node =
    known === undefined
      ? await cluster.api.create(resources.nodes, wanted, MANAGER)
      : await cluster.api.patch(resources.nodes, key, patch, subresource);
  if (kubelet.controlPlane !== undefined) {
    await ensureStaticPods(machine, kubelet, kubelet.controlPlane, cluster, node, now);
  }
}

function nodeFacts(world: World, machine: Machine, kubelet: KubeletRecord): NodeFacts {
  const roleLabels = { [CONTROL_PLANE_LABEL]: '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
  return {
    name: kubelet.nodeName,
    kubeletVersion: kubelet.version,
    providerId: kubelet.providerId,
    addresses: machine.spec.addresses,
    labels: { ...kubelet.labels, ...(kubelet.controlPlane === undefined ? {} : roleLabels) },
    taints: kubelet.taints,
    annotations: {},
    cpuNumber: machine.spec.cpuNumber,
    memoryMiB: machine.spec.memoryMiB,
    machineId: machine.id,
    bootId: world.options.random.uuid(),
  };
}

async function ensureStaticPods(
  machine: Machine,
  kubelet: KubeletRecord,
  controlPlane: ControlPlaneRecord,
  cluster: WorkloadCluster,
  node: KubeObject,
  now: string,
): Promise<void> {
  for (const component of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const) {
    if (component === 'etcd' && cluster.etcd === undefined) continue;
    const pod = staticPod(
      {
        component,
        nodeName: kubelet.nodeName,
        nodeUid: node.metadata.uid ?? '',
        address: machine.address,
        image: imageOf(component, controlPlane),
        command: [component, ...argumentsOf(component, controlPlane)],
        annotations: annotationsOf(component, controlPlane),
        hash: Buffer.from(`${component}${kubelet.nodeName}`).toString('hex').slice(0, 32),
      },
      now,
    );
    const key = { namespace: 'kube-system', name: pod.metadata.name };
    if ((await tryGet(cluster.api, resources.pods, key)) === undefined) {
      await cluster.api.create(resources.pods, pod, MANAGER);
    }
    await cluster.api.patch(
      resources.pods,
      key,
      { type: 'merge', patch: { status: pod['status'] } },
      { ...MANAGER, subresource: 'status' },
    );
  }
}

function imageOf(component: ControlPlaneComponent, controlPlane: ControlPlaneRecord): string {
  const tag = component === 'etcd' ? '3.6.5-0' : controlPlane.version;
  return `${controlPlane.imageRepository}/${component}:${tag}`;
}

function argumentsOf(component: ControlPlaneComponent, controlPlane: ControlPlaneRecord): readonly string[] {
  switch (component) {
    case 'kube-apiserver':
      return [
        `--advertise-address=${controlPlane.advertiseAddress}`,
        `--secure-port=${controlPlane.bindPort}`,
        `--client-ca-file=${controlPlane.certificatesDir}/ca.crt`,
      ];
    case 'etcd':
      return [
        `--advertise-client-urls=https://${controlPlane.advertiseAddress}:2379`,
        `--listen-peer-urls=https://${controlPlane.advertiseAddress}:2380`,
      ];
    default:
      return ['--bind-address=127.0.0.1', '--leader-elect=true'];
  }
}

function annotationsOf(component: ControlPlaneComponent, controlPlane: ControlPlaneRecord): { [key: string]: string } {
  const { advertiseAddress: address, bindPort } = controlPlane;
  if (component === 'etcd') return { 'kubeadm.kubernetes.io/etcd.advertise-client-urls': `https://${address}:2379` };
  if (component !== 'kube-apiserver') return {};
  return { 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${address}:${bindPort}` };
}

/** kubelet's Ready condition, and the taints that kube-controller-manager takes away on seeing it. */
async function markReady(world: World, kubelet: KubeletRecord, cluster: WorkloadCluster): Promise<void> {
  const key = { namespace: '', name: kubelet.nodeName };
  if ((await tryGet(cluster.api, resources.nodes, key)) === undefined) return;
  const status = { conditions: nodeConditions('ready', kubeTime(world.clock)) };
  const subresource = { ...MANAGER, subresource: 'status' };
  const node = await cluster.api.patch(resources.nodes, key, { type: 'merge', patch: { status } }, subresource);
  await replaceTaints(cluster, node, (taints) =>
    taints.filter((taint) => taint['key'] !== NOT_READY_TAINT && taint['key'] !== UNREACHABLE_TAINT),
  );
  await ensureLease(world, kubelet, cluster, node);
}

/** The heartbeat. Written at boot only: nothing here reads it, and renewals would be the whole load of a fleet at rest. */
async function ensureLease(world: World, kubelet: KubeletRecord, cluster: WorkloadCluster, node: KubeObject) {
  const key = { namespace: 'kube-node-lease', name: kubelet.nodeName };
  if ((await tryGet(cluster.api, resources.leases, key)) !== undefined) return;
  const renewTime = kubeMicroTime(world.clock);
  await cluster.api.create(
    resources.leases,
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        ...key,
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: kubelet.nodeName, uid: node.metadata.uid ?? '' }],
      },
      spec: { holderIdentity: kubelet.nodeName, leaseDurationSeconds: 40, renewTime },
    },
    MANAGER,
  );
}
