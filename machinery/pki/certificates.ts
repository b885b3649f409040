import { createHash, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Random } from '../random';
import {
  bitString,
  booleanTrue,
  type Element,
  element,
  explicit,
  implicit,
  integer,
  objectId,
  octetString,
  readElements,
  sequence,
  set,
  time,
  utf8String,
} from './der';
import { PkiError } from './errors';
import { type KeyPair, keyPairFromPem, privateKeyPem } from './keys';
import { remembering } from './memo';

/*
 * Certificates are encoded here and signed by OpenSSL through node:crypto, synchronously and in 0.3 ms, because loops
 * on a virtual clock and thousands of simulated machines need many of them. Everything that reads a certificate uses
 * OpenSSL's parser.
 */

export interface Subject {
  readonly commonName: string;
  /** Groups, in Kubernetes' reading of client certificates. */
  readonly organizations?: readonly string[] | undefined;
}

/** Milliseconds since the epoch. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface Authority {
  readonly certificatePem: string;
  readonly key: KeyPair;
}

/** A certificate with its private key, both PEM. */
export interface IssuedCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface AuthorityOptions {
  readonly subject: Subject;
  readonly key: KeyPair;
  readonly validity: Validity;
  /** Big-endian. @default 0, what Cluster API uses */
  readonly serial?: Uint8Array | undefined;
}

export interface CertificateOptions {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  readonly usages: readonly ('server' | 'client')[];
  readonly validity: Validity;
  /** Big-endian, positive, unique per authority; see {@link serialNumber}. */
  readonly serial: Uint8Array;
  /** Host names and IP addresses that the certificate is for. */
  readonly hosts?: readonly string[] | undefined;
}

/** A positive serial number of 63 random bits. */
export function serialNumber(random: Random): Uint8Array {
  const bytes = random.secret(8);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return bytes;
}

/** A self-signed certificate authority (key usages as Cluster API and kubeadm give them; no intermediate below it). */
export function createAuthority(options: AuthorityOptions): Authority {
  const certificatePem = encodeCertificate({
    subject: encodeName(options.subject),
    issuer: encodeName(options.subject),
    publicKey: options.key.publicKey,
    signer: options.key,
    serial: options.serial ?? Uint8Array.of(0),
    validity: options.validity,
    extensions: [
      keyUsage(['digitalSignature', 'keyEncipherment', 'certSign']),
      extension('2.5.29.19', true, sequence(booleanTrue(), integer(Uint8Array.of(0)))),
      extension('2.5.29.14', false, octetString(keyIdentifier(options.key.publicKey))),
    ],
  });
  return { certificatePem, key: options.key };
}

/** A certificate for `options.publicKey`, signed by `authority`. */
export function signCertificate(authority: Authority, options: CertificateOptions): string {
  const issuer = issuerParts(authority.certificatePem);
  const extensions = [
    keyUsage(['digitalSignature', 'keyEncipherment']),
    extension('2.5.29.37', false, sequence(...options.usages.map((usage) => objectId(EXTENDED_USAGES[usage])))),
    extension('2.5.29.19', true, sequence()),
  ];
  if (issuer.keyIdentifier !== undefined) {
    extensions.push(extension('2.5.29.35', false, sequence(implicit(0, issuer.keyIdentifier))));
  }
  if (options.hosts !== undefined && options.hosts.length > 0) {
    extensions.push(extension('2.5.29.17', false, sequence(...options.hosts.map(encodeHost))));
  }
  return encodeCertificate({
    subject: encodeName(options.subject),
    issuer: issuer.subject,
    publicKey: options.publicKey,
    signer: authority.key,
    serial: options.serial,
    validity: options.validity,
    extensions,
  });
}

/**
 * An authority from PEM texts.
 * @throws PkiError when one is unreadable, is no CA, or they do not belong together.
 */
export function authorityFromPem(certificatePem: string, keyPem: string): Authority {
  const key = keyPairFromPem(keyPem);
  const certificate = readCertificate(certificatePem);
  if (!certificate.ca) throw new PkiError('certificate is not a certificate authority (basic constraints say so)');
  if (!certificate.checkPrivateKey(key.privateKey)) {
    throw new PkiError('certificate and private key do not belong together');
  }
  return { certificatePem, key };
}

/** OpenSSL's view of the first certificate in a PEM text. @throws PkiError */
export const readCertificate: (pem: string) => X509Certificate = remembering(1024, (pem) => {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new PkiError('certificate is not readable: it must be PEM', error);
  }
});

/** The PEM texts of a key pair's certificate and private key. */
export function issued(certificatePem: string, key: KeyPair): IssuedCertificate {
  return { certificatePem, privateKeyPem: privateKeyPem(key) };
}

const EXTENDED_USAGES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;
const KEY_USAGE_BITS = { digitalSignature: 0x80, keyEncipherment: 0x20, certSign: 0x04 } as const;

interface Parts {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly publicKey: KeyObject;
  readonly signer: KeyPair;
  readonly serial: Uint8Array;
  readonly validity: Validity;
  readonly extensions: readonly Buffer[];
}

function encodeCertificate(parts: Parts): string {
  const algorithm = signatureAlgorithm(parts.signer.privateKey);
  const body = sequence(
    explicit(0, integer(Uint8Array.of(2))),
    integer(parts.serial),
    algorithm.identifier,
    parts.issuer,
    sequence(time(parts.validity.notBefore), time(parts.validity.notAfter)),
    parts.subject,
    parts.publicKey.export({ format: 'der', type: 'spki' }),
    explicit(3, sequence(...parts.extensions)),
  );
  const signature = sign(algorithm.hash, body, parts.signer.privateKey);
  const base64 = sequence(body, algorithm.identifier, bitString(signature)).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function signatureAlgorithm(key: KeyObject): { identifier: Buffer; hash: string } {
  if (key.asymmetricKeyType === 'rsa') {
    const nothing = element(0x05);
    return { identifier: sequence(objectId('1.2.840.113549.1.1.11'), nothing), hash: 'sha256' };
  }
  if (key.asymmetricKeyType === 'ec') {
    return key.asymmetricKeyDetails?.namedCurve === 'secp384r1'
      ? { identifier: sequence(objectId('1.2.840.10045.4.3.3')), hash: 'sha384' }
      : { identifier: sequence(objectId('1.2.840.10045.4.3.2')), hash: 'sha256' };
  }
  throw new PkiError(`cannot sign with a key of type ${key.asymmetricKeyType ?? 'unknown'}; use RSA or ECDSA`);
}

/** Organizations come before the common name, as Go writes them. */
function encodeName(subject: Subject): Buffer {
  const attribute = (id: string, text: string) => set(sequence(objectId(id), utf8String(text)));
  return sequence(
    ...(subject.organizations ?? []).map((organization) => attribute('2.5.4.10', organization)),
    attribute('2.5.4.3', subject.commonName),
  );
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectId(id), ...(critical ? [booleanTrue()] : []), octetString(value));
}

function keyUsage(usages: readonly (keyof typeof KEY_USAGE_BITS)[]): Buffer {
  const bits = usages.reduce((sum, usage) => sum | KEY_USAGE_BITS[usage], 0);
  // DER leaves trailing zero bits out.
  return extension('2.5.29.15', true, bitString(Uint8Array.of(bits), Math.clz32(bits & -bits) ^ 31));
}

/** RFC 7093, method 1. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const [info] = readElements(publicKey.export({ format: 'der', type: 'spki' }));
  const bits = info === undefined ? undefined : readElements(info.contents)[1];
  if (bits === undefined) throw new PkiError('public key is not readable');
  return createHash('sha256').update(bits.contents.subarray(1)).digest().subarray(0, 20);
}

function encodeHost(host: string): Buffer {
  return isIP(host) === 0 ? implicit(2, Buffer.from(host, 'ascii')) : implicit(7, addressBytes(host));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  // The URL parser writes the canonical form, without embedded IPv4.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** The issuer's name byte for byte, and its key identifier: both must be repeated exactly in what it signs. */
function issuerParts(certificatePem: string): { subject: Buffer; keyIdentifier: Buffer | undefined } {
  const outer = readElements(readCertificate(certificatePem).raw)[0];
  const body = outer === undefined ? undefined : readElements(outer.contents)[0];
  const fields = body === undefined ? [] : readElements(body.contents);
  // [0] version is absent in version 1 certificates.
  const subject = fields[fields[0]?.tag === 0xa0 ? 5 : 4];
  if (subject === undefined) throw new PkiError('certificate is not readable: it has no subject');
  return { subject: subject.encoded, keyIdentifier: subjectKeyIdentifier(fields.find((field) => field.tag === 0xa3)) };
}

function subjectKeyIdentifier(extensions: Element | undefined): Buffer | undefined {
  const list = extensions === undefined ? undefined : readElements(extensions.contents)[0];
  const wanted = objectId('2.5.29.14');
  for (const item of list === undefined ? [] : readElements(list.contents)) {
    const [id, ...rest] = readElements(item.contents);
    const value = rest.at(-1);
    if (id?.encoded.equals(wanted) === true && value !== undefined) return readElements(value.contents)[0]?.contents;
  }
  return undefined;
}
