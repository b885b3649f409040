import type { Duplex } from 'node:stream';
import type { KubeApi, WorkloadAccess, WorkloadChannel } from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import type { ObjectKey } from '../../machinery/kube-object';
import { type AddressTranslation, endpointOfKubeconfig, type KubeEndpoint, translated } from './endpoint';
import { KubeHttpApi } from './kube-http-api';
import { openPortForward, type PortForwarding } from './port-forward';
import { RequestCounter } from './request-counter';
import { Transport } from './transport';

export interface HttpsWorkloadAccessOptions {
  readonly clock: Clock;
  /** Counts the requests to all workload clusters. @default - one of its own */
  readonly counter?: RequestCounter | undefined;
  /** @default - servers listen at the addresses in their kubeconfigs */
  readonly translate?: AddressTranslation | undefined;
}

/** Cluster API's time-out for requests to workload clusters (`capi.md` 4.1). */
const TIMEOUT_MS = 10_000;
/** Many clusters share this process; each needs few requests at a time. */
const CONNECTIONS = 4;

/** Workload clusters over HTTPS, with nothing but what their kubeconfig embeds: no program is run, no file read. */
export class HttpsWorkloadAccess implements WorkloadAccess {
  readonly counter: RequestCounter;
  readonly #clock: Clock;
  readonly #translate: AddressTranslation;

  constructor(options: HttpsWorkloadAccessOptions) {
    this.#clock = options.clock;
    this.#translate = options.translate ?? ((address) => address);
    this.counter = options.counter ?? new RequestCounter();
  }

  connect(kubeconfig: string): WorkloadChannel & PortForwarding {
    return new HttpsChannel(translated(endpointOfKubeconfig(kubeconfig), this.#translate), this.#clock, this.counter);
  }
}

class HttpsChannel implements WorkloadChannel, PortForwarding {
  readonly #endpoint: KubeEndpoint;
  readonly #transport: Transport;
  readonly #api: KubeHttpApi;
  readonly #tunnels = new Set<Duplex>();

  constructor(endpoint: KubeEndpoint, clock: Clock, counter: RequestCounter) {
    this.#endpoint = endpoint;
    this.#transport = new Transport({ endpoint, clock, counter, timeoutMs: TIMEOUT_MS, connections: CONNECTIONS });
    this.#api = new KubeHttpApi(this.#transport, () => clock.now());
  }

  get api(): KubeApi {
    return this.#api;
  }

  probe(signal: AbortSignal): Promise<void> {
    return this.#api.probe(signal);
  }

  async portForward(pod: ObjectKey, port: number): Promise<Duplex> {
    const tunnel = await openPortForward(this.#endpoint, pod, port);
    this.#tunnels.add(tunnel);
    tunnel.once('close', () => this.#tunnels.delete(tunnel));
    return tunnel;
  }

  close(): void {
    for (const tunnel of this.#tunnels) tunnel.destroy();
    this.#transport.close();
  }
}
