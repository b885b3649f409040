import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CloudStackMachineTemplate, Cluster, ConfigMap, crds, Fleet, MachineDeployment, Namespace } from '../../../api';
import { type GitSource, type KubeApi, tryGet } from '../../../api/ports';
import { conditionOf } from '../../../machinery/conditions';
import type { KubeObject } from '../../../machinery/kube-object';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { createGitSource, gitopsControllers } from '../../../reconciler/gitops';
import { CONFIRM_DELETE } from '../../../reconciler/gitops/prune/plan-prune';
import { installCrds } from '../../../reconciler/install/install-crds';
import { type Manager, silentLog, startManager } from '../../../reconciler/runtime';
import { createKubeServer } from '../../../sandbox/kube';

/** A repository, an API server and the gitops loop between them, on a virtual clock. */
class World {
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

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  git(...args: string[]): string {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
    return execFileSync('git', [...identity, ...args], { cwd: this.repository, encoding: 'utf8' }).trim();
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

const cluster = (name = 'dev', extra = '') => `apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: {name: ${name}, labels: {cluster.x-k8s.io/cluster-name: ${name}}}
spec:
  controlPlaneRef: {apiGroup: controlplane.cluster.x-k8s.io, kind: KubeadmControlPlane, name: ${name}}
${extra}`;
const template = (name: string) => `apiVersion: infrastructure.cluster.x-k8s.io/v1beta4
kind: CloudStackMachineTemplate
metadata: {name: ${name}, labels: {cluster.x-k8s.io/cluster-name: dev}}
spec: {template: {spec: {offering: {name: small}, template: {name: kube}}}}
`;
const pool = (templateName: string) => `apiVersion: cluster.x-k8s.io/v1beta2
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

let world: World;
beforeEach(async () => {
  world = await new World().start();
});
afterEach(() => world.close());

test('applies a revision and reports it', async () => {
  const revision = await world.push({
    'manifests/dev/cluster.yaml': cluster(),
    'manifests/dev/template.yaml': template('one'),
  });
  await world.sync();

  expect(await world.names()).toEqual(['Cluster dev', 'CloudStackMachineTemplate one']);
  const fleet = await world.fleet();
  expect(conditionOf(fleet, 'Ready')).toMatchObject({ status: 'True', reason: 'ReconciliationSucceeded' });
  expect(fleet.status?.lastAppliedRevision).toBe(revision);
});

test('the end of the process in the middle of a look is no failure of the repository', async () => {
  await world.push({ 'manifests/cluster.yaml': cluster() });
  await world.sync();
  let stopped: Promise<void> | undefined;
  world.duringLook = async () => {
    stopped ??= world.stop();
  };
  await world.clock.runUntil(() => stopped !== undefined);
  await stopped;

  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ status: 'True' });
  expect(await world.warnings()).toEqual([]);
});

test('at rest it writes nothing', async () => {
  await world.push({ 'manifests/cluster.yaml': cluster() });
  await world.sync();
  const before = (await world.api.list(Cluster)).resourceVersion;

  await world.clock.advance(10_000);

  expect((await world.api.list(Cluster)).resourceVersion).toBe(before);
});

test('puts back what somebody changed, and leaves fields it does not own alone', async () => {
  await world.push({ 'manifests/cluster.yaml': cluster() });
  await world.sync();
  const key = { namespace: 'default', name: 'dev' };
  const patch = { metadata: { labels: { 'cluster.x-k8s.io/cluster-name': 'other', mine: 'yes' } } };
  await world.api.patch(Cluster, key, { type: 'merge', patch }, { fieldManager: 'somebody' });

  await world.clock.advance(2000);

  expect((await world.cluster())?.metadata.labels).toEqual({ 'cluster.x-k8s.io/cluster-name': 'dev', mine: 'yes' });
});

test('refuses a password in the URL, where everybody would see it', async () => {
  const fleet = (url: string) => ({
    apiVersion: 'capstan.dev/v1alpha1' as const,
    kind: 'Fleet' as const,
    metadata: { name: 'other', namespace: 'capstan-system' },
    spec: { source: { url } },
  });

  const refused = world.api.create(Fleet, fleet('https://bob:hunter2secret@git.example.org/fleet.git'));
  await expect(refused).rejects.toThrow('put it into the Secret of secretRef');
  await expect(refused).rejects.not.toThrow('hunter2secret');
  await world.api.create(Fleet, fleet('ssh://git@git.example.org:2222/fleet.git'));
});

test('makes again what somebody deleted', async () => {
  await world.push({ 'manifests/template.yaml': template('one') });
  await world.sync();
  await world.api.delete(CloudStackMachineTemplate, { namespace: 'default', name: 'one' });

  await world.clock.advance(2000);

  expect(await world.names()).toEqual(['CloudStackMachineTemplate one']);
});

test('refuses a revision with any mistake as a whole, lists all, and keeps the last good one', async () => {
  const good = await world.push({ 'manifests/cluster.yaml': cluster() });
  await world.sync();
  const bad = await world.push({
    'manifests/cluster.yaml': cluster('dev', '  unknownField: 1\n'),
    'manifests/template.yaml': template('one').replace('offering: {name: small}, ', ''),
    'manifests/new.yaml': template('new'),
  });

  const fleet = await world.fleet();
  const ready = conditionOf(fleet, 'Ready');
  expect(ready).toMatchObject({ status: 'False', reason: 'RevisionRefused' });
  expect(ready?.message).toContain('unknownField');
  expect(ready?.message).toContain('spec.template.spec.offering');
  expect(fleet.status).toMatchObject({ lastAppliedRevision: good, lastAttemptedRevision: bad });
  await world.clock.advance(10_000);
  expect(await world.warnings()).toEqual([`RevisionRefused: ${ready?.message}`]);
  expect(await world.names()).toEqual(['Cluster dev']);

  await world.push({ 'manifests/cluster.yaml': cluster() });
  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ status: 'True' });
});

test('a Cluster that left git stays until its deletion is confirmed by its uid', async () => {
  await world.push({ 'manifests/cluster.yaml': cluster() });
  await world.sync();
  const uid = (await world.cluster())?.metadata.uid ?? '';
  await world.push({});

  const pending = (await world.fleet()).status?.pendingDeletions ?? [];
  expect(pending).toMatchObject([
    { kind: 'Cluster', name: 'dev', uid, command: expect.stringContaining(`${CONFIRM_DELETE}=${uid}`) },
  ]);
  await world.clock.advance(10_000);
  expect(await world.cluster()).toBeDefined();
  expect(await world.counts()).toEqual(['ConfirmationRequired 1']);

  const patch = { metadata: { annotations: { [CONFIRM_DELETE]: uid } } };
  await world.api.patch(Cluster, { namespace: 'default', name: 'dev' }, { type: 'merge', patch });
  await world.clock.advance(3000);

  expect(await world.cluster()).toBeUndefined();
  expect((await world.fleet()).status?.pendingDeletions).toEqual([]);
});

test('an old template stays while the pool that git asks for before still uses it', async () => {
  const first = {
    'manifests/cluster.yaml': cluster(),
    'manifests/pool.yaml': pool('one'),
    'manifests/template.yaml': template('one'),
  };
  await world.push(first);
  await world.sync();
  const set = {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'MachineSet',
    metadata: { name: 'dev-pool-abc', namespace: 'default' },
    spec: {
      clusterName: 'dev',
      replicas: 1,
      selector: { matchLabels: { pool: 'a' } },
      template: {
        metadata: { labels: { pool: 'a' } },
        spec: {
          clusterName: 'dev',
          bootstrap: { dataSecretName: 'data' },
          infrastructureRef: {
            apiGroup: 'infrastructure.cluster.x-k8s.io',
            kind: 'CloudStackMachineTemplate',
            name: 'one',
          },
        },
      },
    },
  };
  const resource = {
    group: 'cluster.x-k8s.io',
    version: 'v1beta2',
    kind: 'MachineSet',
    plural: 'machinesets',
    namespaced: true,
  };
  await world.api.create(resource, set);
  await world.push({ ...first, 'manifests/pool.yaml': pool('two'), 'manifests/template.yaml': template('two') });
  expect(await world.names()).toEqual(
    expect.arrayContaining(['CloudStackMachineTemplate one', 'CloudStackMachineTemplate two']),
  );

  await world.api.delete(resource, { namespace: 'default', name: 'dev-pool-abc' });
  await world.clock.advance(3000);

  expect(await world.names()).not.toContain('CloudStackMachineTemplate one');
});

test('after a restart it still knows what it applied', async () => {
  await world.push({ 'manifests/one.yaml': template('one'), 'manifests/two.yaml': template('two') });
  await world.sync();
  await world.stop();
  await world.push({ 'manifests/one.yaml': template('one') });

  await world.run();
  await world.clock.advance(3000);

  expect(await world.names()).toEqual(['CloudStackMachineTemplate one']);
  const inventories = await world.api.list(ConfigMap, { namespace: 'capstan-system' });
  expect(inventories.items).toHaveLength(1);
});

test('a repository that does not answer is a condition, and work resumes when it does', async () => {
  await world.push({ 'manifests/cluster.yaml': cluster() });
  const { repository } = world;
  execFileSync('mv', [repository, `${repository}.away`]);
  await world.sync();
  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ status: 'False', reason: 'FetchFailed' });

  execFileSync('mv', [`${repository}.away`, repository]);
  await world.clock.advance(3000);

  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ status: 'True' });
});

test.each([
  ['that nobody serves', {}],
  ['whose Secret is missing', { secretRef: { name: 'none' } }],
])('a token in the URL of a repository %s is told nowhere', async (_, more) => {
  const url = 'http://robot@127.0.0.1:9/fleet.git?private_token=t0ken';
  await world.api.create(Fleet, {
    apiVersion: 'capstan.dev/v1alpha1',
    kind: 'Fleet',
    metadata: { name: 'fleet', namespace: 'capstan-system' },
    spec: { source: { url, ...more }, interval: '1s' },
  });
  const status = async () => JSON.stringify((await world.fleet()).status);
  while (!(await status())?.includes('127.0.0.1:9/fleet.git')) await world.clock.advance(100);

  expect(await status()).not.toMatch(/t0ken|robot/);
  expect((await world.warnings()).join()).toContain('127.0.0.1:9/fleet.git');
  expect((await world.warnings()).join()).not.toMatch(/t0ken|robot/);
});

test('a Namespace that left git takes no Cluster with it', async () => {
  const inTeam = (manifest: string) => manifest.replace('metadata: {', 'metadata: {namespace: team, ');
  await world.api.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
  await world.push({
    'manifests/team.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n',
    'manifests/cluster.yaml': inTeam(cluster()),
  });
  await world.sync();
  await world.push({});
  await world.clock.advance(10_000);

  const ready = conditionOf(await world.fleet(), 'Ready');
  expect(ready).toMatchObject({ status: 'True', message: expect.stringContaining('kubectl delete namespace team') });
  expect(await world.names()).toEqual(['Cluster dev']);
});

test('a path that is corrected is read at once, though no commit came', async () => {
  await world.push({ 'clusters/cluster.yaml': cluster() });
  await world.sync();
  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ reason: 'RevisionRefused' });

  const patch = { spec: { source: { path: 'clusters' } } };
  await world.api.patch(Fleet, { namespace: 'capstan-system', name: 'fleet' }, { type: 'merge', patch });
  await world.clock.advance(3000);

  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ status: 'True' });
  expect(await world.names()).toEqual(['Cluster dev']);
});

test('a Namespace and what is in it may come with one revision', async () => {
  await world.push({
    'manifests/team.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n',
    'manifests/cluster.yaml': cluster().replace('metadata: {', 'metadata: {namespace: team, '),
  });
  await world.sync();

  expect(conditionOf(await world.fleet(), 'Ready')).toMatchObject({ status: 'True' });
  expect(await world.names()).toEqual(['Cluster dev']);
});

test('what is refused in a new Namespace is applied in no part', async () => {
  const inTeam = (manifest: string) => manifest.replace('metadata: {', 'metadata: {namespace: team, ');
  await world.push({
    'manifests/team.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n',
    'manifests/cluster.yaml': inTeam(cluster('dev', '  unknownField: 1\n')),
    'manifests/template.yaml': inTeam(template('one')),
  });
  await world.sync();

  const ready = conditionOf(await world.fleet(), 'Ready');
  expect(ready).toMatchObject({ reason: 'RevisionRefused', message: expect.stringContaining('unknownField') });
  expect(await world.names()).toEqual([]);
});

describe('two Fleets', () => {
  const otherKey = { namespace: 'capstan-system', name: 'other' };
  const startOther = async () => {
    await world.api.create(Fleet, {
      apiVersion: 'capstan.dev/v1alpha1',
      kind: 'Fleet',
      metadata: otherKey,
      spec: { source: { url: world.repository, path: 'other' }, interval: '1s' },
    });
    await world.clock.advance(3000);
  };

  test('do not fight for an object: the second is refused, and takes it over when the first lets go', async () => {
    const mine = { 'manifests/cluster.yaml': cluster(), 'manifests/pool.yaml': pool('one') };
    await world.push(mine);
    await world.sync();
    const uids = async () => (await world.api.list(MachineDeployment)).items.map(({ metadata }) => metadata.uid);
    const before = await uids();
    await world.push({ ...mine, 'other/pool.yaml': pool('two') });
    await startOther();

    const refused = conditionOf(await world.api.get(Fleet, otherKey), 'Ready');
    expect(refused).toMatchObject({ reason: 'RevisionRefused' });
    expect(refused?.message).toContain('other/pool.yaml: MachineDeployment.cluster.x-k8s.io default/dev-pool');
    expect(refused?.message).toContain('Fleet capstan-system/fleet');
    const templates = async () =>
      (await world.api.list(MachineDeployment)).items.map(({ spec }) => spec.template.spec.infrastructureRef.name);
    expect(await templates()).toEqual(['one']);

    await world.push({ 'manifests/cluster.yaml': cluster() });
    await world.clock.advance(5000);

    expect(await uids()).toEqual(before);
    expect(await templates()).toEqual(['two']);
    expect(conditionOf(await world.api.get(Fleet, otherKey), 'Ready')).toMatchObject({ status: 'True' });

    await world.stop();
    await world.run();
    await world.clock.advance(5000);
    expect(await uids()).toEqual(before);
    expect(await templates()).toEqual(['two']);
  });
});

test('an interval of nothing does not ask the repository without pause', async () => {
  await world.push({ 'manifests/cluster.yaml': cluster() });
  await world.api.create(Fleet, {
    apiVersion: 'capstan.dev/v1alpha1',
    kind: 'Fleet',
    metadata: { name: 'fleet', namespace: 'capstan-system' },
    spec: { source: { url: world.repository }, interval: '0s' },
  });
  const before = world.looks;

  await world.clock.advance(5000);

  expect(await world.names()).toEqual(['Cluster dev']);
  expect(world.looks - before).toBeLessThan(10);
}, 20_000);

test('an inventory that was edited or deleted is put right while git still asks for its objects', async () => {
  const both = { 'manifests/one.yaml': template('one'), 'manifests/two.yaml': template('two') };
  await world.push(both);
  await world.sync();
  const key = { namespace: 'capstan-system', name: 'fleet-inventory-0' };
  const entries = (await world.api.get(ConfigMap, key)).data?.['entries'] ?? '';
  const patch = { data: { entries: entries.replace(/^\S+/gm, 'another-uid') } };
  await world.api.patch(ConfigMap, key, { type: 'merge', patch });
  await world.clock.advance(3000);

  expect((await world.api.get(ConfigMap, key)).data?.['entries']).toBe(entries);

  await world.api.delete(ConfigMap, key);
  await world.clock.advance(3000);

  expect((await world.api.get(ConfigMap, key)).data?.['entries']).toBe(entries);
  await world.push({ 'manifests/one.yaml': template('one') });
  expect(await world.names()).toEqual(['CloudStackMachineTemplate one']);
});
