import { type ClientHttp2Session, connect } from 'node:http2';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Clock } from '../../../machinery/clock';

/** Who we are, and whom we believe. PEM. */
export interface GrpcCredentials {
  readonly caPem: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** The server answered a call with a gRPC status other than OK. */
export class GrpcRefused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message === '' ? `gRPC status ${status}` : message);
    this.name = 'GrpcRefused';
  }
}

/** Figures of Cluster API's etcd client (`capi.md` 6.8). */
const DIAL_MS = 10_000;
const CALL_MS = 15_000;
/** Answers are a few hundred bytes a member. */
const LARGEST_ANSWER_BYTES = 4 * 1024 * 1024;

/**
 * The TLS connection inside a tunnel. The server is known by its certificate authority; its name is not checked,
 * because no name leads through a port-forward.
 * @param protocols - ALPN; absent: none offered
 */
export async function openTls(
  tunnel: Duplex,
  credentials: Partial<GrpcCredentials>,
  clock: Clock,
  protocols?: readonly string[],
): Promise<TLSSocket> {
  const socket = connectTls({
    socket: tunnel,
    ...(credentials.caPem === undefined ? {} : { ca: credentials.caPem }),
    ...(credentials.certificatePem === undefined ? {} : { cert: credentials.certificatePem }),
    ...(credentials.privateKeyPem === undefined ? {} : { key: credentials.privateKeyPem }),
    ...(protocols === undefined ? {} : { ALPNProtocols: [...protocols] }),
    checkServerIdentity: () => undefined,
    minVersion: 'TLSv1.2',
  });
  // The end of one side must not leave the other behind.
  socket.once('close', () => tunnel.destroy());
  tunnel.once('close', () => socket.destroy());
  return new Promise((resolve, reject) => {
    const timer = clock.after(DIAL_MS, () => socket.destroy(new Error(`no TLS handshake within ${DIAL_MS} ms`)));
    socket.once('secureConnect', () => {
      timer.cancel();
      socket.removeAllListeners('error');
      // From here on whoever uses the socket hears of errors by its own means; none may end the process.
      socket.on('error', () => undefined);
      resolve(socket);
    });
    socket.once('error', (error) => {
      timer.cancel();
      reject(error);
    });
    socket.once('close', () => {
      timer.cancel();
      reject(new Error('the connection was closed during the TLS handshake'));
    });
  });
}

/** Unary gRPC calls over one connection. */
export class GrpcSession {
  readonly #session: ClientHttp2Session;
  readonly #clock: Clock;

  private constructor(session: ClientHttp2Session, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
    session.on('error', () => undefined);
  }

  static async open(tunnel: Duplex, credentials: GrpcCredentials, clock: Clock): Promise<GrpcSession> {
    const socket = await openTls(tunnel, credentials, clock, ['h2']);
    return new GrpcSession(connect('https://etcd', { createConnection: () => socket }), clock);
  }

  get isUsable(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  close(): void {
    this.#session.destroy();
  }

  /**
   * @param method - `/package.Service/Method`
   * @throws GrpcRefused, or the connection's error
   */
  call(method: string, request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        ':method': 'POST',
        ':path': method,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const timer = this.#clock.after(CALL_MS, () => stream.destroy(new Error(`no answer within ${CALL_MS} ms`)));
      const parts: Buffer[] = [];
      let size = 0;
      let status: { code: number; message: string } | undefined;
      const readStatus = (headers: { [name: string]: unknown }) => {
        const code = headers['grpc-status'];
        if (code === undefined) return;
        status = { code: Number(code), message: decodeText(String(headers['grpc-message'] ?? '')) };
      };
      // A refusal without a message comes with its status in the first headers ("trailers only").
      stream.on('response', readStatus);
      stream.on('trailers', readStatus);
      stream.on('data', (part: Buffer) => {
        size += part.length;
        if (size > LARGEST_ANSWER_BYTES) stream.destroy(new Error('the answer is too long'));
        else parts.push(part);
      });
      stream.on('error', reject);
      stream.on('close', () => {
        timer.cancel();
        if (status === undefined) reject(new Error('the connection was closed before the answer'));
        else if (status.code !== 0) reject(new GrpcRefused(status.code, status.message));
        else resolveFrame(Buffer.concat(parts), resolve, reject);
      });
      stream.end(Buffer.concat([frameHeader(request.length), request]));
    });
  }
}

/** One byte "not compressed", four bytes length. */
function frameHeader(length: number): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(length, 1);
  return header;
}

function resolveFrame(bytes: Buffer, resolve: (message: Buffer) => void, reject: (error: Error) => void): void {
  if (bytes.length < 5 || bytes[0] !== 0) reject(new Error('the answer is not an uncompressed gRPC message'));
  else if (bytes.length < 5 + bytes.readUInt32BE(1)) reject(new Error('the answer is cut off'));
  else resolve(bytes.subarray(5, 5 + bytes.readUInt32BE(1)));
}

/** `grpc-message` is percent-encoded. */
function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
