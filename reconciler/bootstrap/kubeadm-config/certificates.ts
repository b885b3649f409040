import { Secret } from '../../../api/kinds';
import { CapstanError, messageOf } from '../../../machinery/errors';
import { describeObject } from '../../../machinery/kube-object';
import {
  type CertificatePair,
  type CertificatePurpose,
  certificateSecret,
  clusterSecretName,
  controlPlanePurposes,
  generateCertificate,
  isUserProvided,
  readCertificatePair,
} from '../../../machinery/kubeadm';
import { controllerReference } from '../../../machinery/owner-references';
import { Reason, Type } from './reasons';
import type { Scope } from './scope';

/** A certificate that the machine needs is missing or unusable. */
export class CertificatesNotAvailable extends CapstanError {
  constructor(object: string, why: string) {
    super({
      name: 'CertificatesNotAvailable',
      code: 'BOOTSTRAP_CERTIFICATES_NOT_AVAILABLE',
      object,
      message: `${object}: ${why}`,
    });
  }
}

/** Key pairs by purpose. */
export type Certificates = Map<CertificatePurpose, CertificatePair>;

/**
 * The certificates a machine needs: all of them for a control plane, the authority alone for a worker. Missing ones
 * are made only where no control-plane object does that (`capi.md` 5.4).
 * @returns undefined when one is missing or unusable; the condition CertificatesAvailable then says which
 */
export async function collectCertificates(scope: Scope): Promise<Certificates | undefined> {
  const configuration = scope.spec.clusterConfiguration;
  const purposes: CertificatePurpose[] = scope.isControlPlane ? controlPlanePurposes(configuration) : ['ca'];
  const mayGenerate = scope.isControlPlane && scope.cluster.spec?.controlPlaneRef === undefined;
  const found: Certificates = new Map();
  const faults: string[] = [];
  for (const purpose of purposes) {
    const name = clusterSecretName(scope.clusterKey.name, purpose);
    const secret = scope.deps.objects.get(Secret, { namespace: scope.clusterKey.namespace, name });
    if (secret === undefined) {
      if (mayGenerate && !isUserProvided(purpose, configuration)) found.set(purpose, await generate(scope, purpose));
      else faults.push(`Secret ${name} does not exist`);
      continue;
    }
    try {
      // Of an etcd run by somebody else only the authority's certificate is known.
      const keyRequired = scope.isControlPlane && !(purpose === 'etcd' && isUserProvided(purpose, configuration));
      found.set(purpose, readCertificatePair(secret, purpose, keyRequired));
    } catch (error) {
      faults.push(`Secret ${name}: ${messageOf(error)}`);
    }
  }
  if (faults.length > 0) {
    const message = faults.join('; ');
    scope.reports.push({ type: Type.certificatesAvailable, status: 'False', reason: Reason.notAvailable, message });
    return undefined;
  }
  scope.reports.push({ type: Type.certificatesAvailable, status: 'True', reason: Reason.available });
  return found;
}

async function generate(scope: Scope, purpose: CertificatePurpose): Promise<CertificatePair> {
  const pair = await generateCertificate(purpose, scope.spec.clusterConfiguration, scope.deps);
  const secret = certificateSecret({
    namespace: scope.clusterKey.namespace,
    clusterName: scope.clusterKey.name,
    purpose,
    pair,
    owner: controllerReference(scope.draft.stored),
  });
  await scope.deps.objects.create(Secret, secret);
  return pair;
}

/** The pair of a purpose that {@link collectCertificates} has checked. @throws CertificatesNotAvailable */
export function certificateOf(scope: Scope, certificates: Certificates, purpose: CertificatePurpose): CertificatePair {
  const pair = certificates.get(purpose);
  if (pair === undefined)
    throw new CertificatesNotAvailable(describeObject(scope.draft.stored), `no ${purpose} certificate`);
  return pair;
}
