/** The CustomResourceDefinitions that a management cluster needs for the loops that run. */
import { crds } from '../../api/crds';
import type { CustomResourceDefinition } from '../../api/kinds';

/** Kinds of these groups are ours in any case. */
const ALWAYS = ['infrastructure.cluster.x-k8s.io', 'capstan.dev'];
/** Upstream Cluster API installs the others, unless our loops stand in for its controllers. */
const LOOP_GROUPS: { readonly [loop: string]: string } = {
  'cluster-api': 'cluster.x-k8s.io',
  bootstrap: 'bootstrap.cluster.x-k8s.io',
  'control-plane': 'controlplane.cluster.x-k8s.io',
};
/** By this label the reconciler knows the CRDs that it may update (`--crds=install`). */
const OURS = { 'app.kubernetes.io/managed-by': 'capstan' };

/**
 * @param loops - undefined: all
 * @param webhook - the Service that converts between versions; the reconciler adds its certificate authority when it leads
 */
export function managementCrds(
  loops: readonly string[] | undefined,
  webhook: { readonly namespace: string; readonly name: string },
): CustomResourceDefinition[] {
  const running = loops ?? Object.keys(LOOP_GROUPS);
  const groups = new Set([...ALWAYS, ...running.flatMap((loop) => LOOP_GROUPS[loop] ?? [])]);
  return crds({ conversion: { service: { ...webhook, port: 443 } } })
    .filter(({ spec }) => groups.has(spec.group))
    .map((crd) => ({ ...crd, metadata: { ...crd.metadata, labels: { ...crd.metadata.labels, ...OURS } } }));
}
