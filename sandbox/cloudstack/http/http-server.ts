import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from '../../../machinery/clock';
import { closableServer } from '../../../machinery/closable-server';
import type { JsonObject } from '../../../machinery/json';
import type { Answer, Gate, ManagementServer, Request } from '../management-server';
import { errorAnswer } from '../management-server';
import { ApiError, unauthorized } from '../protocol/api-error';
import type { Database } from '../store/database';
import { type Caller, callerOf } from '../tenancy/caller';
import { decodeForm } from './form';
import type { Sessions } from './sessions';
import { type Decoded, expiryOf, isSignedWith } from './signature';

export interface HttpParts {
  readonly server: ManagementServer;
  readonly sessions: Sessions;
  readonly db: Database;
  readonly clock: Clock;
}

export interface ListenOptions {
  /** 0: any free one. */
  readonly port: number;
  /** @default '127.0.0.1' */
  readonly host?: string;
}

export interface Listener {
  /** `http://127.0.0.1:<port>/client/api` */
  readonly endpoint: string;
  readonly port: number;
  close(): Promise<void>;
}

const PATH = '/client/api';

/** Parameters that speak to the protocol, not to the command. */
const PROTOCOL_NAMES = new Set([
  'command',
  'response',
  'apikey',
  'signature',
  'signatureversion',
  'expires',
  'sessionkey',
]);

/** `request.content.size` of the real server, and the room percent-encoding needs. */
const BODY_LIMIT = 4 * 1024 * 1024;

/** Serves the API on loopback. @throws Error when the port is taken */
export async function listen(parts: HttpParts, options: ListenOptions): Promise<Listener> {
  const host = options.host ?? '127.0.0.1';
  const server = createServer((request, response) => {
    void respond(parts, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 30_000;
  const close = closableServer(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: options.port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const port = portOf(server);
  return {
    endpoint: `http://${host}:${port}${PATH}`,
    port,
    close,
  };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function respond(parts: HttpParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  if (path.replace(/\/$/, '') !== PATH || (request.method !== 'GET' && request.method !== 'POST')) {
    response.writeHead(404, { 'content-type': 'text/html' }).end('<html><body><h2>HTTP ERROR 404</h2></body></html>');
    return;
  }
  const body = request.method === 'POST' ? await readBody(request) : '';
  const parameters = { ...decodeForm(query), ...decodeForm(body) };
  if (parameters['response']?.toLowerCase() !== 'json') {
    refuseXml(response);
    return;
  }
  const cookies = cookiesOf(request);
  const answer = await answerTo(parts, request.method, parameters, cookies, response);
  if (answer.kind === 'lost') {
    request.socket.destroy();
    return;
  }
  send(response, answer);
}

async function answerTo(
  parts: HttpParts,
  method: 'GET' | 'POST',
  parameters: Decoded,
  cookies: Decoded,
  response: ServerResponse,
): Promise<Answer> {
  const command = parameters['command'];
  if (command === undefined || command === '') return errorAnswer(unauthorized(), 'errorresponse');
  if (command === 'login') return login(parts, parameters, response);
  if (command === 'logout') {
    parts.sessions.logout(cookies);
    response.setHeader('set-cookie', [
      'JSESSIONID=; Path=/client; Max-Age=0',
      'sessionkey=; Path=/client/api; Max-Age=0',
    ]);
    return { kind: 'answer', status: 200, envelope: 'logoutresponse', content: { description: 'success' } };
  }
  const request: Request = {
    command,
    parameters: Object.fromEntries(
      Object.entries(parameters).filter(([name]) => !PROTOCOL_NAMES.has(name.toLowerCase())),
    ),
    method,
    authenticate: (gate) => authenticate(parts, gate, parameters, cookies),
  };
  return parts.server.answer(request);
}

/** @throws ApiError in the order of `cloudstack.md` 1.5 */
function authenticate(parts: HttpParts, gate: Gate, parameters: Decoded, cookies: Decoded): Caller {
  const find = (wanted: string) => {
    const name = Object.keys(parameters).find((candidate) => candidate.toLowerCase() === wanted);
    return name === undefined ? undefined : parameters[name];
  };
  const apiKey = find('apikey');
  const signature = find('signature');
  if (apiKey === undefined && signature === undefined && cookies['JSESSIONID'] !== undefined) {
    return gate.admitted(callerOf(parts.db, parts.sessions.userOf(cookies, parameters)));
  }
  if (apiKey === undefined || signature === undefined) throw unauthorized();
  if (find('signatureversion') === '3') {
    const expires = expiryOf(find('expires') ?? '');
    if (expires === undefined || expires < parts.clock.now()) throw unauthorized();
  }
  return gate.signed(apiKey, (secretKey) => isSignedWith(secretKey, parameters, signature));
}

function login(parts: HttpParts, parameters: Decoded, response: ServerResponse): Answer {
  try {
    const { content, cookies } = parts.sessions.login(parameters);
    response.setHeader('set-cookie', [...cookies]);
    return { kind: 'answer', status: 200, envelope: 'loginresponse', content };
  } catch (error) {
    return errorAnswer(error, 'loginresponse');
  }
}

function send(response: ServerResponse, answer: Answer & { readonly kind: 'answer' }): void {
  const body: JsonObject = { [answer.envelope]: answer.content };
  response.setHeader('content-type', 'application/json; charset=UTF-8');
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-xss-protection', '1;mode=block');
  const text = answer.content['errortext'];
  if (answer.status !== 200 && typeof text === 'string') {
    response.setHeader('x-description', text.replace(/[^\x20-\x7e]/g, ' ').slice(0, 1000));
  }
  response.writeHead(answer.status);
  response.end(JSON.stringify(body));
}

/** XML is the real server's default; this one speaks JSON only and says so in XML. */
function refuseXml(response: ServerResponse): void {
  response.writeHead(501, { 'content-type': 'text/xml; charset=UTF-8' });
  response.end(
    '<?xml version="1.0" encoding="UTF-8"?><errorresponse><errorcode>501</errorcode>' +
      '<errortext>this server answers in JSON only: send response=json</errortext></errorresponse>',
  );
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > BODY_LIMIT) throw new ApiError(413, 'the form is too large', undefined);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function cookiesOf(request: IncomingMessage): Decoded {
  const cookies: { [name: string]: string } = {};
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0) cookies[part.slice(0, equals).trim()] = part.slice(equals + 1).trim();
  }
  return cookies;
}
