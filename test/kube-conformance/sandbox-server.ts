import { SystemClock } from '../../machinery/clock';
import { SystemRandom } from '../../machinery/random';
import { ADMINISTRATOR, createKubeServer } from '../../sandbox/kube';
import { testAuthority } from '../reconciler/workload/forwarding-server';
import { ADMIN_TOKEN, ALICE_TOKEN, type TestedServer } from './scene';

/** The sandbox over HTTPS. */
export async function startSandboxServer(): Promise<TestedServer> {
  const server = createKubeServer({ clock: new SystemClock(), random: new SystemRandom() });
  const { certificatePem, privateKeyPem } = testAuthority('sandbox').issue('kube-apiserver', ['server']);
  const users = new Map([
    [ADMIN_TOKEN, ADMINISTRATOR],
    [ALICE_TOKEN, { username: 'alice', groups: [] }],
  ]);
  const listener = await server.listen({
    tls: { key: privateKeyPem, cert: certificatePem },
    token: (token) => users.get(token),
  });
  return {
    url: `https://127.0.0.1:${listener.port}`,
    compact: async () => server.compact(),
    async stop() {
      await listener.close();
      server.close();
    },
  };
}
