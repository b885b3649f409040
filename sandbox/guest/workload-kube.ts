import type { Log } from '../../api/ports/objects';
import type { Clock } from '../../machinery/clock';
import type { Random } from '../../machinery/random';
import { createKubeServer, type KubeServer } from '../kube';
import type { Journal } from '../ports';
import { upgradeToPortForward } from './access/upgrade';
import { inspectToken } from './kubeadm/bootstrap-tokens';
import type { WorkloadKube, WorkloadKubeFactory, WorkloadUser } from './ports';

export interface WorkloadKubeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Log | undefined;
  /** Where the objects of workload clusters are kept. @default - in memory alone */
  readonly journals?: WorkloadJournals | undefined;
}

/** One journal for each workload cluster. */
export interface WorkloadJournals {
  open(clusterId: string): Journal;
  /** Deletes it; it is closed. */
  remove(clusterId: string): void;
}

/** Workload clusters on `sandbox/kube`. */
export function workloadKube(options: WorkloadKubeOptions): WorkloadKubeFactory {
  return {
    open: (clusterId) => open(options, clusterId),
    remove: (clusterId) => options.journals?.remove(clusterId),
  };
}

function open(options: WorkloadKubeOptions, clusterId: string): WorkloadKube {
  const { clock, random, log } = options;
  const server = createKubeServer({ clock, random, log, journal: options.journals?.open(clusterId) });
  return {
    api: (user) => server.api(user),
    listen: async ({ host, port, tls, kubernetesVersion, portForward }) => {
      const { certificatePem, privateKeyPem, clientCaPem } = tls;
      return server.listen({
        host,
        port,
        tls: { cert: certificatePem, key: privateKeyPem, clientCa: clientCaPem },
        token: (token) => bootstrapUser(server, token, clock.now()),
        kubernetesVersion,
        upgrade: (request, socket, head, user) =>
          void upgradeToPortForward({ api: server.api(), open: portForward }, request, socket, head, user),
      });
    },
    close: () => server.close(),
  };
}

/** The user behind a bootstrap token, looked up where the server has it at hand. */
function bootstrapUser(server: KubeServer, token: string, now: number): WorkloadUser | undefined {
  const key = { namespace: 'kube-system', name: `bootstrap-token-${token.split('.')[0] ?? ''}` };
  return inspectToken(server.engine.core.store.get('/secrets', key), token, now)?.user;
}
