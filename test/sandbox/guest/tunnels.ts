import type { Duplex } from 'node:stream';
import { SystemClock } from '../../../machinery/clock';
import type { KubeObject } from '../../../machinery/kube-object';
import type { CertificatePair } from '../../../machinery/kubeadm';
import { SystemRandom } from '../../../machinery/random';
import { EtcdClientCertificates } from '../../../reconciler/workload/etcd/client-certificates';
import { TunnelledEtcd } from '../../../reconciler/workload/etcd/etcd-admin';

/** The reconciler's etcd client over streams that a test opens, with the authorities in the cluster's Secrets. */
export function etcdOver(
  tunnel: (pod: string, port: number) => Promise<Duplex>,
  authorities: { readonly etcd: CertificatePair; readonly ca: CertificatePair },
): TunnelledEtcd {
  const secrets = new Map([
    ['dev-etcd', secretOf(authorities.etcd)],
    ['dev-ca', secretOf(authorities.ca)],
  ]);
  const clock = new SystemClock();
  return new TunnelledEtcd({
    clock,
    certificates: new EtcdClientCertificates({
      objects: { get: (_resource, key) => secrets.get(key.name) as never },
      clock,
      random: new SystemRandom(),
    }),
    tunnel: (_cluster, pod, port) => tunnel(pod, port),
  });
}

function secretOf(pair: CertificatePair): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'x' },
    data: {
      'tls.crt': Buffer.from(pair.certificate).toString('base64'),
      'tls.key': Buffer.from(pair.key).toString('base64'),
    },
  };
}
