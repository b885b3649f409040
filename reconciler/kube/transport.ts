import { type Dispatcher, Pool } from 'undici';
import { KubeError, KubeUnreachable, type Status } from '../../api/ports';
import type { Clock } from '../../machinery/clock';
import { isJsonObject } from '../../machinery/json';
import type { KubeEndpoint } from './endpoint';
import type { RequestCounter, Verb } from './request-counter';

export interface TransportOptions {
  readonly endpoint: KubeEndpoint;
  readonly clock: Clock;
  readonly counter: RequestCounter;
  /** Longest wait for the connection, for headers and between two parts of a body. @default 30 s */
  readonly timeoutMs?: number | undefined;
  /** Connections for requests; each watch has one of its own. @default 16 */
  readonly connections?: number | undefined;
}

export interface KubeRequest {
  readonly verb: Verb;
  /** Lower-case plural, for the counter. */
  readonly resource: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query below the server's address. */
  readonly path: string;
  readonly body?: object | undefined;
  readonly contentType?: string | undefined;
  /** What the request is about, for messages. */
  readonly about: string;
  readonly signal?: AbortSignal | undefined;
}

/** Below the 90 s after which API servers close idle connections (Go's `IdleTimeout` there). */
const KEEP_ALIVE_MS = 60_000;
const CONNECT_MS = 10_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_CONNECTIONS = 16;
/**
 * For so long in all a request waits for a server that names a time to come again. It must not leave after the leader that
 * sent it was followed by another, and 5 s lie between the last write of one and the first of the next.
 */
const LONGEST_WAIT_MS = 4_000;
const SHORTEST_WAIT_MS = 100;

/**
 * With `Retry-After`, for every verb: 429 comes from API priority and fairness, 503 from a server that stops or that
 * exchanges the storage of a changed CRD. client-go repeats both.
 */
const isNotExecuted = (statusCode: number) => statusCode === 429 || statusCode === 503;

/** Sends requests to one API server over a pool of HTTP/1.1 connections. Several of these beat one HTTP/2 connection. */
export class Transport {
  readonly endpoint: KubeEndpoint;
  readonly #clock: Clock;
  readonly #counter: RequestCounter;
  readonly #origin: string;
  readonly #basePath: string;
  readonly #host: string;
  readonly #requests: Pool;
  readonly #watches: Pool;

  constructor(options: TransportOptions) {
    const { endpoint } = options;
    const url = new URL(endpoint.server);
    this.endpoint = endpoint;
    this.#clock = options.clock;
    this.#counter = options.counter;
    this.#origin = url.origin;
    this.#basePath = url.pathname === '/' ? '' : url.pathname;
    this.#host = url.host;
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const common = {
      connect: { ...defined(endpoint.tls), timeout: Math.min(CONNECT_MS, timeoutMs), keepAlive: true },
      headersTimeout: timeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      pipelining: 1,
    };
    this.#requests = new Pool(this.#origin, {
      ...common,
      bodyTimeout: timeoutMs,
      connections: options.connections ?? DEFAULT_CONNECTIONS,
    });
    // Whether a silent watch is dead is decided by its reader, who knows what to expect.
    this.#watches = new Pool(this.#origin, { ...common, bodyTimeout: 0, connections: null });
  }

  /**
   * Sends a request and returns the JSON of the answer.
   * @throws KubeError, KubeUnreachable
   */
  async json(request: KubeRequest): Promise<unknown> {
    let waitedMs = 0;
    for (let attempt = 1; ; attempt++) {
      const response = await this.#sendOnce(request, attempt);
      if (response === undefined) continue;
      const { statusCode, text, retryAfterSeconds = Number.POSITIVE_INFINITY } = response;
      if (statusCode < 400) return this.#parse(request, text);
      const waitMs = Math.max(retryAfterSeconds * 1000, SHORTEST_WAIT_MS);
      waitedMs += waitMs;
      if (!isNotExecuted(statusCode) || waitedMs > LONGEST_WAIT_MS)
        throw new KubeError(statusOf(statusCode, text), request.about);
      await this.#clock.sleep(waitMs, request.signal);
    }
  }

  /**
   * Opens a stream; the caller reads it to its end or aborts.
   * @throws KubeError, KubeUnreachable
   */
  async stream(request: KubeRequest): Promise<Dispatcher.ResponseData['body']> {
    const response = await this.#dispatch(this.#watches, request);
    if (response.statusCode < 400) return response.body;
    const text = await this.#read(request, response);
    throw new KubeError(statusOf(response.statusCode, text), request.about);
  }

  /** Ends all connections at once. */
  close(): void {
    for (const pool of [this.#requests, this.#watches]) {
      // Whoever still waits hears of it by its own promise.
      pool.destroy().catch(() => undefined);
    }
  }

  /** @returns undefined when the request may be sent again because the server cannot have seen it */
  async #sendOnce(
    request: KubeRequest,
    attempt: number,
  ): Promise<{ statusCode: number; text: string; retryAfterSeconds: number | undefined } | undefined> {
    try {
      const response = await this.#dispatch(this.#requests, request);
      const retryAfter = Number(response.headers['retry-after'] ?? Number.NaN);
      return {
        statusCode: response.statusCode,
        text: await this.#read(request, response),
        retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
      };
    } catch (error) {
      // The server closed an idle connection while the request was on its way; a read may simply be repeated.
      if (attempt === 1 && request.method === 'GET' && isClosedSocket(error)) return undefined;
      throw error;
    }
  }

  async #dispatch(pool: Pool, request: KubeRequest): Promise<Dispatcher.ResponseData> {
    try {
      const headers: { [name: string]: string } = { accept: 'application/json', ...(await this.endpoint.headers()) };
      if (request.body !== undefined) headers['content-type'] = request.contentType ?? 'application/json';
      const response = await pool.request({
        method: request.method,
        path: this.#basePath + request.path,
        headers,
        body: request.body === undefined ? null : JSON.stringify(request.body),
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
      this.#count(request, response.statusCode);
      return response;
    } catch (error) {
      this.#count(request, undefined);
      throw new KubeUnreachable(request.about, error);
    }
  }

  async #read(request: KubeRequest, response: Dispatcher.ResponseData): Promise<string> {
    try {
      return await response.body.text();
    } catch (error) {
      throw new KubeUnreachable(request.about, error);
    }
  }

  #parse(request: KubeRequest, text: string): unknown {
    if (text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new KubeUnreachable(request.about, error);
    }
  }

  #count(request: KubeRequest, code: number | undefined): void {
    this.#counter.count({ verb: request.verb, resource: request.resource, host: this.#host, code });
  }
}

function isClosedSocket(error: unknown): boolean {
  const cause = error instanceof KubeUnreachable ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

const REASONS: { readonly [code: number]: string } = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** The Status in an answer; a proxy's answer without one becomes one (reasons as client-go derives them). */
function statusOf(code: number, text: string): Status {
  try {
    const body: unknown = JSON.parse(text);
    if (isStatus(body)) return { ...body, code: body.code ?? code, reason: body.reason || reasonOf(code) };
  } catch {
    // Not JSON: said below in other words.
  }
  return { code, reason: reasonOf(code), message: `the server answered ${code}: ${text.slice(0, 200)}` };
}

function isStatus(value: unknown): value is Status {
  return isJsonObject(value) && value.kind === 'Status' && typeof value.message === 'string';
}

function reasonOf(code: number): string {
  return REASONS[code] ?? (code >= 500 ? 'InternalError' : 'Unknown');
}

/** undici tells an absent option from one that is undefined. */
function defined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
