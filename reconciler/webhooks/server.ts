import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { answerWebhook } from '../../api';
import type { Log } from '../../api/ports';
import { closableServer } from '../../machinery/closable-server';
import { messageOf } from '../../machinery/errors';
import type { WebhookCertificates } from './certificates';

export interface WebhookServerOptions {
  readonly certificates: WebhookCertificates;
  /** @default '0.0.0.0' */
  readonly host?: string | undefined;
  /** 0: any free one. @default 9443, as upstream's webhooks */
  readonly port?: number | undefined;
  readonly log: Log;
}

export interface WebhookServer {
  readonly port: number;
  close(): Promise<void>;
}

/** An API server sends at most etcd's limit for one object, and converts lists in batches. */
const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

/** Serves conversion and admission to API servers. Pure functions answer; nothing is looked up. */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { certificates, log } = options;
  const server = createServer(
    { key: certificates.privateKeyPem, cert: certificates.certificatePem, minVersion: 'TLSv1.2' },
    (request, response) => void handle(request, response, log),
  );
  const close = closableServer(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 9443, options.host ?? '0.0.0.0', resolve);
  });
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, close };
}

async function handle(request: IncomingMessage, response: ServerResponse, log: Log): Promise<void> {
  try {
    const answer = answerWebhook(request.url ?? '', await readBody(request));
    if (answer === undefined)
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not a review for this path\n');
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  } catch (error) {
    log.warn({ path: request.url, error: messageOf(error) }, 'webhook request not understood');
    response.writeHead(400, { 'content-type': 'text/plain' }).end(messageOf(error));
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > BODY_LIMIT_BYTES) throw new RangeError(`the body is larger than ${BODY_LIMIT_BYTES} bytes`);
    chunks.push(bytes);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
