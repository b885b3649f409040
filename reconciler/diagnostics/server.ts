import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closableServer } from '../../machinery/closable-server';
import { CapstanError, messageOf } from '../../machinery/errors';

export interface DiagnosticsOptions {
  /** @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** 0: any free port. */
  readonly port: number;
  /** The metrics in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
  /** Why the process is not ready to work; empty: it is. */
  readonly notReady: () => readonly string[];
  /** Why the process should be started anew; empty: it should not. @default - never */
  readonly unhealthy?: (() => readonly string[]) | undefined;
}

export interface DiagnosticsServer {
  /** `http://host:port` */
  readonly address: string;
  close(): Promise<void>;
}

/** The port is taken, or not ours to listen on. */
export class DiagnosticsUnavailable extends CapstanError {
  constructor(host: string, port: number, cause: unknown) {
    super({
      name: 'DiagnosticsUnavailable',
      code: 'DIAGNOSTICS_UNAVAILABLE',
      message: `cannot serve metrics and probes at ${host}:${port} (${messageOf(cause)}); choose another address`,
      retry: 'never',
      cause,
    });
  }
}

const TEXT = 'text/plain; charset=utf-8';
const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

/** Serves `/metrics`, `/healthz` and `/readyz`, over plain HTTP as controller-runtime's probes do. */
export async function startDiagnostics(options: DiagnosticsOptions): Promise<DiagnosticsServer> {
  const host = options.host ?? '127.0.0.1';
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, TEXT, 'only GET\n');
    if (path === '/metrics') return send(response, 200, PROMETHEUS, await options.metrics());
    if (path === '/healthz' || path === '/livez') return probe(response, options.unhealthy?.() ?? []);
    if (path === '/readyz') return probe(response, options.notReady());
    return send(response, 404, TEXT, 'not found; there are /metrics, /healthz and /readyz\n');
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => send(response, 500, TEXT, `${messageOf(error)}\n`));
  });
  const close = closableServer(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new DiagnosticsUnavailable(host, options.port, error)));
    server.listen(options.port, host, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port;
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close,
  };
}

function probe(response: ServerResponse, reasons: readonly string[]): void {
  if (reasons.length === 0) send(response, 200, TEXT, 'ok');
  else send(response, 503, TEXT, `${reasons.join('\n')}\n`);
}

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(body);
}
