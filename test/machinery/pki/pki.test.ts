import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkServerIdentity, connect } from 'node:tls';
import fc from 'fast-check';
import {
  authorityFromPem,
  belongsTo,
  certificateInfo,
  createAuthority,
  formatKubeconfig,
  generateEcKeyPair,
  generateKey,
  isSignedBy,
  type KeyAlgorithm,
  keyPairFromPem,
  PkiError,
  parseKubeconfig,
  privateKeyPem,
  publicKeyPem,
  serialNumber,
  signCertificate,
  splitBundle,
} from '../../../machinery/pki';
import { remembering } from '../../../machinery/pki/memo';
import { SeededRandom, SystemRandom } from '../../../machinery/random';

const random = new SystemRandom();
const validity = { notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2056, 0, 1) };

function authority(commonName = 'kubernetes') {
  return createAuthority({ subject: { commonName }, key: generateEcKeyPair(random), validity });
}

function leaf(issuer = authority(), hosts: readonly string[] = ['127.0.0.1', 'node-1']) {
  const key = generateEcKeyPair(random);
  const pem = signCertificate(issuer, {
    subject: { commonName: 'kubernetes-admin', organizations: ['system:masters', 'team:blue'] },
    publicKey: key.publicKey,
    usages: ['server', 'client'],
    validity,
    serial: serialNumber(random),
    hosts,
  });
  return { key, pem };
}

describe('certificates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-pki-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, encoding: 'utf8' });

  test.each<KeyAlgorithm>(['ECDSA-P256', 'ECDSA-P384', 'RSA-2048', 'RSA-3072'])(
    'openssl verifies a chain signed with %s',
    async (algorithm) => {
      const issuer = createAuthority({
        subject: { commonName: 'kubernetes' },
        key: await generateKey(random, algorithm),
        validity,
      });
      writeFileSync(join(folder, 'ca.crt'), issuer.certificatePem);
      writeFileSync(join(folder, 'leaf.crt'), leaf(issuer).pem);

      const verdict = openssl('verify', '-x509_strict', '-CAfile', 'ca.crt', 'leaf.crt');
      const text = openssl('x509', '-in', 'leaf.crt', '-noout', '-text');

      expect(verdict).toContain('leaf.crt: OK');
      expect(text).toContain('TLS Web Server Authentication, TLS Web Client Authentication');
      expect(text).toContain('DNS:node-1');
    },
  );

  test('what was asked for is what is read back', () => {
    const issuer = authority();

    const info = certificateInfo(leaf(issuer, ['10.0.0.1', 'fd00::a:0:1', '::1', 'api.example.org']).pem);

    expect(info).toMatchObject({
      subject: { commonName: 'kubernetes-admin', organizations: ['system:masters', 'team:blue'] },
      issuer: { commonName: 'kubernetes' },
      ...validity,
      isAuthority: false,
      dnsNames: ['api.example.org'],
      ipAddresses: ['10.0.0.1', 'fd00::a:0:1', '::1'],
    });
    expect(certificateInfo(issuer.certificatePem)).toMatchObject({ isAuthority: true, serial: '0' });
  });

  test('the public key hash is the one kubeadm documents', () => {
    const issuer = authority();
    writeFileSync(join(folder, 'hash.crt'), issuer.certificatePem);
    writeFileSync(join(folder, 'spki.pem'), openssl('x509', '-in', 'hash.crt', '-noout', '-pubkey'));
    openssl('pkey', '-pubin', '-in', 'spki.pem', '-outform', 'der', '-out', 'spki.der');

    const digest = openssl('dgst', '-sha256', '-hex', 'spki.der').trim().split(' ').at(-1);

    expect(certificateInfo(issuer.certificatePem).publicKeyHash).toBe(`sha256:${digest}`);
  });

  test('a certificate is signed by its own authority and by no other of the same name', () => {
    const issuer = authority();
    const { pem, key } = leaf(issuer);

    expect(isSignedBy(pem, issuer.certificatePem)).toBe(true);
    expect(isSignedBy(pem, authority().certificatePem)).toBe(false);
    expect(belongsTo(pem, key.privateKey)).toBe(true);
    expect(belongsTo(pem, generateEcKeyPair(random).privateKey)).toBe(false);
  });

  test('an authority survives the way through PEM and keeps signing', () => {
    const issuer = authority();

    const again = authorityFromPem(issuer.certificatePem, privateKeyPem(issuer.key));

    expect(isSignedBy(leaf(again).pem, issuer.certificatePem)).toBe(true);
  });

  test('an authority made by openssl signs certificates that openssl verifies', () => {
    const config = '[v]\nbasicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n';
    writeFileSync(join(folder, 'user.cnf'), `[req]\ndistinguished_name=d\n[d]\n${config}`);
    const subject = '/C=DE/O=Acme GmbH/CN=corp CA';
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-nodes'];
    const out = ['-keyout', 'user.key', '-out', 'user.crt'];
    openssl('req', '-x509', '-config', 'user.cnf', '-extensions', 'v', '-subj', subject, ...curve, ...out);
    const issuer = authorityFromPem(openssl('x509', '-in', 'user.crt'), openssl('pkey', '-in', 'user.key'));
    writeFileSync(join(folder, 'under.crt'), leaf(issuer).pem);

    const verdict = openssl('verify', '-CAfile', 'user.crt', 'under.crt');

    expect(verdict).toContain('under.crt: OK');
  });

  test('parts that do not belong together are refused without showing them', () => {
    const issuer = authority();
    const other = privateKeyPem(generateEcKeyPair(random));

    expect(() => authorityFromPem(issuer.certificatePem, other)).toThrow(/do not belong together/);
    expect(() => authorityFromPem(leaf(issuer).pem, other)).toThrow(/not a certificate authority/);
    expect(() => keyPairFromPem('secret words')).toThrow(PkiError);
    expect(() => keyPairFromPem('secret words')).not.toThrow(/secret words/);
    expect(() => certificateInfo('nothing')).toThrow(PkiError);
    expect(() => splitBundle('nothing')).toThrow(PkiError);
  });

  test('a bundle is split into its certificates', () => {
    const parts = [authority('one').certificatePem, authority('two').certificatePem];

    const names = splitBundle(`# corp\n${parts.join('\n')}`).map((pem) => certificateInfo(pem).subject.commonName);

    expect(names).toEqual(['one', 'two']);
  });
});

describe('keys', () => {
  test('a seeded source gives the same key every time', () => {
    const pem = () => privateKeyPem(generateEcKeyPair(new SeededRandom(7)));

    expect(pem()).toBe(pem());
    expect(privateKeyPem(generateEcKeyPair(new SeededRandom(8)))).not.toBe(pem());
  });

  test('keys are written as kubeadm writes them', async () => {
    const rsa = await generateKey(random, 'RSA-2048');

    expect(privateKeyPem(generateEcKeyPair(random))).toMatch(/^-----BEGIN EC PRIVATE KEY-----/);
    expect(privateKeyPem(rsa)).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    expect(publicKeyPem(rsa)).toMatch(/^-----BEGIN PUBLIC KEY-----/);
  });
});

test('what is read often is read once, and not kept for ever', () => {
  const reads: string[] = [];
  const length = remembering(2, (text) => {
    reads.push(text);
    return text.length;
  });

  for (const text of ['a', 'a', 'bb', 'a', 'ccc', 'a']) expect(length(text)).toBe(text.length);

  expect(reads).toEqual(['a', 'bb', 'ccc', 'a']);
});

describe('TLS', () => {
  test('node accepts server and client certificates of the authority', async () => {
    const issuer = authority();
    const server = leaf(issuer);
    const tls = { ca: issuer.certificatePem, cert: server.pem, key: privateKeyPem(server.key) };
    const listener = createServer({ ...tls, requestCert: true, rejectUnauthorized: true });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    const authorized = await new Promise<boolean>((resolve, reject) => {
      const socket = connect({ ...tls, host: '127.0.0.1', port, checkServerIdentity }, () => {
        resolve(socket.authorized);
        socket.destroy();
      });
      socket.on('error', reject);
    });
    listener.close();

    expect(authorized).toBe(true);
  });
});

describe('kubeconfig', () => {
  const caPem = authority().certificatePem;

  test('any kubeconfig is read back as it was written', () => {
    const name = fc.string({ minLength: 1, maxLength: 40 }).filter((text) => text.trim() === text);
    fc.assert(
      fc.property(name, name, fc.string({ minLength: 1 }), (clusterName, userName, token) => {
        const user = { kind: 'token', token } as const;
        const text = formatKubeconfig({ clusterName, server: 'https://10.0.0.1:6443', caPem, userName, user });

        expect(parseKubeconfig(text)).toMatchObject({ clusterName, userName, user, caPem });
      }),
    );
  });

  test('client certificates are embedded', () => {
    const { pem, key } = leaf();
    const user = { kind: 'certificate', certificatePem: pem, privateKeyPem: privateKeyPem(key) } as const;

    const text = formatKubeconfig({ clusterName: 'c', server: 'https://h:1', caPem, userName: 'c-admin', user });

    expect(parseKubeconfig(text)).toMatchObject({ contextName: 'c-admin@c', user });
  });

  test.each([
    ['exec', { exec: { command: 'sh' } }],
    ['auth-provider', { 'auth-provider': { name: 'gcp' } }],
    ['tokenFile', { tokenFile: '/etc/passwd' }],
    ['client-key', { 'client-key': '/etc/passwd' }],
  ])('%s in a kubeconfig is refused', (field, user) => {
    const text = JSON.stringify({
      'current-context': 'x',
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: 'https://h:1' } }],
      users: [{ name: 'u', user }],
    });

    expect(() => parseKubeconfig(text)).toThrow(`uses ${field}`);
  });
});
