import type { KubeApi } from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import { endpointOfKubeconfigFile, inClusterEndpoint, type KubeEndpoint } from './endpoint';
import { KubeHttpApi } from './kube-http-api';
import { RequestCounter } from './request-counter';
import { Transport } from './transport';

/** Where the management API is. */
export type KubeAddress =
  | { readonly kind: 'kubeconfig'; readonly file: string; readonly context?: string | undefined }
  | {
      readonly kind: 'in-cluster';
      /** `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`. */
      readonly host: string;
      readonly port: string;
    };

export interface ConnectOptions {
  readonly clock: Clock;
  /** Counts all requests. @default - one of its own */
  readonly counter?: RequestCounter | undefined;
  /** Longest wait for an answer. @default 30 s */
  readonly timeoutMs?: number | undefined;
  /** Connections for requests. @default 16 */
  readonly connections?: number | undefined;
}

export interface KubeConnection {
  readonly api: KubeApi;
  readonly counter: RequestCounter;
  /** `https://host:port` of the server, for messages. */
  readonly server: string;
  /** Ends all connections. */
  close(): void;
}

/**
 * Connects to an API server. No request is sent yet.
 * @throws KubeconfigInvalid
 */
export async function connectKube(address: KubeAddress, options: ConnectOptions): Promise<KubeConnection> {
  const endpoint =
    address.kind === 'kubeconfig'
      ? await endpointOfKubeconfigFile(address.file, options.clock, address.context)
      : await inClusterEndpoint({ host: address.host, port: address.port, clock: options.clock });
  return connectEndpoint(endpoint, options);
}

/** {@link connectKube} for an address that is already known. */
export function connectEndpoint(endpoint: KubeEndpoint, options: ConnectOptions): KubeConnection {
  const counter = options.counter ?? new RequestCounter();
  const { clock, timeoutMs, connections } = options;
  const transport = new Transport({ endpoint, clock, counter, timeoutMs, connections });
  const api = new KubeHttpApi(transport, () => clock.now());
  return { api, counter, server: endpoint.server, close: () => transport.close() };
}
