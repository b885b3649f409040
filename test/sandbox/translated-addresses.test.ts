import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkloadListener } from '../../sandbox/guest';
import { listenTranslated, translationIn } from '../../sandbox/translated-addresses';

const range = '127.70.1.0/24';
const address = '127.70.1.10:6443';

let directory: string;
let file: string;
const opened: WorkloadListener[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'capstan-addresses-'));
  file = join(directory, 'addresses.json');
});
afterEach(async () => {
  for (const listener of opened.splice(0)) await listener.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(host: string, port: number): Promise<WorkloadListener> {
  return new Promise((resolve, reject) => {
    const server: Server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      const place = server.address();
      if (place === null || typeof place === 'string') throw new Error('a TCP server has a port');
      const listener = { port: place.port, close: () => new Promise<void>((closed) => server.close(() => closed())) };
      opened.push(listener);
      resolve(listener);
    });
  });
}

test('an address leads to its port of 127.0.0.1 from when somebody listens; foreign addresses stay as they are', async () => {
  const listen = listenTranslated(file, range);
  const translate = translationIn(file);
  expect(() => translate(address)).toThrow('connect to 127.70.1.10:6443: no answer (nobody has listened there yet)');

  const listener = await listen('127.70.1.10', 6443, open);

  expect(translate(address)).toBe(`127.0.0.1:${listener.port}`);
  expect(translate('127.70.10.1:6443')).toBe('127.70.10.1:6443');
  expect(translate('api.example.org:443')).toBe('api.example.org:443');
});

test('an address has the same port after a restart, and another one when that is taken meanwhile', async () => {
  const first = await listenTranslated(file, range)('127.70.1.10', 6443, open);
  await first.close();

  const second = await listenTranslated(file, range)('127.70.1.10', 6443, open);
  // Still held by the second.
  const third = await listenTranslated(file, range)('127.70.1.10', 6443, open);

  expect(second.port).toBe(first.port);
  expect(third.port).not.toBe(first.port);
  expect(translationIn(file)(address)).toBe(`127.0.0.1:${third.port}`);
});

test('every address has a port of its own', async () => {
  const listen = listenTranslated(file, range);

  const listeners = await Promise.all(['127.70.1.10', '127.70.1.11'].map((ip) => listen(ip, 6443, open)));

  const translate = translationIn(file);
  expect([translate(address), translate('127.70.1.11:6443')]).toEqual(listeners.map(({ port }) => `127.0.0.1:${port}`));
});
