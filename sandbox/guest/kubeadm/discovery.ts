import { tryGet } from '../../../api/ports/kube-api';
import { messageOf } from '../../../machinery/errors';
import { certificateInfo } from '../../../machinery/pki';
import type { WorkloadUser } from '../ports';
import type { WorkloadCluster } from '../workload/cluster';
import { resources } from '../workload/resources';
import { routeTopic } from '../world';
import { inspectToken, TOKEN } from './bootstrap-tokens';
import { KubeadmFailed } from './config';
import { type KubeadmRun, say } from './context';
import { parseGoDuration } from './duration';
import type { JoinConfiguration } from './schema';

const RETRY_MS = 5000;

export interface Discovered {
  readonly cluster: WorkloadCluster;
  /** Who the token authenticates as. */
  readonly user: WorkloadUser;
}

/**
 * Finds the cluster to join and makes sure that it is the right one. Undefined when the machine was powered off.
 * @throws KubeadmFailed
 */
export async function discover(run: KubeadmRun, join: JoinConfiguration): Promise<Discovered | undefined> {
  const options = join.discovery.bootstrapToken;
  if (options === undefined) {
    throw new KubeadmFailed(
      join.discovery.file === undefined
        ? 'discovery: Invalid value: "": bootstrapToken or file must be set'
        : 'discovery by file is not available in this sandbox; use a bootstrap token',
    );
  }
  const { token, caCertHashes = [], apiServerEndpoint = '' } = options;
  if (!TOKEN.test(token)) {
    throw new KubeadmFailed('discovery.bootstrapToken.token: Invalid value: the bootstrap token is invalid');
  }
  if (caCertHashes.length === 0 && options.unsafeSkipCAVerification !== true) {
    throw new KubeadmFailed(
      'discovery.bootstrapToken.caCertHashes: Invalid value: "": using token-based discovery without caCertHashes can be unsafe. Set unsafeSkipCAVerification as true in your kubeadm config file to continue',
    );
  }
  const limit = join.timeouts?.discovery ?? join.discovery.timeout;
  const timeoutMs = (limit === undefined ? undefined : parseGoDuration(limit)) ?? 300_000;
  let lastReason = '';
  const retryLater = (why: string) => {
    if (why !== lastReason) say(run, `[discovery] ${why}, will try again`);
    lastReason = why;
    return undefined;
  };
  say(run, '[preflight] Discovering cluster-info');
  const found = await run.world.retry(() => requestClusterInfo(run, apiServerEndpoint, token, retryLater), run.signal, {
    topics: [routeTopic(apiServerEndpoint)],
    timeoutMs,
    everyMs: RETRY_MS,
  });
  if (run.signal.aborted) return undefined;
  if (found === undefined) {
    throw new KubeadmFailed(
      `error execution phase preflight: couldn't validate the identity of the API Server: ${lastReason}`,
    );
  }
  checkPins(found.cluster.record.caPem, caCertHashes);
  return found;
}

/** cluster-info must carry a signature made with the token, which needs a valid token Secret in the cluster. */
async function requestClusterInfo(
  run: KubeadmRun,
  endpoint: string,
  token: string,
  retryLater: (why: string) => undefined,
): Promise<Discovered | undefined> {
  const url = `Get "https://${endpoint}/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s"`;
  const [host = '', port = '443'] = endpoint.split(':');
  const reached = run.world.resolve(host, Number(port));
  if (reached.kind === 'not-reached')
    return retryLater(`failed to request the cluster-info ConfigMap: ${url}: ${reached.why}`);
  const { api } = reached.cluster;
  const id = token.split('.')[0] ?? '';
  try {
    const info = await tryGet(api, resources.configMaps, { namespace: 'kube-public', name: 'cluster-info' });
    if (info === undefined) {
      return retryLater('failed to request the cluster-info ConfigMap: configmaps "cluster-info" not found');
    }
    const secret = await tryGet(api, resources.secrets, { namespace: 'kube-system', name: `bootstrap-token-${id}` });
    const facts = inspectToken(secret, token, run.world.clock.now());
    if (facts === undefined || !facts.canSign) {
      return retryLater(`could not find a JWS signature in the cluster-info ConfigMap for token ID "${id}"`);
    }
    if (!facts.isGenuine) {
      throw new KubeadmFailed(
        "error execution phase preflight: couldn't validate the identity of the API Server: failed to verify JWS signature of received cluster info object, can't trust this API Server",
      );
    }
    if (facts.user === undefined) throw new KubeadmFailed('error execution phase preflight: Unauthorized');
    return { cluster: reached.cluster, user: facts.user };
  } catch (error) {
    if (error instanceof KubeadmFailed) throw error;
    return retryLater(`failed to request the cluster-info ConfigMap: ${messageOf(error)}`);
  }
}

function checkPins(caPem: string, pins: readonly string[]): void {
  for (const pin of pins) {
    if (/^sha256:[0-9a-fA-F]{64}$/.test(pin)) continue;
    throw new KubeadmFailed(
      `error execution phase preflight: couldn't validate the identity of the API Server: invalid discovery token CA certificate hash: invalid hash "${pin}", expected "sha256:" and 64 hexadecimal digits`,
    );
  }
  const hash = certificateInfo(caPem).publicKeyHash;
  if (pins.length === 0 || pins.some((pin) => pin.toLowerCase() === hash)) return;
  throw new KubeadmFailed(
    `error execution phase preflight: couldn't validate the identity of the API Server: cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "${hash}" are pinned`,
  );
}
