import { Agent, request } from 'undici';
import { type KubeApi, KubeError } from '../../api/ports';
import { SystemClock } from '../../machinery/clock';
import { valueAt } from '../../machinery/json';
import type { KubeObject } from '../../machinery/kube-object';
import { connectEndpoint } from '../../reconciler/kube';

/** An API server to hold to the suite. Its tokens are {@link ADMIN_TOKEN} (a system:master) and {@link ALICE_TOKEN}. */
export interface TestedServer {
  /** `https://host:port`, with whatever certificate. */
  readonly url: string;
  /** Forgets old revisions, as etcd's compaction does. */
  compact(): Promise<void>;
  stop(): Promise<void>;
}

export const ADMIN_TOKEN = 'admin-token';
/** A user in no group beyond the authenticated. */
export const ALICE_TOKEN = 'alice-token';

/** What the server said to one request. */
export interface Answer {
  readonly code: number;
  readonly body: unknown;
  readonly warnings?: readonly string[];
}

export interface CallOptions {
  readonly token?: string;
  /** Another user, by impersonation. */
  readonly as?: string;
  readonly accept?: string;
  /** Media type of the body. @default 'application/json' */
  readonly type?: string;
}

/** Fields of an object without its header. */
export type Fields = Readonly<Record<string, unknown>>;

/** One client of a tested server: the port over HTTPS, and raw requests where the port hides something. */
export class Client {
  readonly #dispatcher = new Agent({ connect: { rejectUnauthorized: false }, connections: 8 });
  readonly #connection;
  readonly api: KubeApi;

  constructor(readonly server: TestedServer) {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'user-agent': 'conformance/1.0' };
    const endpoint = { server: server.url, tls: { rejectUnauthorized: false }, headers: () => headers };
    this.#connection = connectEndpoint(endpoint, { clock: new SystemClock() });
    this.api = this.#connection.api;
  }

  async http(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
    const answer = await request(`${this.server.url}${path}`, {
      method: method as 'GET',
      dispatcher: this.#dispatcher,
      headers: {
        authorization: `Bearer ${options.token ?? ADMIN_TOKEN}`,
        accept: options.accept ?? 'application/json',
        'user-agent': 'conformance/1.0',
        ...(options.as === undefined ? {} : { 'impersonate-user': options.as }),
        ...(body === undefined ? {} : { 'content-type': options.type ?? 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    const warning = answer.headers['warning'];
    const warnings = warning === undefined ? [] : [warning].flat();
    return { code: answer.statusCode, body: parsed(text), ...(warnings.length === 0 ? {} : { warnings }) };
  }

  /** What a path answers, as it is on the wire. */
  async bytes(path: string, accept: string): Promise<{ code: number; type: string; bytes: Buffer }> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, accept };
    const answer = await request(`${this.server.url}${path}`, { dispatcher: this.#dispatcher, headers });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    return { code: answer.statusCode, type: String(answer.headers['content-type'] ?? ''), bytes };
  }

  /** Lines of a watch as they come, until `enough` says so, the server ends it, or ten seconds are over. */
  async watch(path: string, enough: (events: readonly WatchLine[]) => boolean): Promise<WatchLine[]> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), 10_000);
    const events: WatchLine[] = [];
    try {
      const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, accept: 'application/json' };
      const options = { dispatcher: this.#dispatcher, headers, signal: abort.signal };
      const answer = await request(`${this.server.url}${path}`, options);
      if (answer.statusCode !== 200) return [{ type: `${answer.statusCode}`, object: await answer.body.json() }];
      let rest = '';
      for await (const chunk of answer.body) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') events.push(JSON.parse(line) as WatchLine);
        if (enough(events)) break;
      }
    } catch (error) {
      if (!abort.signal.aborted) throw error;
      events.push({ type: 'timed out', object: null });
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
    return events;
  }

  async close(): Promise<void> {
    this.#connection.close();
    await this.#dispatcher.destroy();
  }
}

export interface WatchLine {
  readonly type: string;
  readonly object: unknown;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The stage of one case: a namespace of its own, named by the case. */
export class Scene {
  readonly api: KubeApi;

  constructor(
    readonly client: Client,
    /** Name of the case and of its namespace. */
    readonly ns: string,
  ) {
    this.api = client.api;
  }

  /** Group of the CRDs that only this case uses. */
  get group(): string {
    return `${this.ns}.conformance.capstan.dev`;
  }

  /** Path of a resource in the case's namespace: `at('v1', 'configmaps', 'a')`. */
  at(apiVersion: string, ...rest: readonly string[]): string {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    return `${root}/namespaces/${this.ns}/${rest.join('/')}`;
  }

  get(path: string, options?: CallOptions): Promise<Answer> {
    return this.client.http('GET', path, undefined, options);
  }

  post(path: string, body: unknown, options?: CallOptions): Promise<Answer> {
    return this.client.http('POST', path, body, options);
  }

  put(path: string, body: unknown, options?: CallOptions): Promise<Answer> {
    return this.client.http('PUT', path, body, options);
  }

  delete(path: string, body?: unknown, options?: CallOptions): Promise<Answer> {
    return this.client.http('DELETE', path, body, options);
  }

  apply(path: string, manager: string, body: unknown, query = ''): Promise<Answer> {
    const type = 'application/apply-patch+yaml';
    return this.client.http('PATCH', `${path}?fieldManager=${manager}${query}`, body, { type });
  }

  merge(path: string, body: unknown, options?: CallOptions): Promise<Answer> {
    return this.client.http('PATCH', path, body, { type: 'application/merge-patch+json', ...options });
  }

  json(path: string, body: unknown): Promise<Answer> {
    return this.client.http('PATCH', path, body, { type: 'application/json-patch+json' });
  }

  strategic(path: string, body: unknown): Promise<Answer> {
    return this.client.http('PATCH', path, body, { type: 'application/strategic-merge-patch+json' });
  }

  watch(path: string, enough: number | ((events: readonly WatchLine[]) => boolean)): Promise<WatchLine[]> {
    return this.client.watch(path, typeof enough === 'number' ? (events) => events.length >= enough : enough);
  }

  /** Asks again until the answer is as wanted. */
  async until(ask: () => Promise<Answer>, holds: (answer: Answer) => boolean): Promise<Answer> {
    const deadline = Date.now() + 40_000;
    for (;;) {
      const answer = await ask();
      if (holds(answer)) return answer;
      if (Date.now() > deadline) throw new Error(`${this.ns}: not reached; last answer ${JSON.stringify(answer)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  gone(path: string): Promise<Answer> {
    return this.until(
      () => this.get(path),
      (answer) => answer.code === 404,
    );
  }

  /** A ConfigMap of the case's namespace. */
  configMap(name: string, fields: Fields = {}, metadata: Fields = {}): KubeObject {
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: this.ns, ...metadata }, ...fields };
  }
}

/** What a call through the port came to: its result, or the refusal. */
export async function outcome(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof KubeError) return { refused: error.status };
    throw error;
  }
}

export const uidOf = (answer: Answer): string => String(valueAt(answer.body, 'metadata', 'uid'));
export const versionOf = (answer: Answer): string => String(valueAt(answer.body, 'metadata', 'resourceVersion'));
/** Under their own name, by which normalisation knows them. */
export const managersOf = (answer: Answer): { readonly managedFields: unknown } => ({
  managedFields: valueAt(answer.body, 'metadata', 'managedFields') ?? 'none',
});
export const at = (answer: Answer, ...path: (string | number)[]): unknown => valueAt(answer.body, ...path);
export const bodyOf = (answer: Answer): KubeObject => answer.body as KubeObject;
