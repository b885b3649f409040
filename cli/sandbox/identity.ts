import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isJsonObject } from '../../machinery/json';
import { createAuthority, generateEcKeyPair, issued, serialNumber, signCertificate } from '../../machinery/pki';
import type { Random } from '../../machinery/random';
import { readJson } from './remembered';

/** Certificates of a sandbox's Kubernetes API, PEM. */
export interface SandboxIdentity {
  readonly caPem: string;
  readonly serverCertificatePem: string;
  readonly serverKeyPem: string;
  readonly adminCertificatePem: string;
  readonly adminKeyPem: string;
}

const YEAR_MS = 365 * 24 * 3_600_000;
const FIELDS = ['caPem', 'serverCertificatePem', 'serverKeyPem', 'adminCertificatePem', 'adminKeyPem'] as const;

/** The identity kept in `file`, or a new one that is written there (readable by its owner alone). */
export function sandboxIdentity(file: string, random: Random, now: number): SandboxIdentity {
  const kept = existsSync(file) ? parse(readJson(file)) : undefined;
  if (kept !== undefined) return kept;
  const identity = create(random, now);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(identity), { mode: 0o600 });
  return identity;
}

function create(random: Random, now: number): SandboxIdentity {
  const validity = { notBefore: now - 300_000, notAfter: now + 10 * YEAR_MS };
  const authority = createAuthority({
    subject: { commonName: 'kubernetes' },
    key: generateEcKeyPair(random),
    validity,
  });
  const sign = (
    commonName: string,
    usage: 'server' | 'client',
    extra: { hosts?: string[]; organizations?: string[] },
  ) => {
    const key = generateEcKeyPair(random);
    const certificate = signCertificate(authority, {
      subject: { commonName, organizations: extra.organizations },
      publicKey: key.publicKey,
      usages: [usage],
      validity,
      serial: serialNumber(random),
      hosts: extra.hosts,
    });
    return issued(certificate, key);
  };
  const server = sign('kube-apiserver', 'server', {
    hosts: ['127.0.0.1', '::1', 'localhost', 'kubernetes.default.svc'],
  });
  const admin = sign('kubernetes-admin', 'client', { organizations: ['system:masters'] });
  return {
    caPem: authority.certificatePem,
    serverCertificatePem: server.certificatePem,
    serverKeyPem: server.privateKeyPem,
    adminCertificatePem: admin.certificatePem,
    adminKeyPem: admin.privateKeyPem,
  };
}

function parse(value: unknown): SandboxIdentity | undefined {
  if (!isJsonObject(value)) return undefined;
  const text = (field: (typeof FIELDS)[number]) => {
    const pem = value[field];
    return typeof pem === 'string' ? pem : '';
  };
  if (FIELDS.some((field) => text(field) === '')) return undefined;
  return {
    caPem: text('caPem'),
    serverCertificatePem: text('serverCertificatePem'),
    serverKeyPem: text('serverKeyPem'),
    adminCertificatePem: text('adminCertificatePem'),
    adminKeyPem: text('adminKeyPem'),
  };
}
