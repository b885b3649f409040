import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../../machinery/clock';
import { formatKubeconfig } from '../../../machinery/pki';
import { SystemRandom } from '../../../machinery/random';
import { createKubeServer } from '../../../sandbox/kube';
import { testAuthority } from '../workload/forwarding-server';
import { adapterSuite, type TestedServer } from './adapter-suite';

async function startSandbox(): Promise<TestedServer> {
  const server = createKubeServer({ clock: new SystemClock(), random: new SystemRandom() });
  const ca = testAuthority('sandbox');
  const serving = ca.issue('kube-apiserver', ['server']);
  const client = ca.issue('admin', ['client'], undefined, ['system:masters']);
  const listener = await server.listen({
    tls: { key: serving.privateKeyPem, cert: serving.certificatePem, clientCa: ca.caPem },
  });
  const directory = mkdtempSync(join(tmpdir(), 'capstan-adapter-'));
  const kubeconfig = join(directory, 'kubeconfig');
  const options = {
    clusterName: 'sandbox',
    server: `https://127.0.0.1:${listener.port}`,
    caPem: ca.caPem,
    userName: 'admin',
    user: { kind: 'certificate' as const, ...client },
  };
  writeFileSync(kubeconfig, formatKubeconfig(options));
  return {
    kubeconfig,
    async stop() {
      await listener.close();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

describe('against the sandbox over HTTPS', () => {
  adapterSuite(startSandbox);
});
