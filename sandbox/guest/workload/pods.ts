import { tryGet } from '../../../api/ports/kube-api';
import { kubeTime } from '../../../machinery/clock';
import { valueAt } from '../../../machinery/json';
import { controllerOf, isBeingDeleted, type KubeObject, keyOf } from '../../../machinery/kube-object';
import type { Environment, RunningCluster } from '../environment';
import { runningStatus } from './node-objects';
import { resources } from './resources';
import { fits, isFinished, isMirror, listAt, nodeNameOf, phaseOf, readyStatus, textAt, type View } from './view';

/** What scheduler and kubelets do with pods. */
export async function runPods(world: Environment, cluster: RunningCluster, view: View): Promise<void> {
  const placed = new Map<string, string>();
  for (const pod of view.pods.values()) placed.set(pod.metadata.uid ?? '', nodeNameOf(pod));
  // The view changes while this waits for writes.
  const pods = [...view.pods.values()];
  for (const pod of pods) {
    const nodeName = nodeNameOf(pod);
    if (nodeName === '') {
      if (isBeingDeleted(pod)) await remove(cluster, pod);
      else if (!isFinished(pod)) await schedule(world, cluster, pod, view, placed);
      continue;
    }
    const machine = cluster.machineOfNode(nodeName);
    const isAlive = machine?.kubeletRunning === true;
    if (!view.nodes.has(nodeName)) {
      // The watch of nodes may lag behind; only the API server knows that a node is really gone.
      const node = await tryGet(cluster.api, resources.nodes, { namespace: '', name: nodeName });
      if (node === undefined && !isBootstrapping(cluster, nodeName)) await remove(cluster, pod);
    } else if (isBeingDeleted(pod)) {
      if (isAlive) await remove(cluster, pod);
    } else if (isAlive && !isFinished(pod) && (phaseOf(pod) !== 'Running' || readyStatus(pod) !== 'True')) {
      await start(world, cluster, pod, machine.address);
    }
  }
}

/** A kubelet that runs but has not registered yet. */
function isBootstrapping(cluster: RunningCluster, nodeName: string): boolean {
  const machine = cluster.machineOfNode(nodeName);
  return machine?.kubeletRunning === true && !machine.disk.cloudInitDone;
}

async function remove(cluster: RunningCluster, pod: KubeObject): Promise<void> {
  const uid = pod.metadata.uid;
  await cluster.api.delete(resources.pods, keyOf(pod), { gracePeriodSeconds: 0, preconditions: { uid } });
}

async function start(world: Environment, cluster: RunningCluster, pod: KubeObject, address: string): Promise<void> {
  const containers = listAt(pod, 'spec', 'containers').map((container) => ({
    name: textAt(container, 'name'),
    image: textAt(container, 'image'),
  }));
  const onHost = valueAt(pod, 'spec', 'hostNetwork') === true;
  const uid = pod.metadata.uid ?? pod.metadata.name;
  const podAddress = onHost ? address : cluster.podAddress(uid);
  const patch = { status: runningStatus(uid, containers, address, podAddress, kubeTime(world.clock)) };
  const options = { fieldManager: 'kubelet', subresource: 'status' };
  await cluster.api.patch(resources.pods, keyOf(pod), { type: 'merge', patch }, options);
}

async function schedule(
  world: Environment,
  cluster: RunningCluster,
  pod: KubeObject,
  view: View,
  placed: Placement,
): Promise<void> {
  const node = chooseNode(pod, view, placed);
  if (node !== undefined) {
    await cluster.api.createSubresource(resources.pods, keyOf(pod), 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: {
        name: pod.metadata.name,
        ...(pod.metadata.namespace === undefined ? {} : { namespace: pod.metadata.namespace }),
      },
      target: { apiVersion: 'v1', kind: 'Node', name: node.metadata.name },
    });
    placed.set(pod.metadata.uid ?? '', node.metadata.name);
    return;
  }
  const isMarked = listAt(pod, 'status', 'conditions').some((condition) => condition['reason'] === 'Unschedulable');
  if (isMarked) return;
  const message = `0/${view.nodes.size} nodes are available: no node matches the pod's node selector and tolerates its taints.`;
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
    lastProbeTime: null,
    lastTransitionTime: kubeTime(world.clock),
  };
  const patch = { status: { conditions: [condition] } };
  const options = { fieldManager: 'kube-scheduler', subresource: 'status' };
  await cluster.api.patch(resources.pods, keyOf(pod), { type: 'merge', patch }, options);
}

/** By uid of a pod the node it is on, or empty: newer than the view within one pass. */
type Placement = Map<string, string>;

/** The fitting node with the fewest pods of the same controller, then the fewest pods, then the first by name. */
function chooseNode(pod: KubeObject, view: View, placed: Placement): KubeObject | undefined {
  const owner = controllerOf(pod)?.uid;
  const load = new Map<string, { siblings: number; pods: number }>();
  for (const other of view.pods.values()) {
    const nodeName = placed.get(other.metadata.uid ?? '') ?? '';
    const entry = load.get(nodeName) ?? { siblings: 0, pods: 0 };
    if (owner !== undefined && controllerOf(other)?.uid === owner) entry.siblings++;
    if (!isMirror(other)) entry.pods++;
    load.set(nodeName, entry);
  }
  const rank = (node: KubeObject) => load.get(node.metadata.name) ?? { siblings: 0, pods: 0 };
  return [...view.nodes.values()]
    .filter((node) => !isBeingDeleted(node) && fits(pod['spec'], node, false))
    .sort(
      (left, right) =>
        rank(left).siblings - rank(right).siblings ||
        rank(left).pods - rank(right).pods ||
        (left.metadata.name < right.metadata.name ? -1 : 1),
    )[0];
}
