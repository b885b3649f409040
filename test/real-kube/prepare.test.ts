import { readFileSync, writeFileSync } from 'node:fs';
import { SystemClock } from '../../machinery/clock';
import { connectKube } from '../../reconciler/kube';
import { prepareSuite } from '../reconciler/install/prepare-suite';
import { kubeAssets, startRealControlPlane } from '../reconciler/kube/real-control-plane';

const suite = kubeAssets === undefined ? describe.skip : describe;

suite('management.yaml and the reconciler on a real kube-apiserver', () => {
  prepareSuite(async () => {
    const plane = await startRealControlPlane(kubeAssets ?? '');
    const restricted = `${plane.kubeconfig}-alice`;
    writeFileSync(restricted, readFileSync(plane.kubeconfig, 'utf8').replace('admin-token', 'alice-token'));
    const [administrator, alice] = await Promise.all(
      [plane.kubeconfig, restricted].map((file) =>
        connectKube({ kind: 'kubeconfig', file }, { clock: new SystemClock() }),
      ),
    );
    if (administrator === undefined || alice === undefined) throw new Error('not connected');
    return {
      api: administrator.api,
      restricted: alice.api,
      async stop() {
        administrator.close();
        alice.close();
        await plane.stop();
      },
    };
  });
});
