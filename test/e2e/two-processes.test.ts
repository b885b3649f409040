import { Cluster, KubeadmControlPlane, Secret } from '../../api/kinds';
import { valueAt } from '../../machinery/json';
import { keyOf } from '../../machinery/kube-object';
import { clusterObjects } from './definitions';
import { countInCloudStack } from './up-cloudstack';
import { Management } from './up-management';
import { eventually, Installation, Project, type RunningCommand } from './up-project';

jest.setTimeout(240_000);

let installation: Installation;
let project: Project;
let sandbox: RunningCommand;
let reconciler: RunningCommand;
let startReconciler: () => RunningCommand;
let management: Management;
let announced: unknown;

// `capstan sandbox` and `capstan run`: everything between them crosses sockets.
beforeAll(async () => {
  installation = new Installation();
  project = new Project(installation);
  sandbox = project.start('sandbox', '--output', 'json', '--latency', 'instant');
  const line = /^\{.*\}$/m;
  await sandbox.says(line);
  announced = JSON.parse(line.exec(sandbox.output)?.[0] ?? '');
  const kubeconfig = String(valueAt(announced, 'kubeconfig'));
  startReconciler = () => project.start('run', '--kubeconfig', kubeconfig, '--diagnostics-port', '0');
  reconciler = startReconciler();
  management = await Management.of(kubeconfig);
  await reconciler.says('controllers started');
  await createCredentials();
}, 120_000);
afterAll(async () => {
  management.close();
  await project.close();
  installation.remove();
});

async function createCredentials(): Promise<void> {
  const { endpoint, apiKey, secretKey } = Object(valueAt(announced, 'cloudstack'));
  const values = { 'api-url': endpoint, 'api-key': apiKey, 'secret-key': secretKey, 'verify-ssl': 'false' };
  await management.connection.api.create(Secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'cloudstack-credentials', namespace: 'default' },
    data: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')]),
    ),
  });
}

async function apply(controlPlane: number, kubernetesVersion: string): Promise<void> {
  const { api } = management.connection;
  const change = { kubernetesVersion, controlPlane: { replicas: controlPlane, offering: 'Medium Instance' } };
  for (const object of clusterObjects('dev', change)) {
    const resource = await api.resourceFor(object.apiVersion, object.kind);
    if (resource === undefined) throw new Error(`${object.kind} is not served`);
    const patch = { type: 'apply', patch: object, force: true } as const;
    await api.patch(resource, keyOf(object), patch, { fieldManager: 'test' });
  }
}

test('the sandbox announces where it is, with names that exist', async () => {
  expect(announced).toEqual({
    kubeconfig: expect.any(String),
    cloudstack: {
      endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/client\/api$/),
      apiKey: expect.any(String),
      secretKey: expect.any(String),
      examples: {
        zone: expect.any(String),
        network: expect.any(String),
        publicIp: expect.any(String),
        offering: expect.any(String),
        template: expect.any(String),
        kubernetesVersion: expect.stringMatching(/^v1\./),
        sshKey: expect.any(String),
      },
    },
  });
});

test('a control plane is scaled from 3 to 1 and upgraded; etcd members leave at the workload API', async () => {
  await apply(3, 'v1.33.5');
  await management.ready('dev', ({ controlPlane }) => controlPlane.ready === 3);
  const { endpoint } = await management.ready('dev');

  await apply(1, 'v1.33.5');
  await management.ready('dev', ({ controlPlane }) => controlPlane.desired === 1 && controlPlane.ready === 1);
  await eventually(
    async () => (await management.instances()).size === 2,
    () => 'the machines that left are still there',
  );
  // Two of three members are gone: only when they left etcd before their machines did is there still a quorum.
  await apply(1, 'v1.34.2');
  await eventually(
    async () => (await management.snapshot()).machines.every(({ spec }) => spec.version === 'v1.34.2'),
    () => 'not upgraded',
  );
  const view = await management.ready('dev');

  expect(view.endpoint).toBe(endpoint);
  const controlPlane = await management.connection.api.get(KubeadmControlPlane, {
    namespace: 'default',
    name: 'dev-control-plane',
  });
  expect(controlPlane.status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'EtcdClusterHealthy', status: 'True' }),
  );
});

test('a second reconciler waits, and follows at once when the first is killed', async () => {
  const second = startReconciler();
  await second.says('waiting: another leads');
  expect(second.output).not.toContain('controllers started');

  await reconciler.stop('SIGKILL');
  const killedAt = Date.now();
  await second.says('controllers started');
  const tookMs = Date.now() - killedAt;
  reconciler = second;
  await apply(3, 'v1.34.2');
  await management.ready('dev', ({ controlPlane }) => controlPlane.ready === 3);

  // A Lease that runs out takes 15 s.
  expect(tookMs).toBeLessThan(12_000);
  expect((await management.instances()).size).toBe(4);
});

test('a deleted cluster leaves nothing in CloudStack', async () => {
  const { api } = management.connection;

  await api.delete(Cluster, { namespace: 'default', name: 'dev' });

  await eventually(
    async () => (await api.list(Cluster)).items.length === 0,
    () => 'the cluster is still there',
  );
  expect(Object.entries(await countInCloudStack(api)).filter(([, count]) => count > 0)).toEqual([]);
});

test('both stop on a signal and leave nothing behind', async () => {
  expect(await reconciler.stop()).toMatchObject({ code: 0 });
  expect(await sandbox.stop('SIGINT')).toMatchObject({ code: 0 });
  // Who is killed cannot clean up.
  expect(project.leftBehind().filter((path) => !path.includes('capstan-git-'))).toEqual([]);
});
