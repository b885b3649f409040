import { Agent, type Dispatcher, request } from 'undici';
import type { Clock, CloudStackAccess, CloudStackCredentials, CloudStackTransport } from '../../../api/ports';
import { CloudStackUnreachable } from '../../../api/ports';
import type { JsonObject } from '../../../machinery/json';
import { SecretText } from '../../../machinery/secret';
import { shownEndpoint } from '../../../machinery/user-info';
import { openEnvelope, UnreadableAnswer } from './envelope';
import { formBody, type Parameters, signatureOf } from './signature';

export interface HttpAccessOptions {
  readonly clock: Clock;
  /** How long one answer may take. @default 60_000 */
  readonly timeoutMs?: number | undefined;
  /** Open connections for each endpoint. @default 8 */
  readonly connections?: number | undefined;
}

/** How long a signed request is good for; servers that enforce expiry refuse more than 15 minutes. */
const SIGNATURE_LIFETIME_MS = 10 * 60_000;

/** Answers of lists are large, but not this large; guards the memory of the process. */
const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024;

/** CloudStack over HTTP(S): every command a signed POST, one pool of connections for each endpoint. */
export class HttpCloudStackAccess implements CloudStackAccess {
  readonly #options: HttpAccessOptions;
  readonly #pools = new Map<string, Agent>();

  constructor(options: HttpAccessOptions) {
    this.#options = options;
  }

  connect(credentials: CloudStackCredentials): CloudStackTransport {
    return new HttpTransport(credentials, this.#pool(credentials), this.#options);
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #pool(credentials: CloudStackCredentials): Agent {
    const key = `${credentials.verifySsl} ${credentials.apiUrl}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new Agent({
        connections: this.#options.connections ?? 8,
        connect: { rejectUnauthorized: credentials.verifySsl, timeout: 10_000 },
      });
      this.#pools.set(key, pool);
    }
    return pool;
  }
}

class HttpTransport implements CloudStackTransport {
  /** May hold user and password; `shownEndpoint` is what may be told of it. */
  readonly #endpoint: string;
  readonly #apiKey: string;
  readonly #secretKey: SecretText;
  readonly #pool: Dispatcher;
  readonly #options: HttpAccessOptions;

  constructor(credentials: CloudStackCredentials, pool: Dispatcher, options: HttpAccessOptions) {
    this.#endpoint = credentials.apiUrl;
    this.#apiKey = credentials.apiKey;
    this.#secretKey = new SecretText(credentials.secretKey);
    this.#pool = pool;
    this.#options = options;
  }

  async call(command: string, parameters: Parameters): Promise<JsonObject> {
    const answer = await this.#post(command, this.#sign(command, parameters));
    try {
      return openEnvelope(command, answer.status, answer.body);
    } catch (error) {
      if (error instanceof UnreadableAnswer)
        throw new CloudStackUnreachable(command, shownEndpoint(this.#endpoint), error);
      throw error;
    }
  }

  #sign(command: string, parameters: Parameters): Parameters {
    const signed: { [name: string]: string } = {
      ...parameters,
      command,
      response: 'json',
      apiKey: this.#apiKey,
      signatureversion: '3',
      expires: `${new Date(this.#options.clock.now() + SIGNATURE_LIFETIME_MS).toISOString().slice(0, 19)}+0000`,
    };
    signed.signature = signatureOf(signed, this.#secretKey.reveal());
    return signed;
  }

  async #post(command: string, parameters: Parameters): Promise<{ status: number; body: string }> {
    const timeoutMs = this.#options.timeoutMs ?? 60_000;
    try {
      const answer = await request(this.#endpoint, {
        method: 'POST',
        dispatcher: this.#pool,
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: formBody(parameters),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      return { status: answer.statusCode, body: await readLimited(answer.body) };
    } catch (error) {
      throw new CloudStackUnreachable(command, shownEndpoint(this.#endpoint), error);
    }
  }
}

async function readLimited(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > ANSWER_LIMIT_BYTES) throw new Error(`the answer is longer than ${ANSWER_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
