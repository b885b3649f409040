import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import fc from 'fast-check';
import type { KubeApi, TypedResource, WatchEvent } from '../../../api/ports';
import { SystemClock } from '../../../machinery/clock';
import type { KubeObject } from '../../../machinery/kube-object';
import { connectEndpoint, type KubeConnection } from '../../../reconciler/kube';
import { LineDecoder } from '../../../reconciler/kube/line-decoder';
import { portOf } from '../workload/forwarding-server';

const widgets: TypedResource = {
  group: 'test.dev',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
};
const key = { namespace: 'default', name: 'a' };

type Script = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A server that misbehaves as it is told, and a client of it. */
class World {
  readonly requests: { method: string; url: string; type: string; body: string }[] = [];
  #connection: KubeConnection | undefined;
  #server: Server | undefined;

  async start(script: Script, timeoutMs = 2000): Promise<this> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.requests.push({ method, url, type: headers['content-type'] ?? '', body: Buffer.concat(parts).toString() });
        script(request, response, this.requests.length);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
    const endpoint = {
      server: `http://127.0.0.1:${portOf(server)}`,
      tls: {},
      headers: () => ({ authorization: 'Bearer S3CR3T' }),
    };
    this.#connection = connectEndpoint(endpoint, { clock: new SystemClock(), timeoutMs });
    return this;
  }

  get connection(): KubeConnection {
    if (this.#connection === undefined) throw new Error('start the world first');
    return this.#connection;
  }

  get api(): KubeApi {
    return this.connection.api;
  }

  async stop(): Promise<void> {
    this.connection.close();
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

function json(response: ServerResponse, code: number, body: unknown, headers: { [name: string]: string } = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

const status = (code: number, reason: string, message: string) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message,
});
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test('a request says exactly what is asked for', async () => {
  const world = await new World().start((_request, response) => json(response, 200, { metadata: {} }));

  await world.api.list(widgets, { namespace: 'a b', labelSelector: 'x=y', limit: 5 });
  await world.api.patch(
    widgets,
    key,
    { type: 'apply', patch: { a: 1 }, force: true },
    { fieldManager: 'me', dryRun: true, subresource: 'status' },
  );
  await world.api.delete(widgets, key, { propagationPolicy: 'Foreground', preconditions: { uid: 'u' } });

  expect(world.requests).toMatchObject([
    { method: 'GET', url: '/apis/test.dev/v1/namespaces/a%20b/widgets?labelSelector=x%3Dy&limit=5' },
    {
      method: 'PATCH',
      url: '/apis/test.dev/v1/namespaces/default/widgets/a/status?dryRun=All&fieldManager=me&force=true',
      type: 'application/apply-patch+yaml',
      body: '{"a":1}',
    },
    {
      method: 'DELETE',
      body: '{"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Foreground","preconditions":{"uid":"u"}}',
    },
  ]);
  await world.stop();
});

test.each([
  [429, 'TooManyRequests', 'slow down'],
  // What a kube-apiserver says that stops, or that exchanges the storage of a CRD which was changed.
  [503, 'ServiceUnavailable', 'apiserver is shutting down'],
])(
  'a request that was not executed (%i) is repeated after the time the server names, whatever its verb',
  async (code, reason, message) => {
    const world = await new World().start((_request, response, count) => {
      if (count < 3) json(response, code, status(code, reason, message), { 'retry-after': '0' });
      else json(response, 201, { metadata: { name: 'a' } });
    });

    const created = await world.api.create(widgets, { apiVersion: 'test.dev/v1', kind: 'Widget', metadata: key });

    expect(created.metadata.name).toBe('a');
    expect(world.requests).toHaveLength(3);
    await world.stop();
  },
);

test.each([
  ['names no time', {}],
  ['names a time that would outlast the lease of a leader', { 'retry-after': '5' }],
])('a request is not repeated when the server %s', async (_what, headers) => {
  const world = await new World().start((_request, response) =>
    json(response, 503, status(503, 'ServiceUnavailable', 'no'), headers),
  );

  const error = await failure(world.api.create(widgets, { apiVersion: 'test.dev/v1', kind: 'Widget', metadata: key }));

  expect(error).toMatchObject({ name: 'KubeError', status: { code: 503 } });
  expect(world.requests).toHaveLength(1);
  await world.stop();
});

test('an answer that is no Status becomes one, and never tells our credentials', async () => {
  const world = await new World().start((_request, response) =>
    response.writeHead(502).end('<html>Bad gateway</html>'),
  );

  const error = await failure(world.api.get(widgets, key));

  expect(error).toMatchObject({ name: 'KubeError', status: { code: 502, reason: 'InternalError' } });
  expect(String(error)).toContain('get widgets default/a');
  expect(JSON.stringify(error) + String(error)).not.toContain('S3CR3T');
  await world.stop();
});

test('a read on a connection that the server has closed is repeated, a write is not', async () => {
  const dropFirst: Script = (request, response, count) =>
    count === 1 ? request.socket.destroy() : json(response, 200, { metadata: {} });
  const reading = await new World().start(dropFirst);
  const writing = await new World().start(dropFirst);

  await reading.api.get(widgets, key);
  const error = await failure(writing.api.patch(widgets, key, { type: 'merge', patch: {} }));

  expect(reading.requests).toHaveLength(2);
  expect(error).toMatchObject({ code: 'KUBE_UNREACHABLE' });
  expect(writing.requests).toHaveLength(1);
  await reading.stop();
  await writing.stop();
});

test('a server that does not answer is given up', async () => {
  const world = await new World().start(() => undefined, 300);

  expect(await failure(world.api.get(widgets, key))).toMatchObject({ code: 'KUBE_UNREACHABLE' });
  await world.stop();
});

test('half an answer is no answer', async () => {
  const world = await new World().start((_request, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"metadata":');
    setTimeout(() => response.destroy(), 50);
  });

  expect(await failure(world.api.get(widgets, key))).toMatchObject({ code: 'KUBE_UNREACHABLE' });
  await world.stop();
});

test('a watch reads events cut anywhere, ends when the server ends it, and tells errors and bookmarks', async () => {
  const lines = [
    { type: 'ADDED', object: { metadata: { name: 'ä', resourceVersion: '1' } } },
    { type: 'BOOKMARK', object: { metadata: { resourceVersion: '7' } } },
    { type: 'ERROR', object: status(410, 'Expired', 'too old') },
  ];
  const world = await new World().start(async (_request, response) => {
    response.writeHead(200);
    const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    for (let start = 0; start < bytes.length; start += 7) {
      response.write(bytes.subarray(start, start + 7));
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });

  const events: WatchEvent<KubeObject>[] = [];
  for await (const event of world.api.watch(widgets, { resourceVersion: '0' }, new AbortController().signal))
    events.push(event);

  expect(events).toEqual([
    { type: 'ADDED', object: { metadata: { name: 'ä', resourceVersion: '1' } } },
    { type: 'BOOKMARK', resourceVersion: '7' },
    { type: 'ERROR', status: { code: 410, reason: 'Expired', message: 'too old' } },
  ]);
  await world.stop();
});

test('a watch whose connection breaks throws, one that is aborted ends', async () => {
  const world = await new World().start((request, response) => {
    response.writeHead(200);
    response.write(`${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'a' } } })}\n`);
    if ((request.url ?? '').includes('break')) setTimeout(() => response.destroy(), 20);
  });
  const read = async (labelSelector: string, signal: AbortSignal) => {
    let count = 0;
    for await (const _event of world.api.watch(widgets, { labelSelector }, signal)) count++;
    return count;
  };
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);

  expect(await failure(read('break', new AbortController().signal))).toMatchObject({ code: 'KUBE_UNREACHABLE' });
  expect(await read('stay', abort.signal)).toBe(1);
  await world.stop();
});

test('requests are counted by verb and resource; Events and Leases are not in the totals', async () => {
  const world = await new World().start((_request, response) => json(response, 200, { metadata: {}, items: [] }));
  const events: TypedResource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

  await world.api.list(widgets);
  await world.api.patch(widgets, key, { type: 'merge', patch: {} });
  await world.api.create(events, { apiVersion: 'v1', kind: 'Event', metadata: key });

  expect(world.connection.counter.totals()).toEqual({ reads: 1, writes: 1 });
  expect(world.connection.counter.byKind()).toEqual({ 'create events': 1, 'list widgets': 1, 'patch widgets': 1 });
  await world.stop();
});

test('lines survive any cut of their bytes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ''))),
      fc.array(fc.nat(40)),
      (texts, cuts) => {
        const lines = texts.filter((text) => text !== '');
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const decoder = new LineDecoder();
        const read: string[] = [];
        let start = 0;
        for (const cut of [...cuts, bytes.length]) {
          read.push(...decoder.push(bytes.subarray(start, start + cut)));
          start += cut;
        }
        expect(read).toEqual(lines);
      },
    ),
  );
});
