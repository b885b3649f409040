import type { CloudStackMachine, Cluster, KubeadmControlPlane, Machine, MachineDeployment } from '../../api/kinds';
import { CONTROL_PLANE_LABEL, DEPLOYMENT_NAME_LABEL } from '../../api/labels';
import { type Condition, conditionOf, isTrue } from '../../machinery/conditions';
import { type KubeObject, keyOf, keyText } from '../../machinery/kube-object';
import { CLONED_FROM_NAME } from '../../machinery/template-clone';
import { firstLine, isUnsettled } from './condition-text';
import { headline } from './headline';
import { pauseOf } from './pause';
import { clusterArgument } from './printed-commands';
import { isOf, type Snapshot } from './snapshot';
import { isCurrent } from './unattended';
import { why } from './why';

/** Counts of machines. */
export interface Replicas {
  readonly desired: number;
  readonly ready: number;
}

/** One line of the tree. */
export interface TreeNode {
  /** `Cluster dev`, `control plane`, `pool general`, a machine's name. */
  readonly label: string;
  readonly ready: boolean;
  /** What is known at a glance: version, counts, address. */
  readonly detail: string;
  /** Why it is not ready; empty when it is. */
  readonly reason: string;
  readonly children: readonly TreeNode[];
}

/** A cluster as `status` and `up` show it. */
export interface ClusterView {
  readonly namespace: string;
  readonly name: string;
  /** The name, with its namespace where the name alone does not tell. */
  readonly title: string;
  /** Available, every machine up to date and ready, nothing in motion. */
  readonly ready: boolean;
  readonly version: string;
  readonly endpoint: string;
  readonly controlPlane: Replicas;
  readonly workers: Replicas;
  /** The one thing that it waits for, as `capstan why` finds it; empty when it is ready. */
  readonly reason: string;
  /** Why it is not ready, one line each; empty when it is. */
  readonly reasons: readonly string[];
  readonly tree: TreeNode;
}

/** How a command names the cluster. */
export function argumentOf({ name, namespace, title }: Pick<ClusterView, 'name' | 'namespace' | 'title'>): string {
  return clusterArgument(name, namespace, title !== name);
}

/**
 * All clusters, by namespace and name.
 * @param now - milliseconds since the epoch. @default - everything counts as new
 */
export function clusterViews(snapshot: Snapshot, now?: number): ClusterView[] {
  const counts = new Map<string, number>();
  for (const { metadata } of snapshot.clusters) counts.set(metadata.name, (counts.get(metadata.name) ?? 0) + 1);
  const titleOf = ({ metadata: { name, namespace } }: Cluster) =>
    namespace !== 'default' || (counts.get(name) ?? 0) > 1 ? `${namespace}/${name}` : name;
  return [...snapshot.clusters]
    .sort((left, right) => (keyText(keyOf(left)) < keyText(keyOf(right)) ? -1 : 1))
    .map((cluster) => clusterView(cluster, titleOf(cluster), snapshot, now));
}

function clusterView(cluster: Cluster, title: string, snapshot: Snapshot, now: number | undefined): ClusterView {
  const namespace = cluster.metadata.namespace ?? '';
  const inCluster = isOf(cluster);
  const machines = snapshot.machines.filter(inCluster);
  const vms = new Map(snapshot.infrastructureMachines.filter(inCluster).map((vm) => [vm.metadata.name, vm]));
  const controlPlane = snapshot.controlPlanes.find(inCluster);
  const pools = snapshot.machineDeployments
    .filter(inCluster)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));

  const children: TreeNode[] = [];
  if (controlPlane !== undefined) {
    const members = machines.filter((machine) => machine.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined);
    children.push(
      controlPlaneNode(controlPlane, {
        nodes: members.map((machine) => machineNode(machine, vms)),
        outdated: members.some((machine) =>
          isOutdated(machine, controlPlane.spec.version, controlPlane.spec.machineTemplate.spec, vms),
        ),
      }),
    );
  }
  for (const pool of pools) {
    const members = machines.filter(
      (machine) => machine.metadata.labels?.[DEPLOYMENT_NAME_LABEL] === pool.metadata.name,
    );
    children.push(
      poolNode(cluster, pool, {
        nodes: members.map((machine) => machineNode(machine, vms)),
        outdated: members.some((machine) =>
          isOutdated(machine, pool.spec.template.spec.version, pool.spec.template.spec, vms),
        ),
      }),
    );
  }
  const { host, port } = cluster.spec.controlPlaneEndpoint ?? {};
  const pause = pauseOf(cluster, ...snapshot.infrastructureClusters.filter(inCluster));
  const own = pause || clusterReason(cluster, controlPlane);
  const ready = own === '' && children.length > 0 && children.every((child) => child.ready);
  const blocking = ready || pause !== '' ? undefined : why(snapshot, cluster, { now });
  const below = children.flatMap(reasonsOf)[0] ?? '';
  const reason = ready ? '' : blocking === undefined ? own || below : headline(blocking);
  const tree: TreeNode = {
    label: `Cluster ${title}`,
    ready,
    detail: [controlPlane?.spec.version ?? '', host === undefined ? '' : `https://${host}:${port}`]
      .filter(Boolean)
      .join('  '),
    reason,
    children,
  };
  return {
    namespace,
    name: cluster.metadata.name,
    title,
    ready,
    version: controlPlane?.spec.version ?? '',
    endpoint: host === undefined ? '' : `https://${host}:${port}`,
    controlPlane: { desired: controlPlane?.spec.replicas ?? 0, ready: controlPlane?.status?.readyReplicas ?? 0 },
    workers: {
      desired: sum(pools.map((pool) => pool.spec.replicas ?? 0)),
      ready: sum(pools.map((pool) => pool.status?.readyReplicas ?? 0)),
    },
    reason,
    reasons: reasonsOf(tree),
    tree,
  };
}

/** The machines of a group. */
interface Members {
  readonly nodes: readonly TreeNode[];
  /** One of them is not what the group asks for now. */
  readonly outdated: boolean;
}

/**
 * Judged by the machine itself: counters and conditions say "up to date" for a moment longer after a change, until their
 * controllers have seen it.
 */
function isOutdated(
  machine: Machine,
  version: string | undefined,
  wanted: { readonly infrastructureRef: { readonly name: string } },
  vms: ReadonlyMap<string, CloudStackMachine>,
): boolean {
  const template = vms.get(machine.spec.infrastructureRef.name)?.metadata.annotations?.[CLONED_FROM_NAME];
  return machine.spec.version !== version || (template !== undefined && template !== wanted.infrastructureRef.name);
}

function controlPlaneNode(controlPlane: KubeadmControlPlane, { nodes, outdated }: Members): TreeNode {
  const status = controlPlane.status;
  const desired = controlPlane.spec.replicas ?? 1;
  const pause = pauseOf(controlPlane);
  const settled =
    pause === '' &&
    isCurrent(controlPlane) &&
    !outdated &&
    isTrue(controlPlane, 'Available') &&
    status?.replicas === desired &&
    status.readyReplicas === desired &&
    status.upToDateReplicas === desired;
  return {
    label: 'control plane',
    ready: settled,
    detail: `${status?.readyReplicas ?? 0}/${desired} ready`,
    reason: settled
      ? ''
      : pause ||
        firstLine(
          worst(controlPlane, [
            'Deleting',
            'CertificatesAvailable',
            'RollingOut',
            'ScalingUp',
            'ScalingDown',
            'Available',
          ]),
        ) ||
        untold(controlPlane),
    children: nodes,
  };
}

function poolNode(cluster: Cluster, pool: MachineDeployment, { nodes, outdated }: Members): TreeNode {
  const status = pool.status;
  const desired = pool.spec.replicas ?? 1;
  const pause = pauseOf(pool);
  const settled =
    pause === '' &&
    pool.metadata.deletionTimestamp === undefined &&
    isCurrent(pool) &&
    !outdated &&
    status?.replicas === desired &&
    (status.readyReplicas ?? 0) === desired &&
    (status.upToDateReplicas ?? 0) === desired;
  const prefix = `${cluster.metadata.name}-`;
  const name = pool.metadata.name.startsWith(prefix) ? pool.metadata.name.slice(prefix.length) : pool.metadata.name;
  return {
    label: `pool ${name}`,
    ready: settled,
    detail: `${status?.readyReplicas ?? 0}/${desired} ready`,
    reason: settled
      ? ''
      : pause ||
        firstLine(worst(pool, ['Deleting', 'RollingOut', 'ScalingUp', 'ScalingDown', 'Available', 'MachinesReady'])) ||
        untold(pool),
    children: nodes,
  };
}

function machineNode(machine: Machine, vms: ReadonlyMap<string, CloudStackMachine>): TreeNode {
  const vm = vms.get(machine.spec.infrastructureRef.name);
  const pause = pauseOf(machine, ...(vm === undefined ? [] : [vm]));
  const ready = pause === '' && isTrue(machine, 'Ready') && machine.metadata.deletionTimestamp === undefined;
  const address = vm?.status?.addresses?.[0]?.address;
  const infrastructure = vm === undefined ? undefined : conditionOf(vm, 'Ready');
  const waiting = infrastructure?.status === 'True' ? undefined : infrastructure;
  const order = ['Deleting', 'BootstrapConfigReady', 'InfrastructureReady', 'NodeHealthy', 'Ready'];
  const own = worst(machine, order);
  const cause = own?.type === 'InfrastructureReady' && waiting !== undefined ? waiting : own;
  return {
    label: machine.metadata.name,
    ready,
    detail: [machine.status?.phase ?? '', machine.spec.version ?? '', address ?? ''].filter(Boolean).join('  '),
    reason: ready ? '' : pause || firstLine(cause),
    children: [],
  };
}

function clusterReason(cluster: Cluster, controlPlane: KubeadmControlPlane | undefined): string {
  if (cluster.metadata.deletionTimestamp !== undefined)
    return firstLine(worst(cluster, ['Deleting'])) || 'being deleted';
  if (!isCurrent(cluster)) return 'waiting for its controller';
  if (controlPlane === undefined) return 'its control plane does not exist yet';
  return firstLine(
    worst(cluster, [
      'InfrastructureReady',
      'ControlPlaneInitialized',
      'RemoteConnectionProbe',
      'ControlPlaneAvailable',
      'WorkersAvailable',
      'Available',
    ]),
  );
}

/** The first of `types` that says something is wrong or in motion. */
function worst(
  object: KubeObject & { status?: { conditions?: Condition[] | undefined } | undefined },
  types: readonly string[],
): Condition | undefined {
  for (const type of types) {
    const condition = conditionOf(object, type);
    if (condition !== undefined && isUnsettled(condition)) return condition;
  }
  return undefined;
}

/** What is known of a group that is not as it is asked for, and has no condition that tells why. */
function untold(group: KubeadmControlPlane | MachineDeployment): string {
  return isCurrent(group) ? 'not all machines are ready and up to date' : 'waiting for its controller';
}

function reasonsOf(node: TreeNode): string[] {
  if (node.ready) return [];
  const below = node.children.flatMap(reasonsOf);
  return node.reason === '' ? below : [`${node.label}: ${node.reason}`, ...below];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
