import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { CloudStackRefused, CloudStackUnreachable } from '../../../api/ports';
import { SystemClock } from '../../../machinery/clock';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { HttpCloudStackAccess } from '../../../reconciler/cloudstack';
import { signatureOf } from '../../../reconciler/cloudstack/client/signature';
import { throttled } from '../../../reconciler/cloudstack/client/throttle';
import { ScriptedTransport } from './scripted-transport';

const secretKey = 'the-secret-key';

describe('the HTTP client', () => {
  let server: Server;
  let apiUrl: string;
  let answer: { status: number; body: string };
  let received: { method: string; fields: { [name: string]: string }; type: string } | undefined;
  const access = new HttpCloudStackAccess({ clock: new SystemClock(), timeoutMs: 5000 });

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const fields = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
        received = { method: request.method ?? '', fields, type: request.headers['content-type'] ?? '' };
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/api`;
  });

  afterAll(async () => {
    await access.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const connect = () => access.connect({ apiUrl, apiKey: 'the-key', secretKey, verifySsl: true });

  test('sends a signed POST that expires, and opens the envelope', async () => {
    answer = { status: 200, body: '{"listzonesresponse":{"count":1,"zone":[{"id":"1"}]}}' };

    const content = await connect().call('listZones', { name: 'zone ~1' });

    expect(content).toEqual({ count: 1, zone: [{ id: '1' }] });
    expect(received?.method).toBe('POST');
    expect(received?.type).toBe('application/x-www-form-urlencoded');
    expect(received?.fields).toMatchObject({ command: 'listZones', signatureversion: '3', response: 'json' });
    expect(received?.fields['expires']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
    expect(received?.fields['signature']).toBe(signatureOf(received?.fields ?? {}, secretKey));
  });

  test('tells a refusal with its codes and text', async () => {
    answer = {
      status: 535,
      body: '{"deployvirtualmachineresponse":{"uuidList":[],"errorcode":535,"cserrorcode":4370,"errortext":"Maximum"}}',
    };

    const refusal = connect().call('deployVirtualMachine', {});

    await expect(refusal).rejects.toBeInstanceOf(CloudStackRefused);
    await expect(refusal).rejects.toMatchObject({
      errorCode: 535,
      csErrorCode: 4370,
      message: 'CloudStack API error 535 (CSExceptionErrorCode: 4370): Maximum [deployVirtualMachine]',
    });
  });

  test.each([
    ['a proxy page', 502, '<html>Bad gateway</html>'],
    ['a cut off answer', 200, '{"listzonesresponse":{"cou'],
    ['an error without code', 500, '{"message":"oops"}'],
  ])('takes %s for no answer', async (_what, status, body) => {
    answer = { status, body };

    await expect(connect().call('listZones', {})).rejects.toBeInstanceOf(CloudStackUnreachable);
  });

  test('takes a closed port for no answer, and names endpoint and command but no key', async () => {
    const gone = access.connect({ apiUrl: 'http://127.0.0.1:9/client/api', apiKey: 'k', secretKey, verifySsl: true });

    const failure = await gone.call('listZones', {}).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(CloudStackUnreachable);
    expect(String(failure)).toContain('127.0.0.1:9');
    expect(String(failure)).toContain('listZones');
    expect(JSON.stringify(failure)).not.toContain(secretKey);
  });

  test.each([
    ['a closed port', () => 'http://bob:PASSW0RD@127.0.0.1:9/client/api?token=T0KEN'],
    ['a proxy page', () => apiUrl.replace('//', '//bob:PASSW0RD@').concat('?token=T0KEN')],
  ])('of an endpoint behind %s, user, password and query are not told', async (_what, url) => {
    answer = { status: 502, body: '<html>Bad gateway</html>' };

    const failure = await access
      .connect({ apiUrl: url(), apiKey: 'k', secretKey, verifySsl: true })
      .call('listZones', {})
      .catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(CloudStackUnreachable);
    expect(String(failure)).toContain('/client/api gave no answer to listZones');
    expect(inspect(failure, { depth: null })).not.toMatch(/bob|PASSW0RD|T0KEN/);
  });
});

describe('the rate limit', () => {
  const refusal = new CloudStackRefused(
    'listZones',
    429,
    429,
    4545,
    'The given user has reached his/her account api limit, please retry after [840] ms.',
  );

  test('a refused command waits the stated time, others wait with it, and all are executed', async () => {
    const clock = new VirtualClock();
    const began = clock.now();
    let refusals = 1;
    const transport = new ScriptedTransport().on('listZones', () => (refusals-- > 0 ? refusal : { count: 0 }));
    const limited = throttled(transport, clock);

    const first = limited.call('listZones', {});
    await clock.settle();
    const second = limited.call('listTemplates', {});
    await clock.settle();
    expect(transport.calls).toHaveLength(1);
    await clock.runUntil(() => transport.calls.length === 3);

    await Promise.all([first, second]);
    expect(clock.now() - began).toBe(840);
  });

  test('other refusals are passed on at once', async () => {
    const clock = new VirtualClock();
    const other = new CloudStackRefused('listZones', 431, 431, 4350, 'bad');
    const transport = new ScriptedTransport().on('listZones', () => other);

    await expect(throttled(transport, clock).call('listZones', {})).rejects.toBe(other);
  });
});
