import type { Log } from '../api/ports';
import type { Clock } from '../machinery/clock';
import type { Random } from '../machinery/random';
import { HttpCloudStackAccess } from './cloudstack';
import { createGitSource } from './gitops';
import { type AddressTranslation, HttpsWorkloadAccess, type KubeConnection } from './kube';
import type { ReconcilerWorld } from './main';
import { EtcdClientCertificates, TunnelledEtcd, tunnelsOver } from './workload';

export interface ProductionWorldOptions {
  /** The management cluster. */
  readonly connection: KubeConnection;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Folder for bare clones. */
  readonly gitCache: string;
  /** Whether Fleets may name repositories on this machine. @default false */
  readonly allowLocalRepositories?: boolean | undefined;
  /** Where API servers of workload clusters really listen. @default - at the addresses in their kubeconfigs */
  readonly translate?: AddressTranslation | undefined;
}

/** The world over HTTPS, port-forwards and git. */
export function productionWorld(options: ProductionWorldOptions): ReconcilerWorld {
  const { connection, clock, random, log } = options;
  return {
    api: connection.api,
    cloudStack: new HttpCloudStackAccess({ clock }),
    workloads: new HttpsWorkloadAccess({ clock, translate: options.translate }),
    etcdAccess: (links, objects) => {
      const certificates = new EtcdClientCertificates({ objects, clock, random });
      const tunnelled = new TunnelledEtcd({ clock, certificates, tunnel: tunnelsOver(links) });
      return { etcd: tunnelled, certificates: tunnelled, close: () => tunnelled.close() };
    },
    git: createGitSource({ cacheDirectory: options.gitCache, allowLocal: options.allowLocalRepositories ?? false }),
    clock,
    random,
    log,
  };
}
