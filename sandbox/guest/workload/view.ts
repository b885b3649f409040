import { isJsonObject, valueAt } from '../../../machinery/json';
import { controllerOf, isBeingDeleted, type KubeObject } from '../../../machinery/kube-object';
import type { Taint } from './node-objects';

/** What the controllers of a workload cluster see: their watch caches. */
export interface View {
  readonly nodes: ReadonlyMap<string, KubeObject>;
  readonly pods: ReadonlyMap<string, KubeObject>;
  readonly daemonSets: ReadonlyMap<string, KubeObject>;
  readonly deployments: ReadonlyMap<string, KubeObject>;
  readonly replicaSets: ReadonlyMap<string, KubeObject>;
  readonly budgets: ReadonlyMap<string, KubeObject>;
}

export const nodeNameOf = (pod: KubeObject): string => textAt(pod, 'spec', 'nodeName');
export const phaseOf = (pod: KubeObject): string => textAt(pod, 'status', 'phase');
export const isMirror = (pod: KubeObject): boolean =>
  pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;

/** The condition `Ready` of a Node or Pod: `True`, `False`, `Unknown`, or empty. */
export function readyStatus(object: KubeObject): string {
  const ready = listAt(object, 'status', 'conditions').find((condition) => condition['type'] === 'Ready');
  return String(ready?.['status'] ?? '');
}

export function isReadyPod(pod: KubeObject): boolean {
  return readyStatus(pod) === 'True' && !isBeingDeleted(pod);
}

/** Pods of a controller that are not on their way out. */
export function podsOf(view: View, owner: KubeObject): readonly KubeObject[] {
  return [...view.pods.values()].filter(
    (pod) => controllerOf(pod)?.uid === owner.metadata.uid && !isBeingDeleted(pod) && !isFinished(pod),
  );
}

export function isFinished(pod: KubeObject): boolean {
  return phaseOf(pod) === 'Succeeded' || phaseOf(pod) === 'Failed';
}

/** Taints that DaemonSet pods tolerate by themselves. */
const DAEMON_TOLERATIONS = [
  'not-ready',
  'unreachable',
  'disk-pressure',
  'memory-pressure',
  'pid-pressure',
  'unschedulable',
].map((name) => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists' }));

/** Whether a pod may run on a node: node selector and taints; resources and affinity are not looked at. */
export function fits(podSpec: unknown, node: KubeObject, isDaemon: boolean): boolean {
  const selector = valueAt(podSpec, 'nodeSelector');
  for (const [key, value] of Object.entries(isJsonObject(selector) ? selector : {})) {
    if (node.metadata.labels?.[key] !== value) return false;
  }
  const tolerations = [...listAt(podSpec, 'tolerations'), ...(isDaemon ? DAEMON_TOLERATIONS : [])];
  const taints = listAt(node, 'spec', 'taints').map(readTaint);
  if (valueAt(node, 'spec', 'unschedulable') === true) {
    taints.push({ key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' });
  }
  return taints.every(
    (taint) => taint.effect === 'PreferNoSchedule' || tolerations.some((toleration) => tolerates(toleration, taint)),
  );
}

function readTaint(taint: { readonly [field: string]: unknown }): Taint {
  return {
    key: String(taint['key'] ?? ''),
    value: String(taint['value'] ?? ''),
    effect: String(taint['effect'] ?? ''),
  };
}

function tolerates(toleration: { readonly [field: string]: unknown }, taint: Taint): boolean {
  const { key, operator, value, effect } = toleration;
  if (effect !== undefined && effect !== '' && effect !== taint.effect) return false;
  if (key === undefined || key === '') return operator === 'Exists';
  return key === taint.key && (operator === 'Exists' || (value ?? '') === taint.value);
}

export function textAt(root: unknown, ...path: readonly (string | number)[]): string {
  const value = valueAt(root, ...path);
  return typeof value === 'string' ? value : '';
}

export function numberAt(root: unknown, fallback: number, ...path: readonly string[]): number {
  const value = valueAt(root, ...path);
  return typeof value === 'number' ? value : fallback;
}

export function listAt(root: unknown, ...path: readonly string[]): readonly { readonly [field: string]: unknown }[] {
  const value = valueAt(root, ...path);
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
