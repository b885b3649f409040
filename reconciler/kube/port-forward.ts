import { Duplex } from 'node:stream';
import { type RawData, WebSocket } from 'ws';
import { KubeError, KubeUnreachable, type WorkloadChannel } from '../../api/ports';
import type { ObjectKey } from '../../machinery/kube-object';
import type { KubeEndpoint } from './endpoint';

/** A connection to a port of a Pod, through the API server. */
export interface PortForwarding {
  /** @throws KubeUnreachable, KubeError */
  portForward(pod: ObjectKey, port: number): Promise<Duplex>;
}

/** Channels to workload clusters over HTTPS can; those in process cannot. */
export function canPortForward(channel: WorkloadChannel): channel is WorkloadChannel & PortForwarding {
  return 'portForward' in channel && typeof channel.portForward === 'function';
}

/** Binary messages whose first byte is the channel: 0 carries data, 1 carries an error text (`portforward` of kubelet). */
const SUBPROTOCOL = 'v4.channel.k8s.io';
const DATA = 0;
const ERROR = 1;
const HANDSHAKE_MS = 10_000;
const UPGRADE_REASONS: { readonly [code: number]: string } = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound' };
/** Above this much unread data the socket is told to wait. */
const HIGH_WATER_BYTES = 256 * 1024;

/** Opens one port of a Pod as a stream of bytes. */
export async function openPortForward(endpoint: KubeEndpoint, pod: ObjectKey, port: number): Promise<Duplex> {
  const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/portforward`;
  const url = `${endpoint.server.replace(/^http/, 'ws')}${path}?ports=${port}`;
  const about = `port-forward pods ${pod.namespace}/${pod.name}:${port}`;
  const socket = new WebSocket(url, [SUBPROTOCOL], {
    ...endpoint.tls,
    headers: { ...(await endpoint.headers()) },
    handshakeTimeout: HANDSHAKE_MS,
    perMessageDeflate: false,
  });
  return new Promise<Duplex>((resolve, reject) => {
    socket.once('open', () => resolve(new ForwardedPort(socket, about)));
    socket.once('unexpected-response', (_request, response) => {
      const code = response.statusCode ?? 0;
      response.resume();
      socket.terminate();
      const reason = UPGRADE_REASONS[code] ?? 'InternalError';
      reject(new KubeError({ code, reason, message: `the server answered ${code} to the upgrade` }, about));
    });
    socket.once('error', (error) => reject(new KubeUnreachable(about, error)));
  });
}

class ForwardedPort extends Duplex {
  readonly #socket: WebSocket;
  readonly #about: string;
  /** Each channel begins with the two bytes of its port. */
  readonly #opened = new Set<number>();

  constructor(socket: WebSocket, about: string) {
    super({ readableHighWaterMark: HIGH_WATER_BYTES });
    this.#socket = socket;
    this.#about = about;
    socket.on('message', (data) => this.#receive(bytesOf(data)));
    socket.on('close', () => {
      // What has arrived is still read; then both directions are over, and so is the stream.
      this.push(null);
      this.end();
    });
    socket.on('error', (error) => this.destroy(new KubeUnreachable(about, error)));
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat([Buffer.of(DATA), chunk]), { binary: true }, (error) => done(error ?? null));
  }

  override _final(done: () => void): void {
    this.#socket.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.terminate();
    done(error);
  }

  #receive(message: Buffer): void {
    const channel = message[0];
    if (channel === undefined) return;
    let payload = message.subarray(1);
    if (!this.#opened.has(channel)) {
      this.#opened.add(channel);
      payload = payload.subarray(2);
    }
    if (payload.length === 0) return;
    if (channel === ERROR) this.destroy(new KubeUnreachable(this.#about, new Error(payload.toString('utf8').trim())));
    else if (channel === DATA && !this.push(payload)) this.#socket.pause();
  }
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
