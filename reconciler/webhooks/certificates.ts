import { Namespace, Secret } from '../../api/kinds';
import { isReason, type KubeApi, tryGet } from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import {
  certificateInfo,
  createAuthority,
  generateEcKeyPair,
  issued,
  serialNumber,
  signCertificate,
} from '../../machinery/pki';
import type { Random } from '../../machinery/random';

/** What the webhook server serves with, PEM. */
export interface WebhookCertificates {
  readonly caPem: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface WebhookCertificateOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  /** Namespace of the Secret. */
  readonly namespace: string;
  /** Names that API servers reach the webhook by. */
  readonly hosts: readonly string[];
}

const NAME = 'capstan-webhook-certificates';
const DAY_MS = 24 * 3_600_000;
const VALIDITY_MS = 3 * 365 * DAY_MS;
/** A certificate that ends sooner is replaced when the process starts. */
const RENEW_BEFORE_MS = 30 * DAY_MS;

/** The certificates kept in the Secret, or new ones that are stored there; of several processes one wins. */
export async function webhookCertificates(options: WebhookCertificateOptions): Promise<WebhookCertificates> {
  const { api, clock, namespace } = options;
  const key = { namespace, name: NAME };
  for (;;) {
    const stored = await tryGet(api, Secret, key);
    const kept = stored === undefined ? undefined : usable(stored, options);
    if (kept !== undefined) return kept;
    if (stored !== undefined) await api.delete(Secret, key, { preconditions: { uid: stored.metadata.uid } });
    const fresh = create(options);
    const data = { 'ca.crt': fresh.caPem, 'tls.crt': fresh.certificatePem, 'tls.key': fresh.privateKeyPem };
    try {
      await ensureNamespace(api, namespace);
      await api.create(Secret, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: NAME, namespace },
        type: 'kubernetes.io/tls',
        data: Object.fromEntries(
          Object.entries(data).map(([name, pem]) => [name, Buffer.from(pem).toString('base64')]),
        ),
      });
      return fresh;
    } catch (error) {
      // Somebody else was faster: theirs is read.
      if (!isReason(error, 'AlreadyExists')) throw error;
      await clock.sleep(100);
    }
  }
}

async function ensureNamespace(api: KubeApi, name: string): Promise<void> {
  if ((await tryGet(api, Namespace, { namespace: '', name })) !== undefined) return;
  try {
    await api.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
  }
}

function usable(secret: Secret, { clock, hosts }: WebhookCertificateOptions): WebhookCertificates | undefined {
  const pem = (name: string) => Buffer.from(secret.data?.[name] ?? '', 'base64').toString('utf8');
  const certificates = { caPem: pem('ca.crt'), certificatePem: pem('tls.crt'), privateKeyPem: pem('tls.key') };
  if (Object.values(certificates).includes('')) return undefined;
  const info = certificateInfo(certificates.certificatePem);
  const isCurrent = info.notAfter - clock.now() > RENEW_BEFORE_MS;
  const names = new Set([...info.dnsNames, ...info.ipAddresses]);
  return isCurrent && hosts.every((host) => names.has(host)) ? certificates : undefined;
}

function create({ clock, random, hosts }: WebhookCertificateOptions): WebhookCertificates {
  const now = clock.now();
  const validity = { notBefore: now - 300_000, notAfter: now + VALIDITY_MS };
  const authority = createAuthority({
    subject: { commonName: 'capstan-webhook-ca' },
    key: generateEcKeyPair(random),
    validity,
  });
  const key = generateEcKeyPair(random);
  const certificate = signCertificate(authority, {
    subject: { commonName: hosts[0] ?? 'capstan-webhook' },
    publicKey: key.publicKey,
    usages: ['server'],
    validity,
    serial: serialNumber(random),
    hosts,
  });
  return { caPem: authority.certificatePem, ...issued(certificate, key) };
}
