import { isJsonObject, valueAt } from '../../../machinery/json';
import type { KubeObject } from '../../../machinery/kube-object';
import type { RunningCluster } from '../environment';
import { resources } from './resources';

/** Changes a Node's taints as kube-controller-manager does; no difference, no request. */
export async function replaceTaints(
  cluster: RunningCluster,
  node: KubeObject,
  change: (taints: readonly { readonly [field: string]: unknown }[]) => readonly object[],
): Promise<void> {
  const value = valueAt(node, 'spec', 'taints');
  const taints = Array.isArray(value) ? value.filter(isJsonObject) : [];
  const wanted = change(taints);
  if (wanted.length === taints.length && wanted.every((taint, index) => taint === taints[index])) return;
  const patch = {
    metadata: { resourceVersion: node.metadata.resourceVersion },
    spec: { taints: wanted.length === 0 ? null : wanted },
  };
  const key = { namespace: '', name: node.metadata.name };
  await cluster.api.patch(resources.nodes, key, { type: 'merge', patch }, { fieldManager: 'kube-controller-manager' });
}
