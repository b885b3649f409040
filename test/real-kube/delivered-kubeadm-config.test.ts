import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../api/kinds';
import { planCloudInit } from '../../sandbox/guest/cloud-init/cloud-config';
import { clusterManifests } from '../reconciler/control-plane/manifests';
import { NAMESPACE, World } from '../reconciler/control-plane/world';

const assets = process.env.KUBEBUILDER_ASSETS;
const withKubeadm = assets === undefined ? describe.skip : describe;

withKubeadm('the real kubeadm accepts what machines are told', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'capstan-delivered-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(['v1.33.4', 'v1.34.2'])(
    'by init, join of a control plane and join of a worker, for %s',
    async (version) => {
      const world = await World.start();
      await world.apply(...clusterManifests({ controlPlane: 3, workers: 1, version }));
      await world.until(() => world.isStable(3) && world.hasWorkers(1));
      const kinds = [...world.machines('control-plane'), ...world.machines('worker')].map(({ metadata: { name } }) => {
        const secret = world.manager.objects.get(Secret, { namespace: NAMESPACE, name });
        const metadata = { 'instance-id': `id-of-${name}`, 'local-hostname': name };
        // Kubernetes and CloudStack agree on base64: this is what the VM is given.
        const { config } = planCloudInit(secret?.data?.value ?? '', metadata);
        const file = config.files.find(({ path }) => path.startsWith('/run/kubeadm/'));
        const text = file?.content.toString() ?? '';
        const path = join(folder, `${name}.yaml`);
        writeFileSync(path, text);
        execFileSync(join(assets ?? '', 'kubeadm'), ['config', 'validate', '--config', path], {
          stdio: 'pipe',
          timeout: 30_000,
        });
        expect(text).toContain(`name: '${name}'`);
        expect(text).toContain(`id-of-${name}`);
        return text.includes('kind: InitConfiguration')
          ? 'init'
          : text.includes('controlPlane:')
            ? 'control plane'
            : 'worker';
      });

      expect(kinds.sort()).toEqual(['control plane', 'control plane', 'init', 'worker']);
      await world.stop();
    },
  );
});
