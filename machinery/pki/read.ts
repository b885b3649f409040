import type { X509Certificate } from 'node:crypto';
import { readCertificate, type Subject } from './certificates';
import { PkiError } from './errors';
import { publicKeyHash } from './keys';
import { remembering } from './memo';

/** What a certificate says. Times are milliseconds since the epoch. */
export interface CertificateInfo {
  readonly subject: Subject;
  readonly issuer: Subject;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isAuthority: boolean;
  readonly dnsNames: readonly string[];
  /** Canonical text form. */
  readonly ipAddresses: readonly string[];
  /** `sha256:…` of the public key, the form of kubeadm's `caCertHashes`. */
  readonly publicKeyHash: string;
  /** Hexadecimal. */
  readonly serial: string;
}

/** @throws PkiError when the text holds no certificate. */
export const certificateInfo: (pem: string) => CertificateInfo = remembering(1024, (pem) => {
  const certificate = readCertificate(pem);
  const hosts = subjectAltNames(certificate);
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    isAuthority: certificate.ca,
    dnsNames: hosts.filter(([type]) => type === 'DNS').map(([, value]) => value),
    ipAddresses: hosts.filter(([type]) => type === 'IP Address').map(([, value]) => canonicalAddress(value)),
    publicKeyHash: publicKeyHash(certificate.publicKey),
    serial: certificate.serialNumber,
  };
});

/** True when `authorityPem` issued and signed `pem`. Does not look at times. */
export function isSignedBy(pem: string, authorityPem: string): boolean {
  const certificate = readCertificate(pem);
  const authority = readCertificate(authorityPem);
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/** True when the certificate and the PEM private key belong together. */
export function belongsTo(pem: string, key: Parameters<X509Certificate['checkPrivateKey']>[0]): boolean {
  return readCertificate(pem).checkPrivateKey(key);
}

/** The single certificates in a PEM bundle. @throws PkiError when there is none. */
export function splitBundle(bundle: string): readonly string[] {
  const parts = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (parts === null) throw new PkiError('text holds no PEM certificate');
  return parts.map((part) => `${part}\n`);
}

/** OpenSSL prints one `KEY=value` a line. */
function nameOf(lines: string): Subject {
  const values = (key: string) =>
    lines
      .split('\n')
      .filter((line) => line.startsWith(`${key}=`))
      .map((line) => line.slice(key.length + 1));
  return { commonName: values('CN').at(-1) ?? '', organizations: values('O') };
}

function subjectAltNames(certificate: X509Certificate): readonly (readonly [string, string])[] {
  const text = certificate.subjectAltName ?? '';
  // Node quotes a value (as JSON) when it holds a comma or a quote.
  return [...text.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, type = '', value = '']) => [
    type,
    value.startsWith('"') ? value.slice(1, -1) : value,
  ]);
}

function canonicalAddress(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
