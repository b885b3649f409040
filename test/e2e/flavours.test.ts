import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '../../cli/sandbox/start-sandbox';
import { silentLog } from '../../reconciler/runtime';
import { latencyProfiles } from '../../sandbox/latency';
import { flavourSuite } from './flavour-suite';
import { haveFlavours } from './flavours';

if (!haveFlavours) console.info('skipped: the conformance data with upstream’s templates is not beside the checkout');
const suite = haveFlavours ? describe : describe.skip;

suite('upstream’s flavours on the sandbox API', () => {
  flavourSuite(async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'capstan-flavours-'));
    const sandbox = await startSandbox({
      parts: new Set(['kube'] as const),
      dataDirectory,
      latency: latencyProfiles.instant,
      log: silentLog,
    });
    if (sandbox.kubeconfig === undefined) throw new Error('the sandbox has no kubeconfig');
    return {
      kubeconfig: sandbox.kubeconfig,
      async stop() {
        await sandbox.stop();
        rmSync(dataDirectory, { recursive: true, force: true });
      },
    };
  });
});
