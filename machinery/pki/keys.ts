import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
} from 'node:crypto';
import type { Random } from '../random';
import { PkiError } from './errors';
import { remembering } from './memo';

/** The names that Cluster API and kubeadm use in `encryptionAlgorithm`. */
export type KeyAlgorithm = 'ECDSA-P256' | 'ECDSA-P384' | 'RSA-2048' | 'RSA-3072' | 'RSA-4096';

/** A key pair; printing it shows no key material. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

interface Curve {
  readonly openssl: string;
  readonly jwk: string;
  /** Order of the group (FIPS 186-4, D.1.2). */
  readonly order: bigint;
  readonly bytes: number;
}

const curves: { readonly [algorithm in 'ECDSA-P256' | 'ECDSA-P384']: Curve } = {
  'ECDSA-P256': {
    openssl: 'prime256v1',
    jwk: 'P-256',
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    bytes: 32,
  },
  'ECDSA-P384': {
    openssl: 'secp384r1',
    jwk: 'P-384',
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    bytes: 48,
  },
};

/**
 * An elliptic-curve key pair from `random.secret`, at once (about 0.1 ms). With a seeded source the key is the same in
 * every run.
 */
export function generateEcKeyPair(random: Random, algorithm: 'ECDSA-P256' | 'ECDSA-P384' = 'ECDSA-P256'): KeyPair {
  const curve = curves[algorithm];
  // 64 bits more than the order, so that the remainder is not biased (FIPS 186-4, B.4.1).
  const seed = BigInt(`0x${Buffer.from(random.secret(curve.bytes + 8)).toString('hex')}`);
  const scalar = Buffer.from(((seed % (curve.order - 1n)) + 1n).toString(16).padStart(curve.bytes * 2, '0'), 'hex');
  const ecdh = createECDH(curve.openssl);
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  const privateKey = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: curve.jwk,
      d: scalar.toString('base64url'),
      x: point.subarray(1, 1 + curve.bytes).toString('base64url'),
      y: point.subarray(1 + curve.bytes).toString('base64url'),
    },
  });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/**
 * A key pair of any algorithm. RSA is made by the platform on its thread pool (2048: about 170 ms, 4096: 2 s) and is
 * never repeatable; callers on a virtual clock wrap this in `clock.hold`.
 */
export async function generateKey(random: Random, algorithm: KeyAlgorithm = 'ECDSA-P256'): Promise<KeyPair> {
  if (algorithm === 'ECDSA-P256' || algorithm === 'ECDSA-P384') return generateEcKeyPair(random, algorithm);
  const modulusLength = Number(algorithm.slice('RSA-'.length));
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength }, (error, publicKey, privateKey) => {
      if (error === null) resolve({ privateKey, publicKey });
      else reject(new PkiError(`cannot make an ${algorithm} key: ${error.message}`, error));
    });
  });
}

/** @throws PkiError when the text holds no unencrypted private key. */
export const keyPairFromPem: (privateKeyPem: string) => KeyPair = remembering(1024, (pem) => {
  try {
    const privateKey = createPrivateKey(pem);
    return { privateKey, publicKey: createPublicKey(privateKey) };
  } catch {
    // OpenSSL's reason says nothing more, and the cause could carry the input.
    throw new PkiError('private key is not readable: it must be unencrypted PEM (PKCS #8, PKCS #1 or SEC 1)');
  }
});

/** As kubeadm and Cluster API write it: `RSA PRIVATE KEY` (PKCS #1) or `EC PRIVATE KEY` (SEC 1). */
export function privateKeyPem(pair: KeyPair): string {
  const type = pair.privateKey.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1';
  return pair.privateKey.export({ format: 'pem', type }).toString();
}

/** `PUBLIC KEY` (SubjectPublicKeyInfo), as in `sa.pub`. */
export function publicKeyPem(pair: Pick<KeyPair, 'publicKey'>): string {
  return pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
}

/** `sha256:` and the hexadecimal SHA-256 of the SubjectPublicKeyInfo: kubeadm's `caCertHashes`. */
export function publicKeyHash(publicKey: KeyObject): string {
  return `sha256:${createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex')}`;
}
