import { type Duplex, duplexPair } from 'node:stream';
import { createServer, type TLSSocket } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import { CapstanError } from '../../../machinery/errors';
import { keyText, type ObjectKey } from '../../../machinery/kube-object';
import type { IssuedCertificate } from '../../../machinery/pki';
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
    const [client, server] = connectionPair();
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
  const grpc = etcdServer(cluster, machine);
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const certificate = etcdCertificate(world, machine);
  const caPem = authorityOn(world, machine, 'etcd/ca').certificatePem;
  const endpoint = tlsEndpoint(certificate, { caPem, isRequired: true }, (socket) => injector.injectConnection(socket));
  return {
    inject: (connection) => endpoint.inject(connection),
    close: () => {
      endpoint.close();
      injector.destroy();
      grpc.forceShutdown();
    },
  };
}

/** A TLS server with the API server's certificate: clients come here to read when it ends. */
function apiServerEndpoint(world: World, cluster: WorkloadCluster, machine: Machine): Endpoint {
  const clients = { caPem: cluster.record.caPem, isRequired: false };
  return tlsEndpoint(apiServerCertificate(world, machine), clients, (socket) => socket.resume());
}

function tlsEndpoint(
  certificate: IssuedCertificate,
  clients: { readonly caPem: string; readonly isRequired: boolean },
  accept: (socket: TLSSocket) => void,
): Endpoint {
  const server = createServer({
    cert: certificate.certificatePem,
    key: certificate.privateKeyPem,
    ca: clients.caPem,
    requestCert: true,
    rejectUnauthorized: clients.isRequired,
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  const connections = new Set<Duplex>();
  server.on('secureConnection', (socket) => {
    socket.on('error', () => socket.destroy());
    accept(socket);
  });
  // A failed handshake does not end a connection that is no socket.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return {
    inject: (connection) => {
      connections.add(connection);
      connection.on('close', () => connections.delete(connection));
      server.emit('connection', connection);
    },
    close: () => {
      for (const connection of connections) connection.destroy();
      server.close();
    },
  };
}

/** Two ends of one connection; when one is closed or fails, so does the other. */
function connectionPair(): readonly [Duplex, Duplex] {
  const [client, server] = duplexPair();
  for (const [end, other] of [
    [client, server],
    [server, client],
  ] as const) {
    end.on('error', () => other.destroy());
    end.on('close', () => other.destroy());
  }
  return [client, server];
}
