import { SecretText } from '../../../machinery/secret';
import { createLog } from '../../../reconciler/runtime';

function lines(level: 'debug' | 'info' = 'info') {
  const written: string[] = [];
  const log = createLog({
    level,
    now: () => Date.UTC(2026, 0, 1),
    destination: { write: (line) => void written.push(line) },
  });
  return { log, written };
}

test('a line is one JSON object with level, time, message and fields', () => {
  const { log, written } = lines();

  log.info({ object: 'default/a', count: 3 }, 'reconciled');

  expect(JSON.parse(written[0] ?? '')).toEqual({
    level: 'info',
    time: '2026-01-01T00:00:00.000Z',
    msg: 'reconciled',
    object: 'default/a',
    count: 3,
  });
});

test('secrets do not reach the log, wherever they are', () => {
  const { log, written } = lines();
  const pem = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----';

  log.error(
    {
      secretKey: 'S3CR3T',
      nested: [{ apiKey: 'S3CR3T', userData: 'S3CR3T', 'secret-key': 'S3CR3T' }],
      secret: { kind: 'Secret', metadata: { name: 'a' }, data: { value: 'S3CR3T' } },
      wrapped: new SecretText('S3CR3T'),
      error: new Error(`bad key ${pem}`),
      text: `before ${pem} after`,
    },
    `message with ${pem}`,
  );

  expect(written.join('')).not.toMatch(/S3CR3T|MHcCAQEE/);
  expect(written.join('')).toContain('before *** after');
});

test('debug lines are dropped unless asked for', () => {
  const quiet = lines();
  const loud = lines('debug');

  quiet.log.debug({}, 'detail');
  loud.log.debug({}, 'detail');

  expect([quiet.written.length, loud.written.length]).toEqual([0, 1]);
});
