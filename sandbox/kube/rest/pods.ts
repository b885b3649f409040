import type { DeleteOptions } from '../../../api/ports/kube-api';
import { kubeTime } from '../../../machinery/clock';
import { cloneJson, isJsonObject } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import { type LabelSelector, matchesSelector } from '../../../machinery/selectors';
import { mapAt, mapsAt } from '../builtins/strategy';
import type { Caller, Core, Target } from './core';
import { deleteObject } from './delete';
import { badRequest, conflict, notFound, Refusal } from './refusal';
import { modifyObject } from './update';

const SUCCESS = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  code: 201,
} as unknown as KubeObject;

/** POST pods/eviction: a delete that PodDisruptionBudgets may refuse. */
export async function evictPod(core: Core, caller: Caller, target: Target, body: unknown): Promise<KubeObject> {
  const pod = core.store.get('/pods', target);
  if (pod === undefined) throw notFound({ group: '', resource: 'pods' }, target.name);
  const budgets = core.store.list('policy/poddisruptionbudgets', target.namespace).filter((budget) => {
    const selector = mapAt(budget, 'spec')['selector'];
    return isJsonObject(selector) && matchesSelector(selector as LabelSelector, pod.metadata.labels);
  });
  const phase = mapAt(pod, 'status')['phase'];
  const isRunning = phase !== 'Succeeded' && phase !== 'Failed' && phase !== 'Pending';
  if (isRunning && pod.metadata.deletionTimestamp === undefined) {
    if (budgets.length > 1) {
      throw new Refusal({
        code: 500,
        reason: 'InternalError',
        message:
          'Internal error occurred: This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      });
    }
    const [budget] = budgets;
    if (budget !== undefined) await takeDisruption(core, caller, budget, target);
  }
  if (isRunning && pod.metadata.deletionTimestamp === undefined) markDisrupted(core, target);
  const options =
    isJsonObject(body) && isJsonObject(body['deleteOptions']) ? (body['deleteOptions'] as DeleteOptions) : {};
  await deleteObject(core, caller, { ...target, subresource: '' }, options);
  return SUCCESS;
}

/** Says in the pod's conditions why it goes. */
function markDisrupted(core: Core, target: Target): void {
  const pod = core.store.get('/pods', target);
  if (pod === undefined) return;
  const status = mapAt(pod, 'status');
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: kubeTime(core.clock),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const others = mapsAt(status, 'conditions').filter((item) => item['type'] !== condition.type);
  core.store.put('/pods', { ...pod, status: { ...status, conditions: [...others, condition] } }, pod);
}

/** Spends one allowed disruption of a budget. */
async function takeDisruption(core: Core, caller: Caller, budget: KubeObject, pod: Target): Promise<void> {
  const allowed = mapAt(budget, 'status')['disruptionsAllowed'];
  const served = core.registry.served('policy', 'v1', 'poddisruptionbudgets');
  if (served === undefined) return;
  const { name, namespace = '' } = budget.metadata;
  if (typeof allowed !== 'number' || allowed <= 0) {
    const status = mapAt(budget, 'status');
    // Nobody counted its pods yet.
    if (Number(status['observedGeneration'] ?? 0) < Number(budget.metadata.generation ?? 0)) throw notYetCounted(name);
    const message = `The disruption budget ${name} needs ${String(status['desiredHealthy'] ?? 0)} healthy pods and has ${String(status['currentHealthy'] ?? 0)} currently`;
    throw new Refusal({
      code: 429,
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: { causes: [{ reason: 'DisruptionBudget', message }] },
    });
  }
  await modifyObject(core, caller, { ...served, namespace, name, subresource: 'status' }, {}, (live) => {
    const next = cloneJson(live);
    const status = mapAt(next, 'status');
    next['status'] = {
      ...status,
      disruptionsAllowed: Number(status['disruptionsAllowed'] ?? 0) - 1,
      disruptedPods: {
        ...mapAt(status, 'disruptedPods'),
        [pod.name]: kubeTime(core.clock),
      },
    };
    return Promise.resolve(next);
  });
}

const notYetCounted = (budget: string): Refusal =>
  new Refusal({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      retryAfterSeconds: 10,
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${budget} is still being processed by the server.`,
        },
      ],
    },
  });

/** POST pods/binding: puts a pod on a node. */
export async function bindPod(core: Core, caller: Caller, target: Target, body: unknown): Promise<KubeObject> {
  const node = isJsonObject(body) ? mapAt(body, 'target')['name'] : undefined;
  if (typeof node !== 'string' || node === '') throw badRequest('a binding needs target.name');
  await modifyObject(core, caller, { ...target, subresource: '' }, {}, (live) => {
    const current = mapAt(live, 'spec')['nodeName'];
    if (typeof current === 'string' && current !== '') {
      throw conflict(
        { group: '', resource: 'pods/binding' },
        target.name,
        `pod ${target.name} is already assigned to node ${JSON.stringify(current)}`,
      );
    }
    // A binding is the one way to set the node; the rules for pod updates do not know it.
    return Promise.resolve(cloneJson(live));
  });
  const stored = core.store.get('/pods', target);
  if (stored !== undefined) {
    const spec = { ...mapAt(stored, 'spec'), nodeName: node };
    const conditions = [
      {
        type: 'PodScheduled',
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: kubeTime(core.clock),
      },
    ];
    core.store.put('/pods', { ...stored, spec, status: { ...mapAt(stored, 'status'), conditions } }, stored);
  }
  return SUCCESS;
}

/** What the kubelet of a Pod's node answers, from its containers. */
const OF_CONTAINERS: readonly string[] = ['attach', 'exec', 'log', 'portforward', 'proxy'];

/** Refuses what asks the containers of a Pod: it is simulated and has none. @throws Refusal */
export function refuseContainers(core: Core, target: Target): void {
  if (target.resource.table !== '/pods' || !OF_CONTAINERS.includes(target.subresource)) return;
  if (core.store.get('/pods', target) === undefined) throw notFound({ group: '', resource: 'pods' }, target.name);
  throw noContainers(target.name);
}

/** 501: real servers ask a kubelet here. */
export const noContainers = (pod: string): Refusal =>
  new Refusal({
    code: 501,
    reason: 'NotImplemented',
    message: `pod ${JSON.stringify(pod)} is simulated and runs no containers: it has no logs, and nothing in it can be executed or connected to`,
    details: { name: pod, kind: 'pods' },
  });
