import { createHash } from 'node:crypto';
import { kubeTime } from '../../../machinery/clock';
import { canonicalJson, cloneJson, equalJson, isJsonObject, valueAt } from '../../../machinery/json';
import {
  isBeingDeleted,
  type KubeObject,
  keyOf,
  type OwnerReference,
  type Resource,
} from '../../../machinery/kube-object';
import { nameSuffix } from '../../../machinery/random';
import type { Environment, RunningCluster } from '../environment';
import { resources } from './resources';
import { fits, isReadyPod, nodeNameOf, numberAt, podsOf, type View } from './view';

const MANAGER = { fieldManager: 'kube-controller-manager' };
const HASH = 'pod-template-hash';
const REVISION = 'controller-revision-hash';

/** What kube-controller-manager does for DaemonSets, Deployments and ReplicaSets, without its rollout arithmetic. */
export async function runWorkloads(world: Environment, cluster: RunningCluster, view: View): Promise<void> {
  for (const set of view.daemonSets.values()) if (!isBeingDeleted(set)) await runDaemonSet(world, cluster, set, view);
  for (const item of view.deployments.values())
    if (!isBeingDeleted(item)) await runDeployment(world, cluster, item, view);
  for (const set of view.replicaSets.values()) if (!isBeingDeleted(set)) await runReplicaSet(world, cluster, set, view);
}

async function runDaemonSet(world: Environment, cluster: RunningCluster, set: KubeObject, view: View): Promise<void> {
  const template = templateOf(set);
  const hash = hashOf(template);
  const pods = podsOf(view, set);
  const nodes = [...view.nodes.values()].filter((node) => !isBeingDeleted(node) && fits(template['spec'], node, true));
  for (const node of nodes) {
    const [pod, ...extra] = pods.filter((candidate) => nodeNameOf(candidate) === node.metadata.name);
    for (const surplus of extra) await cluster.api.delete(resources.pods, keyOf(surplus));
    if (pod === undefined) {
      // A terminating pod of the set keeps its place until it is gone.
      const isTaken = [...view.pods.values()].some(
        (other) => nodeNameOf(other) === node.metadata.name && isOwned(other, set),
      );
      if (!isTaken) await createPod(world, cluster, set, { [REVISION]: hash }, node.metadata.name);
    } else if (pod.metadata.labels?.[REVISION] !== hash) {
      await cluster.api.delete(resources.pods, keyOf(pod));
    }
  }
  const placed = pods.filter((pod) => nodes.some((node) => node.metadata.name === nodeNameOf(pod)));
  const ready = placed.filter(isReadyPod).length;
  await setStatus(cluster, resources.daemonSets, set, {
    currentNumberScheduled: placed.length,
    desiredNumberScheduled: nodes.length,
    numberAvailable: ready,
    numberMisscheduled: pods.length - placed.length,
    numberReady: ready,
    numberUnavailable: nodes.length - ready,
    updatedNumberScheduled: placed.filter((pod) => pod.metadata.labels?.[REVISION] === hash).length,
  });
}

async function runDeployment(world: Environment, cluster: RunningCluster, item: KubeObject, view: View): Promise<void> {
  const template = templateOf(item);
  const hash = hashOf(template);
  const wanted = numberAt(item, 1, 'spec', 'replicas');
  const sets = [...view.replicaSets.values()].filter((set) => isOwned(set, item) && !isBeingDeleted(set));
  const current = sets.find((set) => set.metadata.labels?.[HASH] === hash);
  if (current === undefined) {
    await cluster.api.create(resources.replicaSets, newReplicaSet(item, template, hash, wanted), MANAGER);
  } else {
    await scale(cluster, current, wanted);
    const isComplete = numberAt(current, 0, 'status', 'readyReplicas') >= wanted;
    for (const set of sets) if (set !== current && isComplete) await scale(cluster, set, 0);
  }
  const pods = sets.flatMap((set) => podsOf(view, set));
  const ready = pods.filter(isReadyPod).length;
  const isAvailable = ready >= wanted - Math.max(1, Math.floor(wanted / 4));
  await setStatus(cluster, resources.deployments, item, {
    replicas: pods.length,
    updatedReplicas: current === undefined ? 0 : podsOf(view, current).length,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: Math.max(0, wanted - ready),
    conditions: deploymentConditions(world, item, isAvailable),
  });
}

function deploymentConditions(world: Environment, item: KubeObject, isAvailable: boolean): readonly object[] {
  const old = valueAt(item, 'status', 'conditions', 0);
  const status = isAvailable ? 'True' : 'False';
  if (valueAt(old, 'status') === status && isJsonObject(old)) return [old];
  const now = kubeTime(world.clock);
  return [
    {
      type: 'Available',
      status,
      reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: isAvailable ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
      lastTransitionTime: now,
      lastUpdateTime: now,
    },
  ];
}

function newReplicaSet(item: KubeObject, template: KubeObject, hash: string, replicas: number): KubeObject {
  const labels = { ...template.metadata.labels, [HASH]: hash };
  const selector = valueAt(item, 'spec', 'selector', 'matchLabels');
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${item.metadata.name}-${hash}`,
      ...(item.metadata.namespace === undefined ? {} : { namespace: item.metadata.namespace }),
      labels,
      ownerReferences: [ownerReference(item)],
    },
    spec: {
      replicas,
      selector: { matchLabels: { ...(isJsonObject(selector) ? selector : {}), [HASH]: hash } },
      template: { metadata: { labels, annotations: template.metadata.annotations }, spec: template['spec'] },
    },
  };
}

async function scale(cluster: RunningCluster, set: KubeObject, replicas: number): Promise<void> {
  if (numberAt(set, 1, 'spec', 'replicas') === replicas) return;
  await cluster.api.patch(resources.replicaSets, keyOf(set), { type: 'merge', patch: { spec: { replicas } } }, MANAGER);
}

async function runReplicaSet(world: Environment, cluster: RunningCluster, set: KubeObject, view: View): Promise<void> {
  const wanted = numberAt(set, 1, 'spec', 'replicas');
  const pods = podsOf(view, set);
  for (let count = pods.length; count < wanted; count++) await createPod(world, cluster, set, {});
  // Pods that do not run go first.
  const expendable = [...pods].sort((left, right) => Number(isReadyPod(left)) - Number(isReadyPod(right)));
  for (const pod of expendable.slice(0, Math.max(0, pods.length - wanted))) {
    await cluster.api.delete(resources.pods, keyOf(pod));
  }
  const ready = pods.filter(isReadyPod).length;
  await setStatus(cluster, resources.replicaSets, set, {
    replicas: pods.length,
    fullyLabeledReplicas: pods.length,
    readyReplicas: ready,
    availableReplicas: ready,
  });
}

async function createPod(
  world: Environment,
  cluster: RunningCluster,
  owner: KubeObject,
  labels: { readonly [key: string]: string },
  nodeName?: string,
): Promise<void> {
  const template = templateOf(owner);
  const spec = cloneJson(template['spec']);
  await cluster.api.create(
    resources.pods,
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${owner.metadata.name}-${nameSuffix(world.options.random)}`,
        namespace: owner.metadata.namespace ?? 'default',
        labels: { ...template.metadata.labels, ...labels },
        ...(template.metadata.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
        ownerReferences: [ownerReference(owner)],
      },
      spec: { ...(isJsonObject(spec) ? spec : {}), ...(nodeName === undefined ? {} : { nodeName }) },
    },
    MANAGER,
  );
}

/** Writes a status that differs; `observedGeneration` is added. */
async function setStatus(
  cluster: RunningCluster,
  resource: Resource,
  object: KubeObject,
  status: object,
): Promise<void> {
  const wanted = { ...status, observedGeneration: object.metadata.generation ?? 1 };
  const now = valueAt(object, 'status');
  const isSame = Object.entries(wanted).every(
    ([field, value]) => equalJson(valueAt(now, field), value) || (value === 0 && valueAt(now, field) === undefined),
  );
  if (isSame) return;
  const patch = { type: 'merge', patch: { status: wanted } } as const;
  await cluster.api.patch(resource, keyOf(object), patch, { ...MANAGER, subresource: 'status' });
}

function templateOf(owner: KubeObject): KubeObject {
  const template = valueAt(owner, 'spec', 'template');
  const metadata = valueAt(template, 'metadata');
  const labels = valueAt(metadata, 'labels');
  const annotations = valueAt(metadata, 'annotations');
  return {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: {
      name: '',
      labels: isJsonObject(labels) ? textMap(labels) : {},
      ...(isJsonObject(annotations) ? { annotations: textMap(annotations) } : {}),
    },
    spec: valueAt(template, 'spec'),
  };
}

function textMap(map: { readonly [key: string]: unknown }): { [key: string]: string } {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]));
}

function hashOf(template: KubeObject): string {
  return createHash('sha256').update(canonicalJson(template)).digest('hex').slice(0, 10);
}

function isOwned(object: KubeObject, owner: KubeObject): boolean {
  return object.metadata.ownerReferences?.some((reference) => reference.uid === owner.metadata.uid) ?? false;
}

function ownerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true };
}
