import { Secret } from '../../../api/kinds/kubernetes';
import type { Objects } from '../../../api/ports';
import type { Clock } from '../../../machinery/clock';
import { CapstanError } from '../../../machinery/errors';
import { keyText, type ObjectKey } from '../../../machinery/kube-object';
import {
  authorityFromPem,
  generateEcKeyPair,
  privateKeyPem,
  serialNumber,
  signCertificate,
} from '../../../machinery/pki';
import type { Random } from '../../../machinery/random';
import type { GrpcCredentials } from './grpc-session';

export interface EtcdClientCertificatesOptions {
  readonly objects: Pick<Objects, 'get'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
}

/** As Cluster API does it (`capi.md` 6.8). */
const COMMON_NAME = 'cluster-api.x-k8s.io';
const VALID_MS = 10 * 365 * 24 * 3600_000;
/** For clocks that differ. */
const BACKDATED_MS = 5 * 60_000;

/** Secret `<cluster>-etcd` is not there (yet), or holds no key: certificates for etcd cannot be made. */
export class EtcdAuthorityMissing extends CapstanError {
  constructor(cluster: ObjectKey) {
    super({
      name: 'EtcdAuthorityMissing',
      code: 'ETCD_AUTHORITY_MISSING',
      object: `Secret ${keyText(cluster)}-etcd`,
      message: `Secret ${keyText(cluster)}-etcd is missing or lacks tls.crt or tls.key; without it etcd cannot be asked`,
    });
  }
}

/** Client certificates for etcd, signed by the authority in Secret `<cluster>-etcd`. Made once for each authority. */
export class EtcdClientCertificates {
  readonly #options: EtcdClientCertificatesOptions;
  readonly #issued = new Map<string, { readonly authority: string; readonly credentials: GrpcCredentials }>();

  constructor(options: EtcdClientCertificatesOptions) {
    this.#options = options;
  }

  /** @throws EtcdAuthorityMissing, PkiError */
  forCluster(cluster: ObjectKey): GrpcCredentials {
    const text = keyText(cluster);
    const data = this.#secret(cluster, 'etcd');
    const caPem = decoded(data?.['tls.crt']);
    const keyPem = decoded(data?.['tls.key']);
    if (caPem === undefined || keyPem === undefined) {
      this.#issued.delete(text);
      throw new EtcdAuthorityMissing(cluster);
    }
    const known = this.#issued.get(text);
    if (known?.authority === caPem) return known.credentials;
    const credentials = this.#issue(caPem, keyPem);
    this.#issued.set(text, { authority: caPem, credentials });
    return credentials;
  }

  /** The authority of the cluster's API servers (Secret `<cluster>-ca`), PEM. */
  clusterAuthority(cluster: ObjectKey): string | undefined {
    return decoded(this.#secret(cluster, 'ca')?.['tls.crt']);
  }

  #issue(caPem: string, keyPem: string): GrpcCredentials {
    const { clock, random } = this.#options;
    const key = generateEcKeyPair(random);
    const now = clock.now();
    const certificatePem = signCertificate(authorityFromPem(caPem, keyPem), {
      subject: { commonName: COMMON_NAME },
      publicKey: key.publicKey,
      usages: ['client'],
      validity: { notBefore: now - BACKDATED_MS, notAfter: now + VALID_MS },
      serial: serialNumber(random),
    });
    return { caPem, certificatePem, privateKeyPem: privateKeyPem(key) };
  }

  #secret(cluster: ObjectKey, suffix: string): { readonly [key: string]: string } | undefined {
    const key = { namespace: cluster.namespace, name: `${cluster.name}-${suffix}` };
    return this.#options.objects.get(Secret, key)?.data;
  }
}

function decoded(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8');
}
