import { type KubeObject, parseApiVersion } from '../machinery/kube-object';

/**
 * What a fleet repository may hold, and in which order it is applied: what is referenced first, what refers last, so
 * that no controller sees a reference to something that does not exist yet. Everything else is refused.
 */
const PHASES: readonly (readonly { readonly group: string; readonly kind?: RegExp }[])[] = [
  [{ group: '', kind: /^Namespace$/ }],
  [{ group: '', kind: /^ConfigMap$/ }],
  [
    { group: 'infrastructure.cluster.x-k8s.io', kind: /Template$/ },
    { group: 'bootstrap.cluster.x-k8s.io' },
    { group: 'controlplane.cluster.x-k8s.io', kind: /Template$/ },
  ],
  [{ group: 'cluster.x-k8s.io', kind: /^ClusterClass$/ }],
  [{ group: 'infrastructure.cluster.x-k8s.io' }],
  [{ group: 'cluster.x-k8s.io', kind: /^Cluster$/ }],
  [{ group: 'controlplane.cluster.x-k8s.io' }],
  [{ group: 'cluster.x-k8s.io' }, { group: 'addons.cluster.x-k8s.io' }],
];

/** The phase in which an object is applied, or undefined when it may not come from git. */
export function applyPhase(object: Pick<KubeObject, 'apiVersion' | 'kind'>): number | undefined {
  const { group } = parseApiVersion(object.apiVersion);
  const phase = PHASES.findIndex((rules) =>
    rules.some((rule) => rule.group === group && (rule.kind?.test(object.kind) ?? true)),
  );
  return phase < 0 ? undefined : phase;
}

/** For messages. */
export const ALLOWED = 'Cluster API, CloudStack and kubeadm objects, Namespaces and ConfigMaps';
