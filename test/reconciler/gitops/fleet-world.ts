import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CloudStackMachineTemplate, Cluster, crds, Fleet, MachineDeployment, Namespace } from '../../../api';
import { type GitSource, type KubeApi, tryGet } from '../../../api/ports';
import type { KubeObject } from '../../../machinery/kube-object';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { createGitSource, gitopsControllers } from '../../../reconciler/gitops';
import { installCrds } from '../../../reconciler/install/install-crds';
import { type Manager, silentLog, startManager } from '../../../reconciler/runtime';
import { createKubeServer } from '../../../sandbox/kube';

export function gitIn(folder: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
  return execFileSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' }).trim();
}

/** A repository, an API server and the gitops loop between them, on a virtual clock. */
export class FleetWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'capstan-fleet-test-'));
  readonly repository = join(this.folder, 'repository');
  readonly clock = new VirtualClock();
  readonly server = createKubeServer({ clock: this.clock, random: new SeededRandom(1) });
  readonly api: KubeApi = this.server.api();
  /** How often the repository was asked. */
  looks = 0;
  /** What happens while the repository is asked. */
  duringLook: () => Promise<void> = async () => undefined;
  #manager: Manager | undefined;

  async start(): Promise<this> {
    mkdirSync(this.repository);
    this.git('init', '--quiet', '--initial-branch=main');
    const install = installCrds(this.api, crds({ conversion: 'external' }), this.clock);
    await this.clock.advance(1000);
    await install;
    const metadata = { name: 'capstan-system' };
    await this.api.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata });
    await this.run();
    return this;
  }

  async run(): Promise<void> {
    const { clock, api } = this;
    const git = createGitSource({ cacheDirectory: join(this.folder, 'cache'), allowLocal: true });
    const source: GitSource = {
      resolve: async (reference, signal) => {
        this.looks += 1;
        await this.duringLook();
        return git.resolve(reference, signal);
      },
      read: (reference, revision) => git.read(reference, revision),
    };
    const manager = startManager({
      api,
      clock,
      random: new SeededRandom(2),
      log: silentLog,
      controllers: (kit) =>
        gitopsControllers({ objects: kit.objects, api, source, events: kit.recorder('fleet'), clock, log: silentLog }),
    });
    this.#manager = manager;
    await clock.runUntil(() => manager.activity().warm);
  }

  async stop(): Promise<void> {
    await this.#manager?.stop();
  }

  /** As after a restart on another machine: nothing is left but what the API server and the repository keep. */
  async restartElsewhere(): Promise<void> {
    await this.stop();
    rmSync(join(this.folder, 'cache'), { recursive: true });
    await this.run();
    await this.clock.advance(3000);
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  git(...args: string[]): string {
    return gitIn(this.repository, ...args);
  }

  /** Makes the repository's manifests exactly these and lets the loop see them. */
  async push(files: { readonly [path: string]: string }): Promise<string> {
    rmSync(join(this.repository, 'manifests'), { recursive: true, force: true });
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.repository, path)), { recursive: true });
      writeFileSync(join(this.repository, path), content);
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '-m', 'change');
    await this.clock.advance(3000);
    return this.git('rev-parse', 'HEAD');
  }

  async sync(): Promise<void> {
    await this.api.create(Fleet, {
      apiVersion: 'capstan.dev/v1alpha1',
      kind: 'Fleet',
      metadata: { name: 'fleet', namespace: 'capstan-system' },
      spec: { source: { url: this.repository }, interval: '1s' },
    });
    await this.clock.advance(3000);
  }

  /** Leads the Fleet elsewhere. */
  async lead(source: Partial<Fleet['spec']['source']>): Promise<void> {
    const patch = { spec: { source } };
    await this.api.patch(Fleet, { namespace: 'capstan-system', name: 'fleet' }, { type: 'merge', patch });
    await this.clock.advance(3000);
  }

  fleet(): Promise<Fleet> {
    return this.api.get(Fleet, { namespace: 'capstan-system', name: 'fleet' });
  }

  async warnings(): Promise<string[]> {
    return (await this.#warnings()).map((event) => `${event['reason']}: ${event['message']}`);
  }

  /** How often each reason was told. */
  async counts(): Promise<string[]> {
    return (await this.#warnings()).map((event) => `${event['reason']} ${event['count']}`);
  }

  async #warnings(): Promise<readonly KubeObject[]> {
    const resource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
    const { items } = await this.api.list(resource);
    return items.filter((event) => event['type'] === 'Warning');
  }

  cluster(name = 'dev'): Promise<Cluster | undefined> {
    return tryGet(this.api, Cluster, { namespace: 'default', name });
  }

  async names(): Promise<string[]> {
    const lists = await Promise.all([
      this.api.list(Cluster),
      this.api.list(MachineDeployment),
      this.api.list(CloudStackMachineTemplate),
    ]);
    return lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
  }
}

export const cluster = (name = 'dev', extra = '') => `apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: {name: ${name}, labels: {cluster.x-k8s.io/cluster-name: ${name}}}
spec:
  controlPlaneRef: {apiGroup: controlplane.cluster.x-k8s.io, kind: KubeadmControlPlane, name: ${name}}
${extra}`;
export const template = (name: string) => `apiVersion: infrastructure.cluster.x-k8s.io/v1beta4
kind: CloudStackMachineTemplate
metadata: {name: ${name}, labels: {cluster.x-k8s.io/cluster-name: dev}}
spec: {template: {spec: {offering: {name: small}, template: {name: kube}}}}
`;
export const pool = (templateName: string) => `apiVersion: cluster.x-k8s.io/v1beta2
kind: MachineDeployment
metadata: {name: dev-pool, labels: {cluster.x-k8s.io/cluster-name: dev}}
spec:
  clusterName: dev
  replicas: 1
  selector: {matchLabels: {pool: a}}
  template:
    metadata: {labels: {pool: a}}
    spec:
      clusterName: dev
      bootstrap: {dataSecretName: data}
      infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: CloudStackMachineTemplate, name: ${templateName}}
`;

/** Gives each test of a file a world of its own. */
export function inFreshWorld(use: (world: FleetWorld) => void): void {
  let world: FleetWorld;
  beforeEach(async () => {
    world = await new FleetWorld().start();
    use(world);
  });
  afterEach(() => world.close());
}
