import { Secret } from '../../../api/kinds';
import { CLUSTER_NAME_LABEL } from '../../../api/labels';
import { isReason, requeueAfter } from '../../../api/ports';
import { endpointOf } from '../../../machinery/contract';
import { ownerReference } from '../../../machinery/owner-references';
import {
  authorityFromPem,
  formatKubeconfig,
  generateKey,
  privateKeyPem,
  serialNumber,
  signCertificate,
} from '../../../machinery/pki';
import type { ClusterScope } from './scope';

const YEAR_MS = 365 * 24 * 3600_000;
/** Clocks of machines that have just booted lag behind. */
const BACKDATE_MS = 5 * 60_000;
/** Secrets are not watched whole; a CA that the user is still to bring is looked for this often. */
const CA_RETRY_MS = 30_000;

/** Writes `<cluster>-kubeconfig` for clusters whose control plane nobody else manages (`capi.md` 4.2). */
export async function reconcileKubeconfig(scope: ClusterScope): Promise<void> {
  const { deps, draft } = scope;
  const cluster = draft.object;
  const endpoint = endpointOf(cluster);
  if (cluster.spec.controlPlaneRef !== undefined || endpoint === undefined) return;
  if (scope.descendants.controlPlaneMachines.length === 0) return;
  const namespace = cluster.metadata.namespace ?? '';
  const name = cluster.metadata.name;
  if ((await deps.objects.read(Secret, { namespace, name: `${name}-kubeconfig` })) !== undefined) return;
  const ca = await deps.objects.read(Secret, { namespace, name: `${name}-ca` });
  const certificatePem = decode(ca?.data?.['tls.crt']);
  const keyPem = decode(ca?.data?.['tls.key']);
  if (certificatePem === undefined || keyPem === undefined) {
    scope.outcomes.push(requeueAfter(CA_RETRY_MS));
    return;
  }
  const authority = authorityFromPem(certificatePem, keyPem);
  const key = await deps.clock.hold(generateKey(deps.random));
  const now = deps.clock.now();
  const clientPem = signCertificate(authority, {
    subject: { commonName: 'kubernetes-admin', organizations: ['system:masters'] },
    publicKey: key.publicKey,
    usages: ['client'],
    validity: { notBefore: now - BACKDATE_MS, notAfter: now + YEAR_MS },
    serial: serialNumber(deps.random),
  });
  const value = formatKubeconfig({
    clusterName: name,
    server: `https://${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`,
    caPem: certificatePem,
    userName: `${name}-admin`,
    user: { kind: 'certificate', certificatePem: clientPem, privateKeyPem: privateKeyPem(key) },
  });
  try {
    await deps.objects.create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: `${name}-kubeconfig`,
        namespace,
        labels: { [CLUSTER_NAME_LABEL]: name },
        ownerReferences: [ownerReference(cluster)],
      },
      type: 'cluster.x-k8s.io/secret',
      data: { value: Buffer.from(value).toString('base64') },
    });
  } catch (error) {
    // Somebody brought one between our look and our write: theirs stays.
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
}

function decode(base64: string | undefined): string | undefined {
  return base64 === undefined || base64 === '' ? undefined : Buffer.from(base64, 'base64').toString('utf8');
}
