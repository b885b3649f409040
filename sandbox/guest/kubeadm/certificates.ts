import type { Clock } from '../../../machinery/clock';
import { messageOf } from '../../../machinery/errors';
import {
  type Authority,
  authorityFromPem,
  certificateInfo,
  createAuthority,
  generateKey,
  type KeyAlgorithm,
  keyPairFromPem,
  privateKeyPem,
  publicKeyPem,
} from '../../../machinery/pki';
import type { Random } from '../../../machinery/random';
import type { Machine } from '../machine';
import { KubeadmFailed } from './config';

const AUTHORITIES = [
  { phase: 'ca', path: 'ca', commonName: 'kubernetes' },
  { phase: 'front-proxy-ca', path: 'front-proxy-ca', commonName: 'front-proxy-ca' },
  { phase: 'etcd-ca', path: 'etcd/ca', commonName: 'etcd-ca' },
] as const;

export interface CertificateOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly directory: string;
  /** Without an etcd of its own a control plane needs no etcd CA. */
  readonly hasLocalEtcd: boolean;
  readonly algorithm: KeyAlgorithm;
  readonly authorityValidityMs: number;
}

/** What `kubeadm init` does in its certs phases: takes what is on disk, makes what is not. @throws KubeadmFailed */
export async function ensureCertificates(machine: Machine, options: CertificateOptions): Promise<void> {
  machine.print('kubeadm', `[certs] Using certificateDir folder "${options.directory}"`);
  for (const { phase, path, commonName } of AUTHORITIES) {
    if (path === 'etcd/ca' && !options.hasLocalEtcd) continue;
    const certificatePath = `${options.directory}/${path}.crt`;
    const keyPath = `${options.directory}/${path}.key`;
    if (machine.readFile(certificatePath) !== undefined) {
      loadAuthority(machine, options.directory, path, options.clock.now(), `certs/${phase}`);
      machine.print('kubeadm', `[certs] Using existing ${phase} certificate authority`);
      continue;
    }
    const key = await options.clock.hold(generateKey(options.random, options.algorithm));
    const notBefore = options.clock.now();
    const validity = { notBefore, notAfter: notBefore + options.authorityValidityMs };
    const authority = createAuthority({ subject: { commonName }, key, validity });
    machine.writeText(certificatePath, authority.certificatePem);
    machine.writeText(keyPath, privateKeyPem(key), '0600');
    machine.print('kubeadm', `[certs] Generating "${phase}" certificate and key`);
  }
  await ensureServiceAccountKey(machine, options);
}

async function ensureServiceAccountKey(machine: Machine, options: CertificateOptions): Promise<void> {
  const path = `${options.directory}/sa.key`;
  if (machine.readFile(path) !== undefined) {
    checkServiceAccountKey(machine, options.directory, 'certs/sa');
    machine.print('kubeadm', '[certs] Using the existing "sa" key');
    return;
  }
  const key = await options.clock.hold(generateKey(options.random, options.algorithm));
  machine.writeText(path, privateKeyPem(key), '0600');
  machine.writeText(`${options.directory}/sa.pub`, publicKeyPem(key));
  machine.print('kubeadm', '[certs] Generating "sa" key and public key');
}

/** @throws KubeadmFailed when a shared certificate is not on the disk of a machine that joins a control plane. */
export function checkSharedCertificates(machine: Machine, directory: string, hasLocalEtcd: boolean, now: number): void {
  const files = ['ca.crt', 'sa.key', 'front-proxy-ca.crt', ...(hasLocalEtcd ? ['etcd/ca.crt'] : [])];
  const labels: { readonly [file: string]: string } = {
    'ca.crt': 'certificate for CA',
    'sa.key': 'key for service account',
    'front-proxy-ca.crt': 'certificate for front-proxy CA',
    'etcd/ca.crt': 'certificate for etcd CA',
  };
  const missing = files
    .filter((file) => machine.readFile(`${directory}/${file}`) === undefined)
    .map(
      (file) =>
        `failure loading ${labels[file]}: couldn't load the file ${directory}/${file}: no such file or directory`,
    );
  if (missing.length > 0) {
    throw new KubeadmFailed(
      `error execution phase preflight: \nOne or more conditions for hosting a new control plane instance is not satisfied.\n\n[${missing.join(', ')}]\n\nPlease ensure that:\n* The cluster has a stable controlPlaneEndpoint address.\n* The certificates that must be shared among control plane instances are provided.\n`,
    );
  }
  for (const { phase, path } of AUTHORITIES) {
    if (path === 'etcd/ca' && !hasLocalEtcd) continue;
    loadAuthority(machine, directory, path, now, `control-plane-prepare/certs/${phase}`);
  }
  checkServiceAccountKey(machine, directory, 'control-plane-prepare/certs/sa');
}

/** An authority on a machine's disk. @throws KubeadmFailed */
export function loadAuthority(
  machine: Machine,
  directory: string,
  path: 'ca' | 'front-proxy-ca' | 'etcd/ca',
  now: number,
  phase: string,
): Authority {
  const certificatePem = machine.readFile(`${directory}/${path}.crt`) ?? '';
  const keyPem = machine.readFile(`${directory}/${path}.key`) ?? '';
  try {
    const authority = authorityFromPem(certificatePem, keyPem);
    const { notBefore, notAfter } = certificateInfo(certificatePem);
    if (now < notBefore) throw new Error('the certificate is not valid yet');
    if (now > notAfter) throw new Error('the certificate has expired');
    return authority;
  } catch (error) {
    throw new KubeadmFailed(
      `error execution phase ${phase}: failure loading ${path.replace('/', '-')} certificate: ${directory}/${path}.crt: ${messageOf(error)}`,
    );
  }
}

function checkServiceAccountKey(machine: Machine, directory: string, phase: string): void {
  try {
    const key = keyPairFromPem(machine.readFile(`${directory}/sa.key`) ?? '');
    const publicPem = machine.readFile(`${directory}/sa.pub`);
    if (publicPem !== undefined && publicPem.trim() !== publicKeyPem(key).trim()) {
      throw new Error('sa.pub does not belong to sa.key');
    }
  } catch (error) {
    throw new KubeadmFailed(
      `error execution phase ${phase}: couldn't load the private key file ${directory}/sa.key: ${messageOf(error)}`,
    );
  }
}
