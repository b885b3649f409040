import { Secret } from '../../../api/kinds';
import { endpointOf } from '../../../machinery/contract';
import { messageOf } from '../../../machinery/errors';
import { controllerOf } from '../../../machinery/kube-object';
import {
  certificateSecret,
  clusterSecret,
  clusterSecretName,
  controlPlanePurposes,
  generateCertificate,
  isUserProvided,
  keyAlgorithmOf,
  readCertificatePair,
  secretText,
} from '../../../machinery/kubeadm';
import { controllerReference } from '../../../machinery/owner-references';
import {
  authorityFromPem,
  certificateInfo,
  formatKubeconfig,
  generateKey,
  parseKubeconfig,
  privateKeyPem,
  serialNumber,
  signCertificate,
} from '../../../machinery/pki';
import { EventReason, Reason, Type } from './reasons';
import { isInitialized, type Scope } from './scope';

/**
 * Makes the cluster's key pairs while the control plane is not initialized. Afterwards a missing one is only reported:
 * another authority would cut off every machine that trusts the first.
 * @returns true when all are there
 */
export async function reconcileCertificates(scope: Scope): Promise<boolean> {
  const configuration = scope.controlPlane.spec.kubeadmConfigSpec?.clusterConfiguration;
  const { objects } = scope.deps;
  const { name: clusterName, namespace } = scope.clusterKey;
  const faults: string[] = [];
  for (const purpose of controlPlanePurposes(configuration)) {
    const name = clusterSecretName(clusterName, purpose);
    const secret = objects.get(Secret, { namespace, name });
    const provided = isUserProvided(purpose, configuration);
    if (secret === undefined && (provided || isInitialized(scope))) {
      faults.push(`Secret ${name} does not exist${provided ? '' : '; restore it from a backup'}`);
    } else if (secret === undefined) {
      const pair = await generateCertificate(purpose, configuration, scope.deps);
      const owner = controllerReference(scope.draft.stored);
      await objects.create(Secret, certificateSecret({ namespace, clusterName, purpose, pair, owner }));
    } else {
      try {
        readCertificatePair(secret, purpose, !(provided && purpose === 'etcd'));
      } catch (error) {
        faults.push(`Secret ${name}: ${messageOf(error)}`);
      }
    }
  }
  scope.certificatesAvailable = faults.length === 0;
  if (faults.length === 0) {
    scope.reports.push({ type: Type.certificatesAvailable, status: 'True', reason: Reason.available });
    return true;
  }
  const message = faults.join('; ');
  scope.reports.push({ type: Type.certificatesAvailable, status: 'False', reason: Reason.notAvailable, message });
  scope.deps.events.event(scope.draft.stored, 'Warning', EventReason.certificatesMissing, message);
  return false;
}

const YEAR_MS = 365 * 24 * 3600_000;
const CLOCK_SKEW_MS = 5 * 60_000;

/** Makes the administrator's kubeconfig, and makes it anew when half of its certificate's life is over. */
export async function reconcileKubeconfig(scope: Scope): Promise<void> {
  const { objects, clock } = scope.deps;
  const { name: clusterName, namespace } = scope.clusterKey;
  const key = { namespace, name: clusterSecretName(clusterName, 'kubeconfig') };
  const existing = objects.get(Secret, key);
  if (existing === undefined) {
    const value = await issueKubeconfig(scope);
    if (value === undefined) return;
    const secret = clusterSecret(namespace, clusterName, 'kubeconfig', controllerReference(scope.draft.stored), {
      value,
    });
    await objects.create(Secret, secret);
    return;
  }
  // A kubeconfig that the user brought is the user's to renew.
  if (controllerOf(existing)?.uid !== scope.draft.stored.metadata.uid) return;
  const expiry = expiryOf(secretText(existing, 'value'));
  if (expiry !== undefined && expiry - clock.now() >= YEAR_MS / 2) return;
  const value = await issueKubeconfig(scope);
  if (value === undefined) return;
  const data = { ...existing.data, value: Buffer.from(value, 'utf8').toString('base64') };
  await objects.patch(Secret, existing, { ...existing, data });
}

/** When the client certificate ends; undefined when it cannot be read, which calls for a new one. */
function expiryOf(kubeconfig: string | undefined): number | undefined {
  if (kubeconfig === undefined) return undefined;
  try {
    const { user } = parseKubeconfig(kubeconfig);
    return user?.kind === 'certificate' ? certificateInfo(user.certificatePem).notAfter : undefined;
  } catch {
    return undefined;
  }
}

async function issueKubeconfig(scope: Scope): Promise<string | undefined> {
  const { objects, clock, random } = scope.deps;
  const { name: clusterName, namespace } = scope.clusterKey;
  const endpoint = endpointOf(scope.cluster);
  const ca = objects.get(Secret, { namespace, name: clusterSecretName(clusterName, 'ca') });
  if (endpoint === undefined || ca === undefined) return undefined;
  const pair = readCertificatePair(ca, 'ca', true);
  const configuration = scope.controlPlane.spec.kubeadmConfigSpec?.clusterConfiguration;
  const key = await clock.hold(generateKey(random, keyAlgorithmOf(configuration)));
  const now = clock.now();
  const certificatePem = signCertificate(authorityFromPem(pair.certificate, pair.key), {
    subject: { commonName: 'kubernetes-admin', organizations: ['system:masters'] },
    publicKey: key.publicKey,
    usages: ['client'],
    validity: { notBefore: now - CLOCK_SKEW_MS, notAfter: now + YEAR_MS },
    serial: serialNumber(random),
  });
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return formatKubeconfig({
    clusterName,
    server: `https://${host}:${endpoint.port}`,
    caPem: pair.certificate,
    userName: `${clusterName}-admin`,
    user: { kind: 'certificate', certificatePem, privateKeyPem: privateKeyPem(key) },
  });
}
