import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { CloudStackMachineTemplate, crds, Fleet, Namespace } from '../api';
import type { KubeApi } from '../api/ports';
import { emitYaml } from '../constructs/synthesis/yaml-emitter';
import { SystemClock } from '../machinery/clock';
import { conditionOf } from '../machinery/conditions';
import { inParallel } from '../machinery/parallel';
import { SystemRandom } from '../machinery/random';
import { createGitSource, gitopsControllers } from '../reconciler/gitops';
import { installCrds } from '../reconciler/install/install-crds';
import { connectKube } from '../reconciler/kube';
import { silentLog, startManager } from '../reconciler/runtime';
import { startRealControlPlane } from '../test/reconciler/kube/real-control-plane';
import { table } from './measure';

const clock = new SystemClock();

function template(name: string, namespace: string): CloudStackMachineTemplate {
  return {
    apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta4',
    kind: 'CloudStackMachineTemplate',
    metadata: { name, namespace, labels: { 'cluster.x-k8s.io/cluster-name': 'bench' } },
    spec: {
      template: {
        spec: {
          offering: { name: 'Medium Instance' },
          template: { name: 'kube-v1.34.2' },
          details: { rootdisksize: '40' },
        },
      },
    },
  };
}

/** Objects a second of a client that does nothing but apply, with as many requests in flight as ours. */
async function bareApply(api: KubeApi, count: number): Promise<number> {
  const objects = Array.from({ length: count }, (_, index) => template(`bare-${index}`, 'bench-bare'));
  await ensureNamespace(api, 'bench-bare');
  const start = performance.now();
  await inParallel(objects, 32, (object) =>
    api.patch(
      CloudStackMachineTemplate,
      { namespace: 'bench-bare', name: object.metadata.name },
      { type: 'apply', patch: object, force: true },
      { fieldManager: 'bench' },
    ),
  );
  return count / ((performance.now() - start) / 1000);
}

async function ensureNamespace(api: KubeApi, name: string): Promise<void> {
  await api.patch(
    Namespace,
    { namespace: '', name },
    { type: 'apply', patch: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, force: true },
    { fieldManager: 'bench' },
  );
}

/** Seconds of the first sync (fetch, build, dry run of all, inventory, apply), and of a sweep without change. */
async function sync(api: KubeApi, count: number, folder: string): Promise<{ first: number; sweep: number }> {
  const repository = join(folder, 'repository');
  mkdirSync(join(repository, 'manifests'), { recursive: true });
  for (let index = 0; index < count; index++) {
    writeFileSync(join(repository, 'manifests', `${index}.yaml`), emitYaml(template(`synced-${index}`, 'bench-sync')));
  }
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], { cwd: repository });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '-m', 'bench');
  await ensureNamespace(api, 'bench-sync');
  await ensureNamespace(api, 'capstan-system');
  const source = createGitSource({ cacheDirectory: join(folder, 'cache'), allowLocal: true });
  const manager = startManager({
    api,
    clock,
    random: new SystemRandom(),
    log: silentLog,
    controllers: (kit) =>
      gitopsControllers({ objects: kit.objects, api, source, events: kit.recorder('fleet'), clock, log: silentLog }),
  });
  await manager.started;
  const key = { namespace: 'capstan-system', name: `bench-${count}` };
  const start = performance.now();
  await api.create(Fleet, {
    apiVersion: 'capstan.dev/v1alpha1',
    kind: 'Fleet',
    metadata: key,
    spec: { source: { url: repository }, interval: '1h' },
  });
  const ready = () => {
    const fleet = manager.objects.get(Fleet, key);
    return fleet === undefined ? undefined : conditionOf(fleet, 'Ready');
  };
  while (ready()?.status !== 'True') {
    if (ready()?.status === 'False') throw new Error(ready()?.message);
    await clock.sleep(20);
  }
  const first = (performance.now() - start) / 1000;
  // A change of the Fleet itself wakes it: everything is compared, nothing is sent.
  const again = performance.now();
  await api.patch(Fleet, key, { type: 'merge', patch: { spec: { interval: '2h' } } });
  while (manager.objects.get(Fleet, key)?.status?.observedGeneration !== 2) await clock.sleep(5);
  const sweep = (performance.now() - again) / 1000;
  // An object belongs to one Fleet: the next one asks for the same names.
  await api.delete(Fleet, key);
  await manager.stop();
  return { first, sweep };
}

async function measure(kubeconfig: string, server: string, counts: readonly number[]): Promise<(string | number)[][]> {
  const rows: (string | number)[][] = [];
  const connection = await connectKube({ kind: 'kubeconfig', file: kubeconfig }, { clock });
  await installCrds(connection.api, crds({ conversion: 'none' }), clock);
  for (const count of counts) {
    const folder = mkdtempSync(join(tmpdir(), 'capstan-bench-'));
    try {
      const bare = await bareApply(connection.api, count);
      const { first, sweep } = await sync(connection.api, count, folder);
      const rate = count / first;
      rows.push([
        server,
        count,
        `${bare.toFixed(0)}/s`,
        `${rate.toFixed(0)}/s`,
        (rate / bare).toFixed(2),
        `${(sweep * 1000).toFixed(0)} ms`,
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    await connection.api.deleteCollection(CloudStackMachineTemplate, { namespace: 'bench-bare' });
    await connection.api.deleteCollection(CloudStackMachineTemplate, { namespace: 'bench-sync' });
  }
  connection.close();
  return rows;
}

/** The simulated API in a process of its own, as a real one would be. */
async function withSandbox<T>(work: (kubeconfig: string) => Promise<T>): Promise<T> {
  const program = join(__dirname, '../bin/capstan.js');
  const child = spawn(process.execPath, [program, 'sandbox', '--parts', 'kube', '--output', 'json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const line = await new Promise<string>((resolve, reject) => {
      let output = '';
      child.once('error', reject);
      child.once('exit', () => reject(new Error('the sandbox ended')));
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('\n')) resolve(output);
      });
    });
    const { kubeconfig }: { kubeconfig: string } = JSON.parse(line);
    return await work(kubeconfig);
  } finally {
    child.removeAllListeners('exit');
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
}

/** Sync of a repository into an API server, beside a bare parallel server-side-apply client in the same run. */
export async function benchSync(): Promise<string> {
  const rows = await withSandbox((kubeconfig) => measure(kubeconfig, 'sandbox', [1000, 10_000]));
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets === undefined) rows.push(['kube-apiserver', 3600, 'KUBEBUILDER_ASSETS is not set', '', '', '']);
  else {
    const real = await startRealControlPlane(assets);
    try {
      rows.push(...(await measure(real.kubeconfig, 'kube-apiserver', [3600])));
    } finally {
      await real.stop();
    }
  }
  return table(
    'Sync: first apply of a repository, dry run of every object included',
    ['server', 'objects', 'bare apply', 'sync', 'ratio', 'sweep without change'],
    rows,
  );
}
