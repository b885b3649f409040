import { equalJson, isJsonObject, valueAt } from '../../../machinery/json';
import { controllerOf, isBeingDeleted, type KubeObject, keyOf } from '../../../machinery/kube-object';
import { type LabelSelector, matchesSelector } from '../../../machinery/selectors';
import type { Environment, RunningCluster } from '../environment';
import { resources } from './resources';
import { isFinished, isReadyPod, numberAt, type View } from './view';

/** Keeps the status of PodDisruptionBudgets, by which the API server decides about evictions. */
export async function allowDisruptions(_world: Environment, cluster: RunningCluster, view: View): Promise<void> {
  for (const budget of view.budgets.values()) {
    if (isBeingDeleted(budget)) continue;
    const wanted = { ...disruptionsOf(budget, view), observedGeneration: budget.metadata.generation ?? 1 };
    const now = valueAt(budget, 'status');
    const isSame = Object.entries(wanted).every(([field, value]) => equalJson(valueAt(now, field) ?? {}, value));
    if (isSame) continue;
    // disruptedPods is replaced as a whole; a merge would keep entries that are over.
    const old = valueAt(now, 'disruptedPods');
    const cleared = Object.fromEntries(Object.keys(isJsonObject(old) ? old : {}).map((name) => [name, null]));
    const patch = { status: { ...wanted, disruptedPods: { ...cleared, ...wanted.disruptedPods } } };
    const options = { fieldManager: 'kube-controller-manager', subresource: 'status' };
    await cluster.api.patch(resources.podDisruptionBudgets, keyOf(budget), { type: 'merge', patch }, options);
  }
}

function disruptionsOf(budget: KubeObject, view: View) {
  const selector = valueAt(budget, 'spec', 'selector');
  const pods = [...view.pods.values()].filter(
    (pod) =>
      pod.metadata.namespace === budget.metadata.namespace &&
      !isFinished(pod) &&
      isJsonObject(selector) &&
      matchesSelector(selector as LabelSelector, pod.metadata.labels),
  );
  const disrupted = valueAt(budget, 'status', 'disruptedPods');
  const pending = Object.fromEntries(
    Object.entries(isJsonObject(disrupted) ? disrupted : {}).filter(([name]) =>
      pods.some((pod) => pod.metadata.name === name && !isBeingDeleted(pod)),
    ),
  );
  const expectedPods = expectedCount(pods, view);
  const currentHealthy = pods.filter((pod) => isReadyPod(pod) && !(pod.metadata.name in pending)).length;
  const maxUnavailable = valueAt(budget, 'spec', 'maxUnavailable');
  const desiredHealthy =
    maxUnavailable === undefined
      ? share(valueAt(budget, 'spec', 'minAvailable') ?? 0, expectedPods)
      : Math.max(0, expectedPods - share(maxUnavailable, expectedPods));
  return {
    expectedPods,
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed: Math.max(0, currentHealthy - desiredHealthy),
    disruptedPods: pending,
  };
}

/** What the pods' controllers ask for; a pod without controller counts as one. */
function expectedCount(pods: readonly KubeObject[], view: View): number {
  const sets = new Map([...view.replicaSets.values()].map((set) => [set.metadata.uid, set]));
  const owners = new Map<string, number>();
  let alone = 0;
  for (const pod of pods) {
    const set = sets.get(controllerOf(pod)?.uid);
    if (set === undefined) alone++;
    else owners.set(set.metadata.uid ?? '', numberAt(set, 1, 'spec', 'replicas'));
  }
  return [...owners.values()].reduce((sum, replicas) => sum + replicas, alone);
}

/** A number, or a percentage rounded up. */
function share(value: unknown, total: number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(String(value))?.[1];
  return percent === undefined ? 0 : Math.ceil((Number(percent) * total) / 100);
}
