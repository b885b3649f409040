import type { ListenFor, WorkloadListener } from '../ports';
import { ANY_TOPIC, type Reached, type World } from '../world';
import { PortForwarder } from './port-forward';
import { apiServerCertificate } from './tls';

interface Server {
  /** Cluster and machine that answer. */
  readonly serverId: string;
  readonly listener: WorkloadListener;
}

const atTheAddressItself: ListenFor = (publicIp, publicPort, open) => open(publicIp, publicPort);

/**
 * Listens with HTTPS at every public address whose route leads to a running API server, and nowhere else. One server
 * for each address; when the machine that answers changes, its connections end.
 */
export class LoopbackServers {
  readonly #world: World;
  readonly #listenFor: ListenFor;
  readonly #forwarder: PortForwarder;
  readonly #servers = new Map<string, Server>();
  readonly #stop: () => void;
  #work: Promise<void> = Promise.resolve();
  #isQueued = false;
  #isClosed = false;

  constructor(world: World, listenFor: ListenFor = atTheAddressItself) {
    this.#world = world;
    this.#listenFor = listenFor;
    this.#forwarder = new PortForwarder(world);
    this.#stop = world.onChange([ANY_TOPIC], () => this.#queue());
  }

  /** Resolves when all listeners match the world. */
  async settled(): Promise<void> {
    let work: Promise<void>;
    do {
      work = this.#work;
      await work;
    } while (work !== this.#work);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    this.#queue();
    await this.settled();
    this.#forwarder.close();
  }

  #queue(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    this.#work = this.#work.then(() => this.#match());
  }

  async #match(): Promise<void> {
    this.#isQueued = false;
    const wanted = this.#isClosed ? new Map<string, Reached>() : this.#wanted();
    for (const [address, server] of this.#servers) {
      const reached = wanted.get(address);
      if (reached !== undefined && serverIdOf(reached) === server.serverId) continue;
      this.#servers.delete(address);
      await server.listener.close();
    }
    for (const [address, reached] of wanted) {
      if (this.#servers.has(address)) continue;
      try {
        this.#servers.set(address, { serverId: serverIdOf(reached), listener: await this.#listen(address, reached) });
      } catch (error) {
        this.#world.options.onFault(address, error);
      }
    }
  }

  #wanted(): Map<string, Reached> {
    const wanted = new Map<string, Reached>();
    for (const route of this.#world.routes) {
      const reached = this.#world.resolve(route.publicIp, route.publicPort);
      if (reached.kind === 'reached') wanted.set(`${route.publicIp}:${route.publicPort}`, reached);
    }
    return wanted;
  }

  async #listen(address: string, reached: Reached): Promise<WorkloadListener> {
    const { cluster, machine } = reached;
    const colon = address.lastIndexOf(':');
    const certificate = apiServerCertificate(this.#world, machine);
    return this.#listenFor(address.slice(0, colon), Number(address.slice(colon + 1)), (host, port) =>
      cluster.kube.listen({
        host,
        port,
        tls: { ...certificate, clientCaPem: cluster.record.caPem },
        kubernetesVersion: machine.kubelet?.controlPlane?.version ?? 'v1.34.2',
        portForward: async (pod, podPort) => this.#forwarder.open(cluster, pod, podPort),
      }),
    );
  }
}

function serverIdOf(reached: Reached): string {
  return `${reached.cluster.id} ${reached.machine.id}`;
}
