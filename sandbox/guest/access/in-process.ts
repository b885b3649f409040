import type { Duplex } from 'node:stream';
import {
  type DeleteOptions,
  type KubeApi,
  KubeError,
  KubeUnreachable,
  type ListOptions,
  type ObjectList,
  type PatchBody,
  type TypedResource,
  tryGet,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from '../../../api/ports/kube-api';
import type { WorkloadAccess, WorkloadChannel } from '../../../api/ports/workload-clusters';
import { type KubeObject, keyText, type ObjectKey, type Resource } from '../../../machinery/kube-object';
import { type Kubeconfig, parseKubeconfig } from '../../../machinery/pki';
import { inspectToken } from '../kubeadm/bootstrap-tokens';
import type { WorkloadUser } from '../ports';
import type { WorkloadCluster } from '../workload/cluster';
import { resources } from '../workload/resources';
import { clusterTopic, type Reached, routeTopic, type World } from '../world';
import { EtcdPort } from './etcd-port';
import { PortForwarder } from './port-forward';
import { anonymous, certificateUser, verifyServer } from './tls';

/** Workload clusters for loops on a virtual clock: the checks of TCP, TLS and authentication, without sockets. */
export class InProcessAccess implements WorkloadAccess {
  readonly #world: World;
  readonly #forwarder: PortForwarder;

  constructor(world: World) {
    this.#world = world;
    this.#forwarder = new PortForwarder(world);
  }

  connect(kubeconfig: string): WorkloadChannel {
    const api = new RoutedKubeApi(this.#world, parseKubeconfig(kubeconfig));
    return { api, probe: (signal) => api.probe(signal), close: () => undefined };
  }

  /** etcd and API server certificates of the cluster a kubeconfig leads to. */
  etcd(kubeconfig: string): EtcdPort {
    const api = new RoutedKubeApi(this.#world, parseKubeconfig(kubeconfig));
    return new EtcdPort(async (pod) => {
      // Port-forward asks the API server for the pod first.
      await api.get(resources.pods, { namespace: 'kube-system', name: pod });
      return api.reach('GET portforward').cluster;
    });
  }

  /**
   * A stream to a port of a pod in kube-system, as `pods/portforward` gives it; what answers speaks TLS, in real time.
   * @throws KubeUnreachable, KubeError, PortRefused
   */
  async portForward(kubeconfig: string, pod: string, port: number): Promise<Duplex> {
    const api = new RoutedKubeApi(this.#world, parseKubeconfig(kubeconfig));
    const key = { namespace: 'kube-system', name: pod };
    await api.get(resources.pods, key);
    return this.#forwarder.open(api.reach('GET portforward').cluster, key, port);
  }

  /** Ends what answers behind port-forwards. */
  close(): void {
    this.#forwarder.close();
  }
}

/** A KubeApi that finds its way through routes on every request, as a client with short connections would. */
class RoutedKubeApi implements KubeApi {
  readonly #world: World;
  readonly #kubeconfig: Kubeconfig;
  readonly #host: string;
  readonly #port: number;
  /** The API of the cluster reached last; verified once for each server. */
  #verified: { readonly serverId: string; readonly api: KubeApi; readonly until: number } | undefined;

  constructor(world: World, kubeconfig: Kubeconfig) {
    this.#world = world;
    this.#kubeconfig = kubeconfig;
    const url = new URL(kubeconfig.server);
    this.#host = url.hostname.replace(/^\[|\]$/g, '');
    this.#port = Number(url.port === '' ? 443 : url.port);
  }

  /** GET /, which any authenticated user may do. */
  async probe(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.#connect('GET /');
  }

  async get<T extends KubeObject>(
    resource: TypedResource<T>,
    key: ObjectKey,
    options?: { subresource?: string },
  ): Promise<T> {
    return (await this.#connect(`get ${resource.kind} ${keyText(key)}`)).get(resource, key, options);
  }

  async list<T extends KubeObject>(resource: TypedResource<T>, options?: ListOptions): Promise<ObjectList<T>> {
    return (await this.#connect(`list ${resource.plural}`)).list(resource, options);
  }

  async *watch<T extends KubeObject>(
    resource: TypedResource<T>,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>> {
    const request = `watch ${resource.plural}`;
    const api = await this.#connect(request);
    const serverId = this.#verified?.serverId;
    const cut = new AbortController();
    const { cluster } = this.reach(request);
    const topics = [clusterTopic(cluster.id), routeTopic(`${this.#host}:${this.#port}`)];
    const stop = this.#world.onChange(topics, () => {
      const reached = this.#world.resolve(this.#host, this.#port);
      if (reached.kind !== 'reached' || serverIdOf(reached) !== serverId) cut.abort();
    });
    try {
      yield* api.watch(resource, options, AbortSignal.any([signal, cut.signal]));
    } finally {
      stop();
    }
    if (cut.signal.aborted && !signal.aborted) {
      throw new KubeUnreachable(request, new Error('http2: client connection lost'));
    }
  }

  async create<T extends KubeObject>(resource: TypedResource<T>, object: T, options?: WriteOptions): Promise<T> {
    return (await this.#connect(`create ${resource.kind}`)).create(resource, object, options);
  }

  async createSubresource(
    resource: Resource,
    key: ObjectKey,
    subresource: string,
    body: KubeObject,
  ): Promise<KubeObject> {
    const api = await this.#connect(`create ${resource.kind}/${subresource}`);
    return api.createSubresource(resource, key, subresource, body);
  }

  async update<T extends KubeObject>(resource: TypedResource<T>, object: T, options?: WriteOptions): Promise<T> {
    return (await this.#connect(`update ${resource.kind}`)).update(resource, object, options);
  }

  async patch<T extends KubeObject>(
    resource: TypedResource<T>,
    key: ObjectKey,
    body: PatchBody,
    options?: WriteOptions,
  ): Promise<T> {
    return (await this.#connect(`patch ${resource.kind} ${keyText(key)}`)).patch(resource, key, body, options);
  }

  async delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<KubeObject> {
    return (await this.#connect(`delete ${resource.kind} ${keyText(key)}`)).delete(resource, key, options);
  }

  async deleteCollection(resource: Resource, list: ListOptions, options?: DeleteOptions): Promise<void> {
    return (await this.#connect(`delete ${resource.plural}`)).deleteCollection(resource, list, options);
  }

  async resourceFor(apiVersion: string, kind: string): Promise<Resource | undefined> {
    return (await this.#connect('discovery')).resourceFor(apiVersion, kind);
  }

  /** @throws KubeUnreachable when nothing listens at the server's address */
  reach(request: string): Reached {
    const reached = this.#world.resolve(this.#host, this.#port);
    if (reached.kind === 'reached') return reached;
    throw new KubeUnreachable(request, new Error(reached.why));
  }

  async #connect(request: string): Promise<KubeApi> {
    const reached = this.reach(request);
    const serverId = serverIdOf(reached);
    const now = this.#world.clock.now();
    if (this.#verified?.serverId === serverId && now < this.#verified.until) return this.#verified.api;
    try {
      verifyServer(this.#kubeconfig, reached, now);
    } catch (error) {
      throw new KubeUnreachable(request, error);
    }
    const user = await this.#authenticate(reached.cluster);
    if (user === undefined) {
      throw new KubeError({ status: 'Failure', code: 401, reason: 'Unauthorized', message: 'Unauthorized' }, request);
    }
    const api = reached.cluster.kube.api(user);
    // Certificates and tokens end; once a minute is often enough to notice.
    this.#verified = { serverId, api, until: now + 60_000 };
    return api;
  }

  async #authenticate(cluster: WorkloadCluster): Promise<WorkloadUser | undefined> {
    const { user } = this.#kubeconfig;
    const now = this.#world.clock.now();
    if (user === undefined) return anonymous();
    if (user.kind === 'certificate') {
      return certificateUser(user.certificatePem, user.privateKeyPem, cluster.record.caPem, now);
    }
    return tokenUser(cluster, user.token, now);
  }
}

/** The user behind a bootstrap token. Service account tokens are not issued in the sandbox. */
async function tokenUser(cluster: WorkloadCluster, token: string, now: number): Promise<WorkloadUser | undefined> {
  const key = { namespace: 'kube-system', name: `bootstrap-token-${token.split('.')[0] ?? ''}` };
  return inspectToken(await tryGet(cluster.api, resources.secrets, key), token, now)?.user;
}

function serverIdOf(reached: Reached): string {
  return `${reached.cluster.id} ${reached.machine.id}`;
}
