import { once } from 'node:events';
import { createServer } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { closableServer } from '../../machinery/closable-server';
import { createAuthority, generateEcKeyPair, privateKeyPem } from '../../machinery/pki';
import { SystemRandom } from '../../machinery/random';

const key = generateEcKeyPair(new SystemRandom());
const { certificatePem: cert } = createAuthority({
  subject: { commonName: 'test' },
  key,
  validity: { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2056, 0, 1) },
});

const secured = (port: number) => connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });

/** What somebody does who is connected when the server ends. */
const guests: { readonly [what: string]: (port: number) => Promise<Socket> } = {
  'has not begun the TLS handshake': async (port) => {
    const socket = connectTcp(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  },
  'has sent no request': async (port) => {
    const socket = secured(port);
    await once(socket, 'secureConnect');
    return socket;
  },
  'waits for an answer': async (port) => {
    const socket = secured(port);
    await once(socket, 'secureConnect');
    socket.write('GET /silent HTTP/1.1\r\nhost: test\r\n\r\n');
    return socket;
  },
};

test.each(Object.keys(guests))('a server ends at once while somebody is connected who %s', async (what) => {
  const server = createServer({ cert, key: privateKeyPem(key) }, () => undefined);
  const close = closableServer(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const accepted = once(server, 'connection');
  const guest = await guests[what]?.(typeof address === 'object' && address !== null ? address.port : 0);
  if (guest === undefined) throw new Error(`nobody ${what}`);
  await accepted;
  const left = new Promise<void>((resolve) => guest.on('error', () => undefined).once('close', () => resolve()));

  await close();
  await left;

  expect(server.listening).toBe(false);
});
