import type { Clock } from '../clock';
import type { ObjectMeta, OwnerReference } from '../kube-object';
import {
  authorityFromPem,
  certificateInfo,
  createAuthority,
  generateKey,
  type KeyAlgorithm,
  keyPairFromPem,
  PkiError,
  privateKeyPem,
  publicKeyPem,
} from '../pki';
import type { Random } from '../random';
import type { ClusterConfigurationSpec } from './spec';

/** What a key pair of a cluster is for; also the end of its Secret's name (`capi.md` 0.3, 5.4). */
export type CertificatePurpose = 'ca' | 'sa' | 'proxy' | 'etcd' | 'apiserver-etcd-client';

/** Type of all Secrets of Cluster API. */
export const CLUSTER_SECRET_TYPE = 'cluster.x-k8s.io/secret';

export const CLUSTER_NAME_LABEL = 'cluster.x-k8s.io/cluster-name';

/** A Secret, as this module writes it. */
export type SecretObject = {
  apiVersion: 'v1';
  kind: 'Secret';
  metadata: ObjectMeta;
  type: string;
  /** Base64. */
  data: { [key: string]: string };
};

/** PEM texts. For `sa` the certificate is the public key. The key is empty where only the certificate is known. */
export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

export type CertificateSet = { readonly [purpose in CertificatePurpose]?: CertificatePair | undefined };

/** What a control plane needs, in the order the Secrets are made in (recorded: 29 of 29 upstream runs). */
export function controlPlanePurposes(spec: ClusterConfigurationSpec | undefined): CertificatePurpose[] {
  const usual: CertificatePurpose[] = ['ca', 'sa', 'proxy', 'etcd'];
  return hasExternalEtcd(spec) ? [...usual, 'apiserver-etcd-client'] : usual;
}

/** Those nobody can make for the user: they belong to an etcd that we do not run. */
export function isUserProvided(purpose: CertificatePurpose, spec: ClusterConfigurationSpec | undefined): boolean {
  return hasExternalEtcd(spec) && (purpose === 'etcd' || purpose === 'apiserver-etcd-client');
}

export function hasExternalEtcd(spec: ClusterConfigurationSpec | undefined): boolean {
  return spec?.etcd?.external !== undefined;
}

export function clusterSecretName(clusterName: string, purpose: CertificatePurpose | 'kubeconfig'): string {
  return `${clusterName}-${purpose}`;
}

const CLUSTER_SECRETS: readonly (CertificatePurpose | 'kubeconfig')[] = [
  'ca',
  'sa',
  'proxy',
  'etcd',
  'apiserver-etcd-client',
  'kubeconfig',
];

/**
 * The cluster that a Secret of this name would belong to; undefined when it is none of a cluster's. Labels cannot tell:
 * users bring such Secrets without them (`capi.md` 0.3).
 */
export function clusterOfSecret(name: string): string | undefined {
  const suffix = CLUSTER_SECRETS.map((purpose) => `-${purpose}`).find((end) => name.endsWith(end));
  return suffix === undefined || name === suffix ? undefined : name.slice(0, -suffix.length);
}

const DAY_MS = 24 * 3600_000;
const CLOCK_SKEW_MS = 5 * 60_000;
const DEFAULT_CA_DAYS = 3650;

export interface CertificateSources {
  readonly clock: Pick<Clock, 'now' | 'hold'>;
  readonly random: Random;
}

const ALGORITHMS: readonly KeyAlgorithm[] = ['ECDSA-P256', 'ECDSA-P384', 'RSA-2048', 'RSA-3072', 'RSA-4096'];

/** The algorithm a cluster's keys are made with; ECDSA P-256 unless the configuration says otherwise (DESIGN 4). */
export function keyAlgorithmOf(spec: ClusterConfigurationSpec | undefined): KeyAlgorithm {
  return ALGORITHMS.find((algorithm) => algorithm === spec?.encryptionAlgorithm) ?? 'ECDSA-P256';
}

/** A new key pair for a purpose: a self-signed authority, or a bare key for service accounts. */
export async function generateCertificate(
  purpose: CertificatePurpose,
  spec: ClusterConfigurationSpec | undefined,
  sources: CertificateSources,
): Promise<CertificatePair> {
  const key = await sources.clock.hold(generateKey(sources.random, keyAlgorithmOf(spec)));
  if (purpose === 'sa') return { certificate: publicKeyPem(key), key: privateKeyPem(key) };
  const now = sources.clock.now();
  const days = spec?.caCertificateValidityPeriodDays ?? DEFAULT_CA_DAYS;
  const authority = createAuthority({
    subject: { commonName: 'kubernetes' },
    key,
    validity: { notBefore: now - CLOCK_SKEW_MS, notAfter: now + days * DAY_MS },
  });
  return { certificate: authority.certificatePem, key: privateKeyPem(key) };
}

/** The Secret that keeps a key pair. */
export function certificateSecret(options: {
  readonly namespace: string;
  readonly clusterName: string;
  readonly purpose: CertificatePurpose;
  readonly pair: CertificatePair;
  readonly owner: OwnerReference;
}): SecretObject {
  return clusterSecret(options.namespace, options.clusterName, options.purpose, options.owner, {
    'tls.crt': options.pair.certificate,
    'tls.key': options.pair.key,
  });
}

/** A Secret of Cluster API's type, with the cluster's label and an owner. `fields` are plain text. */
export function clusterSecret(
  namespace: string,
  clusterName: string,
  purpose: CertificatePurpose | 'kubeconfig',
  owner: OwnerReference,
  fields: { readonly [key: string]: string },
): SecretObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: clusterSecretName(clusterName, purpose),
      namespace,
      labels: { [CLUSTER_NAME_LABEL]: clusterName },
      ownerReferences: [owner],
    },
    type: CLUSTER_SECRET_TYPE,
    data: Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
    ),
  };
}

/** Text of a key of a Secret; undefined when it is absent or empty. */
export function secretText(secret: { readonly data?: unknown } | undefined, key: string): string | undefined {
  const data = secret?.data;
  if (typeof data !== 'object' || data === null) return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(data, key)?.value;
  return typeof value === 'string' && value !== '' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
}

/**
 * The key pair in a Secret.
 * @throws PkiError when a part that the purpose needs is missing or unreadable; the message names the key, not the data.
 */
export function readCertificatePair(
  secret: { readonly data?: unknown },
  purpose: CertificatePurpose,
  keyRequired: boolean,
): CertificatePair {
  const certificate = secretText(secret, 'tls.crt');
  const key = secretText(secret, 'tls.key');
  if (certificate === undefined) throw new PkiError('tls.crt is missing');
  if (key === undefined && keyRequired) throw new PkiError('tls.key is missing');
  if (purpose === 'sa') {
    if (key !== undefined) keyPairFromPem(key);
  } else if (purpose === 'apiserver-etcd-client' || key === undefined) {
    certificateInfo(certificate);
    if (key !== undefined) keyPairFromPem(key);
  } else {
    authorityFromPem(certificate, key);
  }
  return { certificate, key: key ?? '' };
}
