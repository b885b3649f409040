import type { Listener } from '../../../sandbox/cloudstack';
import { isSignedWith, signedText } from '../../../sandbox/cloudstack/http/signature';
import { content, send } from './http-world';
import { startWorld, type World } from './world';

let world: World;
let listener: Listener;

beforeEach(async () => {
  world = startWorld();
  listener = await world.cloud.listen({ port: 0 });
});

afterEach(async () => {
  await world.cloud.close();
});

test('the published test vectors of the signature hold', () => {
  const vector = {
    command: 'listUsers',
    response: 'json',
    apikey: 'plgWJfZK4gyS3mOMTVmjUVg-X-jlWlnfaUJ9GAbBbf9EdM-kAYMmAiLqzzq1ElZLYq_u38zCm0bewzGUdP66mg',
  };
  const secret = 'VDaACYb0LV9eNjTetIOElcVQkvJck_J_QljX_FcHRj87ZKiy0z0ty0ZsYBkoXkY9b7eq1EhwJaw7FF3akA3KBQ';

  expect(isSignedWith(secret, vector, 'TTpdDq/7j/J58XCRHomKoQXEQds=')).toBe(true);
  expect(isSignedWith(secret, { ...vector, command: 'listZones' }, 'TTpdDq/7j/J58XCRHomKoQXEQds=')).toBe(false);
  expect(signedText({ displayname: "A + B * C~(D)!'é", 'details[0].cpuNumber': '4' })).toBe(
    'details[0].cpunumber=4&displayname=a%20%2b%20b%20*%20c%7e%28d%29%21%27%c3%a9',
  );
});

test('GET and POST are answered alike; names of parameters are taken in any case', async () => {
  const { credentials } = world.cloud;

  const byGet = await send(credentials, 'listZones', { NAME: 'zone-1' }, { method: 'GET' });
  const byPost = await send(credentials, 'listZones', { name: 'zone-1' });

  expect(byGet).toEqual(byPost);
  expect(byGet).toMatchObject({ status: 200, body: { listzonesresponse: { count: 1 } } });
});

test('wrong keys, expired requests and unknown commands are 401 without cserrorcode', async () => {
  const { credentials } = world.cloud;
  const expired = { signatureversion: '3', expires: '2025-12-31T23:59:59+0000' };
  const valid = { signatureversion: '3', expires: '2026-01-01T00:10:00+0000' };

  const answers = [
    await send({ ...credentials, secretKey: 'x' }, 'listZones'),
    await send({ ...credentials, apiKey: 'x' }, 'listZones'),
    await send(credentials, 'listZones', {}, { extra: expired }),
    await send(credentials, 'listZones', {}, { extra: { signatureversion: '3' } }),
    await send(credentials, 'listzones'),
  ];

  for (const answer of answers) {
    expect(answer).toEqual({
      status: 401,
      body: {
        errorresponse: {
          uuidList: [],
          errorcode: 401,
          errortext: 'unable to verify user credentials and/or request signature',
        },
      },
    });
  }
  expect((await send(credentials, 'listZones', {}, { extra: valid })).status).toBe(200);
  // The role is looked at before the signature.
  expect((await send({ ...credentials, secretKey: 'x' }, 'listDomains')).status).toBe(432);
});

test('a command that real servers have and this one has not is 432 for good keys, 401 for wrong ones', async () => {
  const { credentials } = world.cloud;

  const answer = await send(credentials, 'createSnapshot', { volumeid: 'x' });
  const wrong = await send({ ...credentials, secretKey: 'x' }, 'createSnapshot');

  expect(answer).toEqual({
    status: 432,
    body: {
      errorresponse: {
        uuidList: [],
        errorcode: 432,
        cserrorcode: 9999,
        errortext: 'The API [createSnapshot] does not exist or is not available for the account capstan.',
      },
    },
  });
  expect(wrong.status).toBe(401);
});

test('names that look like maps and are none are 430', async () => {
  const answer = await send(world.cloud.credentials, 'listZones', { 'tags[a].key': 'k' });

  expect(answer.status).toBe(430);
  expect(content(answer)).toMatchObject({ errorcode: 430, uuidList: [] });
});

test('XML is refused aloud, an outage closes the connection', async () => {
  expect((await fetch(`${listener.endpoint}?command=listZones`)).status).toBe(501);
  world.cloud.faults.outage(1000);

  await expect(send(world.cloud.credentials, 'listZones')).rejects.toThrow();
  await world.clock.advance(1000);
  expect((await send(world.cloud.credentials, 'listZones')).status).toBe(200);
});
