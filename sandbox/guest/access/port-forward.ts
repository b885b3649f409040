import { type Duplex, duplexPair } from 'node:stream';
import { createServer, type Server as TlsServer } from 'node:tls';
import { type Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';
import { CapstanError } from '../../../machinery/errors';
import { keyText, type ObjectKey } from '../../../machinery/kube-object';
import { etcdServer } from '../etcd/grpc-service';
import type { Machine } from '../machine';
import type { WorkloadCluster } from '../workload/cluster';
import type { World } from '../world';
import { runningMachine } from './etcd-port';
import { apiServerCertificate, authorityOn, etcdCertificate } from './tls';

const ETCD_PORT = 2379;

/** Nothing in the pod listens at the port. */
export class PortRefused extends CapstanError {
  constructor(pod: ObjectKey, port: number) {
    super({
      name: 'PortRefused',
      code: 'PORT_REFUSED',
      object: `Pod ${keyText(pod)}`,
      message: `failed to connect to localhost:${port} inside pod ${pod.name}: dial tcp4 127.0.0.1:${port}: connect: connection refused`,
    });
  }
}

interface Endpoint {
  inject(connection: Duplex): void;
  close(): void;
}

/** What answers behind `pods/portforward`: etcd members and API servers of static pods, with TLS and without sockets. */
export class PortForwarder {
  readonly #world: World;
  readonly #endpoints = new Map<string, Endpoint>();

  constructor(world: World) {
    this.#world = world;
  }

  /** @throws PortRefused */
  open(cluster: WorkloadCluster, pod: ObjectKey, port: number): Duplex {
    const endpoint = this.#endpoint(cluster, pod, port);
    if (endpoint === undefined) throw new PortRefused(pod, port);
    const [client, server] = duplexPair();
    endpoint.inject(server);
    return client;
  }

  close(): void {
    for (const endpoint of this.#endpoints.values()) endpoint.close();
    this.#endpoints.clear();
  }

  #endpoint(cluster: WorkloadCluster, pod: ObjectKey, port: number): Endpoint | undefined {
    if (pod.namespace !== 'kube-system') return undefined;
    const etcdNode = suffixAfter(pod.name, 'etcd-');
    const etcdMachine = etcdNode === undefined ? undefined : runningMachine(cluster, etcdNode);
    if (etcdMachine !== undefined && port === ETCD_PORT && cluster.memberOn(etcdMachine) !== undefined) {
      return this.#once(`etcd ${etcdMachine.id}`, () => etcdEndpoint(this.#world, cluster, etcdMachine));
    }
    const apiNode = suffixAfter(pod.name, 'kube-apiserver-');
    const apiMachine = apiNode === undefined ? undefined : runningMachine(cluster, apiNode);
    if (apiMachine !== undefined && port === apiMachine.kubelet?.controlPlane?.bindPort) {
      return this.#once(`api ${apiMachine.id}`, () => apiServerEndpoint(this.#world, cluster, apiMachine));
    }
    return undefined;
  }

  #once(key: string, make: () => Endpoint): Endpoint {
    const endpoint = this.#endpoints.get(key) ?? make();
    this.#endpoints.set(key, endpoint);
    return endpoint;
  }
}

function suffixAfter(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

/** etcd accepts only clients with a certificate of its own CA. */
function etcdEndpoint(world: World, cluster: WorkloadCluster, machine: Machine): Endpoint {
  const certificate = etcdCertificate(world, machine);
  const authority = authorityOn(world, machine, 'etcd/ca');
  const server: GrpcServer = etcdServer(cluster, machine);
  const credentials = ServerCredentials.createSsl(
    Buffer.from(authority.certificatePem),
    [{ private_key: Buffer.from(certificate.privateKeyPem), cert_chain: Buffer.from(certificate.certificatePem) }],
    true,
  );
  const injector = server.createConnectionInjector(credentials);
  return {
    inject: (connection) => injector.injectConnection(connection),
    close: () => {
      injector.destroy();
      server.forceShutdown();
    },
  };
}

/** A TLS server with the API server's certificate: clients come here to read when it ends. */
function apiServerEndpoint(world: World, cluster: WorkloadCluster, machine: Machine): Endpoint {
  const certificate = apiServerCertificate(world, machine);
  const server: TlsServer = createServer(
    {
      cert: certificate.certificatePem,
      key: certificate.privateKeyPem,
      ca: cluster.record.caPem,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2', 'http/1.1'],
    },
    (socket) => {
      socket.on('error', () => socket.destroy());
      socket.resume();
    },
  );
  return {
    inject: (connection) => {
      connection.on('error', () => connection.destroy());
      server.emit('connection', connection);
    },
    close: () => server.close(),
  };
}
