import { kubeTime } from '../../../machinery/clock';
import type { KubeObject } from '../../../machinery/kube-object';
import { isBeingDeleted, keyOf } from '../../../machinery/kube-object';
import type { Environment, RunningCluster } from '../environment';
import { NOT_READY_TAINT, nodeConditions, UNREACHABLE_TAINT } from './node-objects';
import { resources } from './resources';
import { replaceTaints } from './taints';
import { isFinished, listAt, nodeNameOf, readyStatus, type View } from './view';

/** kube-controller-manager's `--node-monitor-grace-period`. */
const GRACE_MS = 40_000;

/** Nodes whose kubelet has been silent for the grace period become NotReady, and their pods too. */
export async function monitorNodes(world: Environment, cluster: RunningCluster, view: View): Promise<void> {
  for (const node of view.nodes.values()) {
    if (isBeingDeleted(node) || readyStatus(node) === 'Unknown') continue;
    const machine = cluster.machineOfNode(node.metadata.name);
    if (machine?.kubeletRunning === true) continue;
    const silentFor = world.clock.now() - cluster.silentSince(node.metadata.name);
    if (silentFor >= GRACE_MS) await markUnknown(world, cluster, node, view);
    else cluster.wakeAfter(GRACE_MS - silentFor);
  }
}

async function markUnknown(world: Environment, cluster: RunningCluster, node: KubeObject, view: View): Promise<void> {
  const now = kubeTime(world.clock);
  const manager = { fieldManager: 'kube-controller-manager' };
  const subresource = { ...manager, subresource: 'status' };
  const status = { conditions: nodeConditions('unknown', now) };
  const marked = await cluster.api.patch(
    resources.nodes,
    keyOf(node),
    { type: 'merge', patch: { status } },
    subresource,
  );
  await replaceTaints(cluster, marked, (taints) => [
    ...taints.filter((taint) => taint['key'] !== NOT_READY_TAINT && taint['key'] !== UNREACHABLE_TAINT),
    { key: UNREACHABLE_TAINT, effect: 'NoSchedule', timeAdded: now },
    { key: UNREACHABLE_TAINT, effect: 'NoExecute', timeAdded: now },
  ]);
  for (const pod of view.pods.values()) {
    if (nodeNameOf(pod) !== node.metadata.name || readyStatus(pod) !== 'True' || isFinished(pod)) continue;
    const conditions = listAt(pod, 'status', 'conditions').map((condition) =>
      condition['type'] === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: now } : condition,
    );
    const patch = { status: { conditions } };
    await cluster.api.patch(resources.pods, keyOf(pod), { type: 'merge', patch }, subresource);
  }
}
