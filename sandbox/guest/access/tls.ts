import { isIP } from 'node:net';
import { CapstanError } from '../../../machinery/errors';
import {
  type Authority,
  belongsTo,
  certificateInfo,
  generateEcKeyPair,
  type IssuedCertificate,
  isSignedBy,
  issued,
  type Kubeconfig,
  keyPairFromPem,
  publicKeyHash,
  readCertificate,
  serialNumber,
  signCertificate,
  splitBundle,
} from '../../../machinery/pki';
import { loadAuthority } from '../kubeadm/certificates';
import type { Machine } from '../machine';
import type { WorkloadUser } from '../ports';
import type { Reached, World } from '../world';

/** A TLS handshake did not succeed; the message is what Go's client says. */
export class TlsRefused extends CapstanError {
  constructor(message: string) {
    super({ name: 'TlsRefused', code: 'TLS_REFUSED', message: `tls: failed to verify certificate: x509: ${message}` });
  }
}

const ANONYMOUS: WorkloadUser = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The serving certificate of a machine's API server, with the names and dates that kubeadm gave it. */
export function apiServerCertificate(world: World, machine: Machine): IssuedCertificate {
  return certify(world, machine, authorityOn(world, machine, 'ca'), 'kube-apiserver', ['server']);
}

/** The certificate of a machine's etcd member. */
export function etcdCertificate(world: World, machine: Machine): IssuedCertificate {
  const name = machine.kubelet?.nodeName ?? machine.spec.name;
  return certify(world, machine, authorityOn(world, machine, 'etcd/ca'), name, ['server', 'client']);
}

export function authorityOn(world: World, machine: Machine, path: 'ca' | 'etcd/ca'): Authority {
  const directory = machine.kubelet?.controlPlane?.certificatesDir ?? '/etc/kubernetes/pki';
  return loadAuthority(machine, directory, path, world.clock.now(), 'certs');
}

function certify(
  world: World,
  machine: Machine,
  authority: Authority,
  commonName: string,
  usages: readonly ('server' | 'client')[],
): IssuedCertificate {
  const key = generateEcKeyPair(world.options.random);
  const { controlPlane } = machine.kubelet ?? {};
  const certificatePem = signCertificate(authority, {
    subject: { commonName },
    publicKey: key.publicKey,
    usages,
    hosts: controlPlane?.hosts,
    validity: { notBefore: controlPlane?.certificatesFrom ?? 0, notAfter: controlPlane?.certificatesUntil ?? 0 },
    serial: serialNumber(world.options.random),
  });
  return issued(certificatePem, key);
}

/** What the client's side of the handshake checks: issuer, dates and name of the server's certificate. @throws TlsRefused */
export function verifyServer(kubeconfig: Kubeconfig, reached: Reached, now: number): void {
  if (kubeconfig.insecureSkipTlsVerify) return;
  const { cluster, machine } = reached;
  const wanted = publicKeyHash(readCertificate(cluster.record.caPem).publicKey);
  const trusted = kubeconfig.caPem === undefined ? [] : splitBundle(kubeconfig.caPem);
  if (!trusted.some((pem) => publicKeyHash(readCertificate(pem).publicKey) === wanted)) {
    throw new TlsRefused('certificate signed by unknown authority');
  }
  const { hosts = [], certificatesUntil = 0 } = machine.kubelet?.controlPlane ?? {};
  if (now > certificatesUntil) throw new TlsRefused('certificate has expired or is not yet valid');
  const name = kubeconfig.tlsServerName ?? new URL(kubeconfig.server).hostname.replace(/^\[|\]$/g, '');
  if (!hosts.includes(name)) {
    const what =
      isIP(name) === 0
        ? `certificate is valid for ${hosts.join(', ')}, not ${name}`
        : `certificate is not valid for ${name}`;
    throw new TlsRefused(what);
  }
}

/** Who a client certificate authenticates as; undefined: 401. */
export function certificateUser(
  certificatePem: string,
  privateKeyPem: string,
  caPem: string,
  now: number,
): WorkloadUser | undefined {
  const { subject, notBefore, notAfter } = certificateInfo(certificatePem);
  if (!belongsTo(certificatePem, keyPairFromPem(privateKeyPem).privateKey)) {
    throw new TlsRefused('private key does not match public key');
  }
  if (!isSignedBy(certificatePem, caPem) || now < notBefore || now > notAfter) return undefined;
  return { username: subject.commonName, groups: [...(subject.organizations ?? []), 'system:authenticated'] };
}

export function anonymous(): WorkloadUser {
  return ANONYMOUS;
}
