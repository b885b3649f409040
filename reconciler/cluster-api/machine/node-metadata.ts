import type { Node } from '../../../api/kinds';
import {
  ANNOTATIONS_FROM_MACHINE_ANNOTATION,
  LABELS_FROM_MACHINE_ANNOTATION,
  NODE_CLUSTER_NAME_ANNOTATION,
  NODE_CLUSTER_NAMESPACE_ANNOTATION,
  NODE_MACHINE_ANNOTATION,
  NODE_OWNER_KIND_ANNOTATION,
  NODE_OWNER_NAME_ANNOTATION,
} from '../../../api/labels';
import type { ObjectMeta } from '../../../machinery/kube-object';
import { controllerOf } from '../../../machinery/kube-object';
import { type MachineTaint, TAINTS_FROM_MACHINE_ANNOTATION, taintsAsIntended, trackedTaints } from './node-taints';

/** What a Machine says about its Node's labels, annotations and taints (`capi.md` 4.3, "label sync"). Pure. */

type Texts = { [key: string]: string };

/** Labels of a Machine that belong on its Node. */
export function labelsForNode(labels: Texts | undefined): Texts {
  return pick(labels, (key) => {
    if (key.startsWith('node-role.kubernetes.io')) return true;
    const domain = domainOf(key);
    return isWithin(domain, 'node-restriction.kubernetes.io') || isWithin(domain, 'node.cluster.x-k8s.io');
  });
}

/** Annotations of a Machine that belong on its Node. */
export function annotationsForNode(annotations: Texts | undefined): Texts {
  return pick(annotations, (key) => domainOf(key) === 'node.cluster.x-k8s.io');
}

function domainOf(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? '' : key.slice(0, slash);
}

function isWithin(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`);
}

function pick(texts: Texts | undefined, accept: (key: string) => boolean): Texts {
  return Object.fromEntries(Object.entries(texts ?? {}).filter(([key]) => accept(key)));
}

export interface NodeIntent {
  readonly machine: {
    apiVersion: string;
    kind: string;
    metadata: ObjectMeta;
    spec: { clusterName: string; taints?: readonly MachineTaint[] | undefined };
  };
  /** Its MachineSet is of an older revision than its MachineDeployment; undefined: not known, leave the taint alone. */
  readonly outdated: boolean | undefined;
  /** The infrastructure may take the machine away at any time. */
  readonly interruptible: boolean;
}

/** The Node as it should be; the same object when nothing needs to change. */
export function nodeAsIntended(node: Node, intent: NodeIntent): Node {
  const labels = labelsForNode(intent.machine.metadata.labels);
  if (intent.interruptible) labels['cluster.x-k8s.io/interruptible'] = '';
  const own = annotationsForNode(intent.machine.metadata.annotations);
  const wanted = intent.machine.spec.taints ?? [];
  const annotations: Texts = {
    ...own,
    ...backReferences(intent.machine),
    [LABELS_FROM_MACHINE_ANNOTATION]: Object.keys(labelsForNode(intent.machine.metadata.labels)).sort().join(','),
    [ANNOTATIONS_FROM_MACHINE_ANNOTATION]: Object.keys(own).sort().join(','),
    [TAINTS_FROM_MACHINE_ANNOTATION]: trackedTaints(wanted),
  };
  const metadata: ObjectMeta = {
    ...node.metadata,
    labels: merge(node.metadata.labels, labels, trackedKeys(node, LABELS_FROM_MACHINE_ANNOTATION)),
    annotations: merge(node.metadata.annotations, annotations, trackedKeys(node, ANNOTATIONS_FROM_MACHINE_ANNOTATION)),
  };
  const tracked = node.metadata.annotations?.[TAINTS_FROM_MACHINE_ANNOTATION];
  const taints = taintsAsIntended(node.spec?.taints ?? [], { wanted, tracked, outdated: intent.outdated });
  const spec = { ...node.spec };
  if (taints.length > 0) spec.taints = taints;
  else delete spec.taints;
  return { ...node, metadata, spec };
}

function backReferences(machine: NodeIntent['machine']): Texts {
  const owner = controllerOf(machine);
  return {
    [NODE_CLUSTER_NAME_ANNOTATION]: machine.spec.clusterName,
    [NODE_CLUSTER_NAMESPACE_ANNOTATION]: machine.metadata.namespace ?? '',
    [NODE_MACHINE_ANNOTATION]: machine.metadata.name,
    ...(owner === undefined
      ? {}
      : { [NODE_OWNER_KIND_ANNOTATION]: owner.kind, [NODE_OWNER_NAME_ANNOTATION]: owner.name }),
  };
}

function trackedKeys(node: Node, annotation: string): string[] {
  return (node.metadata.annotations?.[annotation] ?? '').split(',').filter((key) => key !== '');
}

/** Keys that were set from the Machine before and are not wanted any more are removed; foreign ones stay. */
function merge(current: Texts | undefined, wanted: Texts, tracked: readonly string[]): Texts {
  const result: Texts = { ...current };
  for (const key of tracked) if (wanted[key] === undefined) delete result[key];
  return { ...result, ...wanted };
}
