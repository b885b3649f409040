import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { everyKubectl, Kubectl } from '../../e2e/kubectl';
import { startSandboxServer } from '../../kube-conformance/sandbox-server';
import { ADMIN_TOKEN, type TestedServer } from '../../kube-conformance/scene';

const programs = everyKubectl();
if (programs.length === 0) console.info('skipped: there is no kubectl on the PATH or in KUBEBUILDER_ASSETS');

/** What kubectl says of mistakes depends on what it could read before: these are its words for a real server. */
(programs.length === 0 ? describe.skip : describe)('kubectl, of a mistake', () => {
  const home = mkdtempSync(join(tmpdir(), 'capstan-test-kubectl-'));
  const config = join(home, 'config');
  let server: TestedServer;

  beforeAll(async () => {
    server = await startSandboxServer();
    const cluster = { server: server.url, 'insecure-skip-tls-verify': true };
    writeFileSync(
      config,
      JSON.stringify({
        'current-context': 'sandbox',
        clusters: [{ name: 'sandbox', cluster }],
        contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'admin' } }],
        users: [{ name: 'admin', user: { token: ADMIN_TOKEN } }],
      }),
    );
  });
  afterAll(async () => {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  });

  describe.each(programs)('%s', (program) => {
    const kubectl = new Kubectl(program, config, home);

    test.each(['apply --server-side', 'apply', 'create'])('a kind that is not served: %s', async (line) => {
      const input = JSON.stringify({
        apiVersion: 'nowhere.dev/v1',
        kind: 'Thing',
        metadata: { name: 'thing', namespace: 'default' },
      });

      const { code, stderr } = await kubectl.try([...line.split(' '), '-f', '-'], { input });

      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringContaining(
          'no matches for kind "Thing" in version "nowhere.dev/v1"\nensure CRDs are installed first',
        ),
      });
    });

    test('a token for too short a time', async () => {
      await kubectl.try(['create', 'serviceaccount', 'robot']);

      expect(await kubectl.try(['create', 'token', 'robot', '--duration=1s'])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('Invalid value: 1: may not specify a duration less than 10 minutes'),
      });
    });
  });
});
