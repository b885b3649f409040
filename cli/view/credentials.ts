import { type KubeObject, keyOf, keyText } from '../../machinery/kube-object';
import { isOf, type Snapshot } from './snapshot';
import type { Asking } from './subject';

/** Which Secrets a cluster reaches CloudStack with: those that its definition names, and those that are in use. */
export function credentialsOf(
  snapshot: Snapshot,
  cluster: KubeObject,
): Required<Pick<Asking, 'credentials' | 'failureDomains'>> {
  const ofCluster = isOf(cluster);
  const secrets = snapshot.infrastructureClusters
    .filter(ofCluster)
    .flatMap(({ spec }) => spec.failureDomains.map(({ acsEndpoint }) => secretOf(acsEndpoint)));
  const failureDomains = snapshot.failureDomains
    .filter(ofCluster)
    .map((domain) => ({ ...keyOf(domain), secret: secretOf(domain.spec.acsEndpoint) }));
  return { credentials: [...new Map(secrets.map((key) => [keyText(key), key])).values()], failureDomains };
}

function secretOf({ name = '', namespace = '' }: { name?: string | undefined; namespace?: string | undefined }) {
  return { namespace, name };
}
