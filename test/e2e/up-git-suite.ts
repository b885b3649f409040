import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudStackMachineTemplate,
  Cluster,
  Fleet,
  KubeadmConfig,
  KubeadmConfigTemplate,
  Secret,
} from '../../api/kinds';
import type { TypedResource } from '../../api/ports';
import { conditionOf } from '../../machinery/conditions';
import { countInCloudStack } from './up-cloudstack';
import { Management } from './up-management';
import { eventually, Installation, Project, type RunningCommand, run } from './up-project';

let installation: Installation;
let project: Project;
let up: RunningCommand;
let management: Management;

/** A management cluster that the suite starts for itself. */
export interface ManagementCluster {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/**
 * Git as the write path of a running `capstan up`: edits, pushes, refusals and the confirmed deletion.
 * @param startCluster - a Kubernetes API of its own. @default - the simulated one of `up`
 */
export function upGitSuite(startCluster?: () => Promise<ManagementCluster>): void {
  jest.setTimeout(600_000);
  let cluster: ManagementCluster | undefined;

  // One world for all tests, in the order of a cluster's life: each leaves it ready for the next.
  beforeAll(async () => {
    installation = new Installation();
    project = new Project(installation);
    project.write(
      'cdk8s.yaml',
      'language: typescript\napp: node node_modules/capstan/dist/apps/fleet/main.js\noutput: .cdk8s/out\n',
    );
    project.commit('Add cdk8s.yaml');
    cluster = await startCluster?.();
    const where = cluster === undefined ? [] : ['--kubeconfig', cluster.kubeconfig, '--data-dir', '../state'];
    up = project.start('up', '--latency', 'instant', ...where);
    await up.says('Ctrl-C stops everything', 120);
    management = await Management.of(cluster?.kubeconfig ?? project.kubeconfig());
  }, 240_000);
  afterAll(async () => {
    management.close();
    await up.stop();
    await project.close();
    await cluster?.stop();
    installation.remove();
  }, 60_000);

  test('more replicas and a new pool add machines and touch no other', addMachines);
  test(
    'a changed offering replaces the machines of that template alone; the old template goes when nothing uses it',
    changeOffering,
  );
  test('fewer replicas and a removed pool take machines away', takeMachinesAway);
  test('a new Kubernetes version rolls the control plane before the workers, and reverting is another change', upgrade);
  test(
    'what may not be in a repository is refused with all reasons; the last good revision stays and repair works',
    refuse,
  );
  test(
    'a cluster that left git is deleted by the command that status and why print, and leaves nothing',
    deleteConfirmed,
  );
}

const small = { replicas: 1, offering: 'Medium Instance' };

async function fleet(): Promise<Fleet> {
  return management.connection.api.get(Fleet, { namespace: 'capstan-system', name: 'fleet' });
}

/** What a user does after an edit: synth, commit, push. Returns when the revision is applied. */
async function release(): Promise<void> {
  await run('node', ['node_modules/cdk8s-cli/bin/cdk8s', 'synth', '--check-upgrade=false'], project.directory);
  await pushAll();
}

async function pushAll(): Promise<void> {
  const revision = project.commit('Change');
  project.git('push', '--quiet', 'capstan', 'HEAD:main');
  const seen = async () => (await fleet()).status?.lastAttemptedRevision === revision;
  await eventually(seen, () => 'the push is not noticed', 30);
}

async function machines(): Promise<string[]> {
  return [...(await management.instances()).keys()].sort();
}

async function addMachines(): Promise<void> {
  const before = await management.instances();
  project.define('dev', {
    pools: { general: { ...small, replicas: 2 }, large: { ...small, offering: 'Large Instance' } },
  });

  await release();
  await management.ready('dev', ({ workers }) => workers.desired === 3);

  const after = await management.instances();
  expect(after.size).toBe(4);
  expect([...after]).toEqual(expect.arrayContaining([...before]));
}

async function changeOffering(): Promise<void> {
  const before = await machines();
  const templates = await templateNames();
  const pools = { general: { ...small, replicas: 2 }, large: { ...small, offering: 'Medium Instance' } };
  project.define('dev', { pools });

  await release();
  await management.ready('dev');

  const kept = (await machines()).filter((name) => before.includes(name));
  expect(kept).toEqual(before.filter((name) => !name.startsWith('dev-large-')));
  await eventually(
    async () => (await templateNames()).length <= templates.length,
    () => 'the old template stays',
    30,
  );
}

async function takeMachinesAway(): Promise<void> {
  project.define('dev');

  await release();
  await management.ready('dev', ({ workers }) => workers.desired === 1);
  await eventually(
    async () => (await machines()).length === 2,
    () => 'machines of the removed pool stay',
  );
}

async function upgrade(): Promise<void> {
  const before = await machines();
  project.define('dev', { kubernetesVersion: 'v1.34.2' });

  await release();
  await eventually(
    async () => {
      const { machines: all } = await management.snapshot();
      const controlPlane = all.filter(({ metadata }) => 'cluster.x-k8s.io/control-plane' in (metadata.labels ?? {}));
      const workers = all.filter((machine) => !controlPlane.includes(machine));
      if (workers.some(({ spec }) => spec.version === 'v1.34.2'))
        expect(controlPlane.filter(({ spec }) => spec.version !== 'v1.34.2')).toEqual([]);
      return all.every(({ spec }) => spec.version === 'v1.34.2');
    },
    () => 'not upgraded',
    150,
  );
  await management.ready('dev');

  expect((await machines()).filter((name) => before.includes(name))).toEqual([]);
}

async function refuse(): Promise<void> {
  const good = (await fleet()).status?.lastAppliedRevision;
  const before = await machines();
  project.write('manifests/dev/broken.yaml', 'a: [1\n');
  project.write('manifests/dev/role.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n');
  project.write('manifests/dev/bomb.yaml', `${aliasBomb()}\n`);
  await pushAll();

  const status = await project.capstan('status');
  const why = await project.capstan('why', 'fleet');

  for (const { stdout, code } of [status, why]) {
    expect(code).toBe(1);
    for (const file of ['broken.yaml', 'role.yaml', 'bomb.yaml']) expect(stdout).toContain(`manifests/dev/${file}`);
  }
  expect(why.stdout).toContain('RevisionRefused');
  expect((await fleet()).status?.lastAppliedRevision).toBe(good);

  symlinkSync('/etc/passwd', join(project.directory, 'manifests/dev/link.yaml'));
  writeFileSync(join(project.directory, 'manifests/dev/huge.yaml'), Buffer.alloc(100 * 1024 * 1024, '#'));
  await pushAll();

  const message = conditionOf(await fleet(), 'Ready')?.message;
  expect(message).toContain('manifests/dev/link.yaml: a symbolic link');
  expect(message).toContain('manifests/dev/huge.yaml: 104857600 bytes');
  expect(message).toContain('manifests/dev/broken.yaml: ');
  expect(await machines()).toEqual(before);

  await release();
  await eventually(
    async () => conditionOf(await fleet(), 'Ready')?.status === 'True',
    () => 'the repaired revision is not applied',
    30,
  );
}

async function deleteConfirmed(): Promise<void> {
  project.git('rm', '-r', '--quiet', 'clusters/dev.ts');
  project.write('clusters/.gitkeep', '');
  await release();
  const command = (await fleet()).status?.pendingDeletions?.[0]?.command ?? 'none';
  const status = await project.capstan('status');
  const why = await project.capstan('why', 'dev');
  expect(status.stdout).toContain(command);
  expect(why).toMatchObject({ code: 1, stdout: expect.stringContaining(command) });
  expect((await management.view('dev'))?.ready).toBe(true);

  await confirm(command);

  const { api } = management.connection;
  await eventually(
    async () => (await api.list(Cluster)).items.length === 0,
    () => 'the cluster is still there',
  );
  const left = async () => {
    const { fleets: _, ...snapshot } = await management.snapshot();
    const kinds = [CloudStackMachineTemplate, KubeadmConfigTemplate, KubeadmConfig] as const;
    const lists = await Promise.all(kinds.map(async (kind: TypedResource) => (await api.list(kind)).items));
    const secrets = (await api.list(Secret, { namespace: 'default' })).items;
    return [...Object.values(snapshot).flat(), ...lists.flat(), ...secrets].map(
      ({ kind, metadata }) => `${kind} ${metadata.name}`,
    );
  };
  let objects: string[] = [];
  await eventually(
    async () => {
      objects = await left();
      return objects.join() === 'Secret cloudstack-credentials';
    },
    () => `left in the namespace: ${objects.join(', ')}`,
  );
  const counts = await countInCloudStack(api);
  expect(Object.entries(counts).filter(([, count]) => count > 0)).toEqual([]);
}

/** Runs the printed command as a user would, or does what it says where there is no kubectl. */
async function confirm(command: string): Promise<void> {
  const { api } = management.connection;
  const [program = '', ...args] = command.split(' ');
  try {
    await run(program, [...args, `--kubeconfig=${project.kubeconfig()}`], project.directory);
  } catch (error) {
    if (!String(error).includes('ENOENT')) throw error;
    const [name = '', value = ''] = args.at(-1)?.split('=') ?? [];
    const patch = { metadata: { annotations: { [name]: value } } };
    await api.patch(Cluster, { namespace: 'default', name: 'dev' }, { type: 'merge', patch });
  }
}

async function templateNames(): Promise<string[]> {
  const { items } = await management.connection.api.list(CloudStackMachineTemplate);
  return items.map(({ metadata }) => metadata.name);
}

/** Nine levels of ten aliases each: a billion documents when expanded. */
function aliasBomb(): string {
  const lines = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level++)
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  return lines.join('\n');
}
