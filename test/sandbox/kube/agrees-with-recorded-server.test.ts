import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SystemClock } from '../../../machinery/clock';
import { equalJson } from '../../../machinery/json';
import { createAuthority, generateEcKeyPair, issued, serialNumber, signCertificate } from '../../../machinery/pki';
import { SystemRandom } from '../../../machinery/random';
import { createKubeServer, type KubeServer, type Listener, type User } from '../../../sandbox/kube';
import { KNOWN_DIFFERENCES } from './known-differences';
import { normalised, replay, type Scenario } from './replay';

const FOLDER = join(__dirname, 'recorded');
const scenarios = readdirSync(FOLDER).flatMap(
  (file) => (JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as { scenarios: Scenario[] }).scenarios,
);

const USERS: { readonly [token: string]: User } = {
  admin: { username: 'admin', groups: ['system:masters'] },
  alice: { username: 'alice', groups: [] },
};

function servingCertificate() {
  const random = new SystemRandom();
  const now = Date.now();
  const validity = { notBefore: now - 60_000, notAfter: now + 3_600_000 };
  const authority = createAuthority({ subject: { commonName: 'test' }, key: generateEcKeyPair(random), validity });
  const key = generateEcKeyPair(random);
  const certificate = signCertificate(authority, {
    subject: { commonName: 'kube-apiserver' },
    publicKey: key.publicKey,
    serial: serialNumber(random),
    validity,
    usages: ['server'],
    hosts: ['127.0.0.1'],
  });
  const { certificatePem, privateKeyPem } = issued(certificate, key);
  return { cert: certificatePem, key: privateKeyPem };
}

let server: KubeServer;
let listener: Listener;

beforeAll(async () => {
  server = createKubeServer({ clock: new SystemClock(), random: new SystemRandom() });
  listener = await server.listen({ tls: servingCertificate(), token: (token) => USERS[token] });
});

afterAll(async () => {
  await listener.close();
  server.close();
});

const seen = new Set<string>();

test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
  'the requests of "%s" are answered as a real kube-apiserver answered them',
  async (name, scenario) => {
    // Controllers of the sandbox act at once.
    const answers = await replay(scenario, listener.port, () => 60);

    const unexpected: object[] = [];
    let compared = 0;
    for (const [index, step] of scenario.steps.entries()) {
      const answer = answers[index];
      if ('waitMs' in step || step.answer === undefined || answer === undefined) continue;
      compared++;
      const [real, sandbox] = [normalised(step.answer), normalised(answer)];
      if (equalJson(sandbox, real)) continue;
      const id = `${name}/${index}`;
      if (KNOWN_DIFFERENCES[id] !== undefined) seen.add(id);
      else unexpected.push({ id, request: step.request, real, sandbox });
    }
    console.info(`${name}: ${compared} answers compared`);
    expect(unexpected).toEqual([]);
  },
);

test('every known difference still exists', () => {
  expect(Object.keys(KNOWN_DIFFERENCES).filter((id) => !seen.has(id))).toEqual([]);
});
