import { Cluster, ConfigMap, KubeadmConfig, Machine, Secret } from '../../../api/kinds';
import { tokenExpiry } from '../../../machinery/bootstrap-token';
import { CountingApi } from '../control-plane/counting-api';
import { BootstrapWorld } from './bootstrap-world';

const MINUTE = 60_000;
let world: BootstrapWorld;
beforeEach(async () => {
  world = await BootstrapWorld.start();
});
afterEach(async () => {
  await world.stop();
});

const key = (name: string) => ({ namespace: 'default', name });

test('nothing is made before the infrastructure is there, and the condition says so', async () => {
  await world.cluster({ provisioned: false });
  await world.certificates();
  await world.machine('m', 'control-plane', { initConfiguration: { skipPhases: ['addon'] } });
  await world.clock.advance(5_000);

  expect(world.condition('m', 'DataSecretAvailable')).toBe(
    'False NotAvailable Waiting for Cluster status.infrastructureReady to be true',
  );
  expect(world.secret('m')).toBeUndefined();

  await world.clusterStatus({ initialization: { infrastructureProvisioned: true } });
  await world.until(() => world.isReady('m'));
});

test('the first control-plane machine gets its Secret in four writes, in the exact shape', async () => {
  await world.cluster();
  await world.certificates();
  const before = world.requests.writes().length;
  await world.machine('m', 'control-plane', { clusterConfiguration: { apiServer: { certSANs: ['localhost'] } } });
  await world.until(() => world.isReady('m'));
  await world.clock.advance(10 * MINUTE);

  expect(
    world.requests
      .writes()
      .slice(before)
      .map((write) => `${write.verb} ${write.kind} ${write.subresource}`),
  ).toEqual(['create ConfigMap ', 'create Secret ', 'patch KubeadmConfig ', 'patch KubeadmConfig status']);
  const config = world.config('m');
  expect(config.spec?.clusterConfiguration?.controlPlaneEndpoint).toBe('10.0.0.10:6443');
  expect(config.status).toMatchObject({
    dataSecretName: 'm',
    initialization: { dataSecretCreated: true },
    observedGeneration: 2,
  });
  expect(config.status?.conditions?.map(({ type, observedGeneration }) => [type, observedGeneration])).toEqual([
    ['Ready', 2],
    ['CertificatesAvailable', 2],
    ['DataSecretAvailable', 2],
    ['Paused', 2],
  ]);
  const { metadata, type, data } = world.secret('m') ?? {};
  expect(type).toBe('cluster.x-k8s.io/secret');
  expect(Buffer.from(data?.format ?? '', 'base64').toString()).toBe('cloud-config');
  expect(metadata?.labels).toEqual({ 'cluster.x-k8s.io/cluster-name': 'c' });
  expect(metadata?.ownerReferences).toEqual([
    {
      apiVersion: KubeadmConfig.apiVersion,
      kind: 'KubeadmConfig',
      name: 'm',
      uid: config.metadata.uid,
      controller: true,
    },
  ]);
  const lock = world.manager.objects.get(ConfigMap, key('c-lock'));
  expect(lock?.data).toEqual({ 'lock-information': '{"machineName":"m"}' });
});

test('one machine initializes at a time; when it is gone the next one does', async () => {
  await world.cluster();
  await world.certificates();
  const first = await world.machine('a', 'control-plane', { initConfiguration: { skipPhases: ['x'] } });
  await world.until(() => world.isReady('a'));
  await world.machine('b', 'control-plane', { initConfiguration: { skipPhases: ['x'] } });
  await world.clock.advance(5_000);

  expect(world.condition('b', 'DataSecretAvailable')).toContain('Machine a is initializing it');

  await world.api.delete(Machine, { namespace: 'default', name: first.metadata.name });
  await world.until(() => world.isReady('b'));
});

test('a worker waits for the control plane and for a connection, then joins with a token of 15 minutes', async () => {
  await world.cluster();
  await world.certificates();
  await world.machine('w', 'worker', { joinConfiguration: { nodeRegistration: { name: 'w' } } });
  await world.clock.advance(5_000);
  expect(world.condition('w', 'DataSecretAvailable')).toBe(
    'False NotAvailable Waiting for Cluster control plane to be initialized',
  );
  expect(world.condition('w', 'Ready')).toBe(
    'False NotReady * DataSecretAvailable: Waiting for Cluster control plane to be initialized\n* CertificatesAvailable: Condition not yet reported',
  );

  await world.initialized();
  await world.clock.advance(5_000);
  expect(world.condition('w', 'DataSecretAvailable')).toContain('API server of the workload cluster');

  world.connect();
  await world.until(() => world.isReady('w'));
  const [token] = await world.tokens();
  const { data } = token as Secret;
  expect(Buffer.from(data?.['auth-extra-groups'] ?? '', 'base64').toString()).toBe(
    'system:bootstrappers:kubeadm:default-node-token',
  );
  expect((tokenExpiry(token as Secret) ?? 0) - world.clock.now()).toBeGreaterThan(14 * MINUTE);
  const discovery = world.config('w').spec?.joinConfiguration?.discovery?.bootstrapToken;
  expect(discovery).toMatchObject({
    apiServerEndpoint: '10.0.0.10:6443',
    token: expect.stringMatching(/^[a-z0-9]{6}\.[a-z0-9]{16}$/),
  });
  expect(discovery?.caCertHashes?.[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(world.config('w').spec?.joinConfiguration?.nodeRegistration).toEqual({ name: 'w' });
  expect(world.userData('w')).toContain('key: node.cluster.x-k8s.io/uninitialized');
});

test('a workload cluster that does not answer is asked with growing pauses, and the condition stays as it is', async () => {
  await world.cluster();
  await world.certificates();
  await world.initialized();
  await world.machine('w', 'worker', { joinConfiguration: { nodeRegistration: { name: 'w' } } });
  const workload = new CountingApi(world.workloadKube.api());
  workload.dieAfter(0);
  const attempts = jest.spyOn(workload, 'create');
  world.workload.connect({ namespace: 'default', name: 'c' }, workload);
  await world.clock.advance(2_000);
  const writesBefore = world.requests.writes().length;
  await world.clock.advance(120_000);

  expect(attempts.mock.calls.length).toBeLessThan(25);
  expect(world.requests.writes().length).toBe(writesBefore);
  expect(world.condition('w', 'DataSecretAvailable')).toContain('no bootstrap token could be made through its API');
});

test('the token lives until the machine has joined, and not longer', async () => {
  await world.readyWorker('w');

  await world.clock.advance(60 * MINUTE);
  const expiry = tokenExpiry((await world.tokens())[0] as Secret) ?? 0;
  expect(expiry).toBeGreaterThan(world.clock.now() + 5 * MINUTE);

  await world.api.patch(
    Machine,
    key('w'),
    { type: 'merge', patch: { status: { nodeRef: { name: 'w' } } } },
    { subresource: 'status' },
  );
  await world.clock.advance(60 * MINUTE);
  expect(tokenExpiry((await world.tokens())[0] as Secret)).toBe(expiry);
});

test('a token that has vanished is replaced, in the data as well', async () => {
  await world.readyWorker('w');
  const [first] = await world.tokens();
  const before = world.config('w').spec?.joinConfiguration?.discovery?.bootstrapToken?.token ?? '';

  await world.workloadKube.api().delete(Secret, { namespace: 'kube-system', name: first?.metadata.name ?? '' });
  await world.clock.advance(6 * MINUTE);

  const after = world.config('w').spec?.joinConfiguration?.discovery?.bootstrapToken?.token ?? '';
  expect(after).not.toBe(before);
  expect(world.userData('w')).toContain(after);
  expect(world.userData('w')).not.toContain(before);
  expect(await world.tokens()).toHaveLength(1);
});

test('a control-plane machine that joins gets all key pairs and no certificate key', async () => {
  await world.joinableCluster();
  await world.machine('b', 'control-plane', { joinConfiguration: { controlPlane: {} } });
  await world.until(() => world.isReady('b'));

  const data = world.userData('b');
  for (const path of [
    'ca.crt',
    'ca.key',
    'etcd/ca.crt',
    'etcd/ca.key',
    'front-proxy-ca.crt',
    'front-proxy-ca.key',
    'sa.pub',
    'sa.key',
  ]) {
    expect(data).toContain(`path: /etc/kubernetes/pki/${path}`);
  }
  expect(data).toContain('controlPlane: {}');
  expect(data).not.toContain('certificateKey');
});

test('certificates are looked up where a control-plane object makes them, and the condition says what is missing', async () => {
  await world.cluster();
  await world.machine('m', 'control-plane', { initConfiguration: { skipPhases: ['x'] } });
  await world.clock.advance(5_000);

  expect(world.condition('m', 'CertificatesAvailable')).toContain('Secret c-ca does not exist');
  await world.certificates();
  await world.until(() => world.isReady('m'));
});

test('certificates that a user brings without labels end the wait as well', async () => {
  await world.cluster();
  await world.machine('m', 'control-plane', { initConfiguration: { skipPhases: ['x'] } });
  await world.clock.advance(5_000);

  await world.certificates({ labels: false });
  await world.until(() => world.isReady('m'));
});

test('without a control-plane object the first machine makes the certificates', async () => {
  await world.cluster({ controlPlane: false });
  await world.machine('m', 'control-plane', { initConfiguration: { skipPhases: ['x'] } });
  await world.until(() => world.isReady('m'));

  const owners = ['c-ca', 'c-sa', 'c-proxy', 'c-etcd'].map(
    (name) => world.secret(name)?.metadata.ownerReferences?.[0]?.kind,
  );
  expect(owners).toEqual(['KubeadmConfig', 'KubeadmConfig', 'KubeadmConfig', 'KubeadmConfig']);
});

test('content from a Secret is waited for by name and key, and shown nowhere else', async () => {
  await world.cluster();
  await world.certificates();
  await world.machine('m', 'control-plane', {
    files: [{ path: '/etc/secret', contentFrom: { secret: { name: 's', key: 'k' } } }],
    users: [{ name: 'u', passwdFrom: { secret: { name: 's', key: 'p' } } }],
  });
  await world.clock.advance(5_000);
  expect(world.condition('m', 'DataSecretAvailable')).toBe(
    'False NotAvailable spec.files[0].contentFrom: Secret s does not exist; spec.users[0].passwdFrom: Secret s does not exist',
  );

  await world.api.create(Secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'default' },
    stringData: { k: 'hidden-content', p: 'hidden-password' },
  });
  await world.until(() => world.isReady('m'));

  expect(world.userData('m')).toContain('hidden-content');
  expect(world.userData('m')).toContain('passwd: hidden-password');
  expect(JSON.stringify(world.config('m'))).not.toContain('hidden');
});

test.each([
  ['ignition', { format: 'ignition' as const }, 'worker' as const, 'spec.format ignition is not supported'],
  [
    'a worker that joins as a control plane',
    { joinConfiguration: { controlPlane: {} } },
    'worker' as const,
    'the Machine is a worker',
  ],
])('%s is refused with a reason', async (_what, spec, role, message) => {
  await world.cluster();
  await world.certificates();
  await world.initialized();
  await world.machine('m', role, spec);
  await world.clock.advance(5_000);

  expect(world.condition('m', 'DataSecretAvailable')).toContain(message);
  expect(world.secret('m')).toBeUndefined();
});

test('a paused cluster is left alone until it goes on', async () => {
  await world.cluster();
  await world.certificates();
  await world.api.patch(Cluster, key('c'), { type: 'merge', patch: { spec: { paused: true } } });
  await world.machine('m', 'control-plane', { initConfiguration: { skipPhases: ['x'] } });
  await world.clock.advance(5_000);
  expect(world.condition('m', 'Paused')).toBe('True Paused Cluster spec.paused is set to true');
  expect(world.secret('m')).toBeUndefined();

  await world.api.patch(Cluster, key('c'), { type: 'merge', patch: { spec: { paused: false } } });
  await world.until(() => world.isReady('m'));
});

test('after a move the Secret the Machine knows is taken over', async () => {
  await world.cluster();
  await world.machine('m', 'worker', { joinConfiguration: { nodeRegistration: { name: 'm' } } });
  await world.api.patch(Machine, key('m'), {
    type: 'merge',
    patch: { spec: { bootstrap: { dataSecretName: 'moved' } } },
  });
  await world.until(() => world.isReady('m'));

  expect(world.config('m').status).toMatchObject({
    dataSecretName: 'moved',
    initialization: { dataSecretCreated: true },
  });
  expect(world.secret('m')).toBeUndefined();
});

test('data that exist are said to be there, though the answer to the write that said so was lost and a failure followed', async () => {
  await world.cluster();
  await world.certificates();
  await world.machine('m', 'control-plane', { initConfiguration: { skipPhases: ['x'] } });
  await world.until(() => world.isReady('m'));
  const conditions = world
    .config('m')
    .status?.conditions?.map((condition) =>
      condition.type === 'Paused' ? condition : { ...condition, status: 'False' },
    );

  const denied = { type: 'merge', patch: { status: { conditions } } } as const;
  await world.api.patch(KubeadmConfig, key('m'), denied, { subresource: 'status' });
  await world.until(() => world.isReady('m'));

  expect(world.condition('m', 'DataSecretAvailable')).toBe('True Available');
  expect(world.condition('m', 'CertificatesAvailable')).toBe('True Available');
});

test('a version that no kubeadm configuration is known for is refused with what to do', async () => {
  await world.cluster({ provisioned: false });
  await world.certificates();
  const machine = await world.machine('m', 'control-plane', { initConfiguration: { skipPhases: ['x'] } });
  await world.api.patch(Machine, key(machine.metadata.name), {
    type: 'merge',
    patch: { spec: { version: 'v1.19.0' } },
  });
  await world.clusterStatus({ initialization: { infrastructureProvisioned: true } });
  await world.clock.advance(5_000);

  expect(world.condition('m', 'DataSecretAvailable')).toMatch(/v1\.19\.0.*set spec\.version to v1\.22\.0 or later/);
});

test('a token that vanished while the workload cluster refuses a new one is replaced when it does not any more', async () => {
  await world.readyWorker('w');
  const [first] = await world.tokens();
  const before = world.config('w').spec?.joinConfiguration?.discovery?.bootstrapToken?.token ?? '';
  const refusing = new CountingApi(world.workloadKube.api());
  jest.spyOn(refusing, 'create').mockRejectedValue(new Error('try later'));
  world.workload.connect({ namespace: 'default', name: 'c' }, refusing);

  await world.workloadKube.api().delete(Secret, { namespace: 'kube-system', name: first?.metadata.name ?? '' });
  await world.clock.advance(7 * MINUTE);
  expect(world.userData('w')).toContain(before);
  world.connect();
  await world.clock.advance(7 * MINUTE);

  const after = world.config('w').spec?.joinConfiguration?.discovery?.bootstrapToken?.token ?? '';
  expect(after).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
  expect(after).not.toBe(before);
  expect(world.userData('w')).toContain(after);
  expect(await world.tokens()).toHaveLength(1);
});

test('a new token counts only when it is in the data', async () => {
  await world.readyWorker('w');
  const [first] = await world.tokens();
  const write = world.requests.patch.bind(world.requests);
  const refusing = jest.spyOn(world.requests, 'patch').mockImplementation((resource, ...rest) => {
    if (resource.kind === 'Secret') return Promise.reject(new Error('try later'));
    return write(resource, ...rest);
  });

  await world.workloadKube.api().delete(Secret, { namespace: 'kube-system', name: first?.metadata.name ?? '' });
  await world.clock.advance(7 * MINUTE);
  refusing.mockRestore();
  await world.clock.advance(7 * MINUTE);

  const token = world.config('w').spec?.joinConfiguration?.discovery?.bootstrapToken?.token ?? '';
  expect(token).not.toContain(`${first?.metadata.name.slice('bootstrap-token-'.length)}.`);
  expect(world.userData('w')).toContain(token);
});

test('a token is looked after as soon as the workload cluster is there again, also when it was missed while away', async () => {
  await world.readyWorker('w');
  await world.clock.advance(4 * MINUTE);
  const made = tokenExpiry((await world.tokens())[0] as Secret) ?? 0;

  world.workload.disconnect();
  await world.clock.advance(made - world.clock.now() - 2 * MINUTE);
  await world.api.patch(Machine, key('w'), { type: 'merge', patch: { metadata: { labels: { touched: 'yes' } } } });
  await world.clock.advance(MINUTE);
  world.connect();
  await world.clock.advance(2_000);

  expect(tokenExpiry((await world.tokens())[0] as Secret)).toBeGreaterThan(world.clock.now() + 10 * MINUTE);
});

test('the token of a machine that waited for something else for long is alive when its data are made', async () => {
  await world.joinableCluster();
  const contentFrom = { secret: { name: 'later', key: 'text' } };
  await world.machine('w', 'worker', {
    joinConfiguration: { nodeRegistration: { name: 'w' } },
    files: [{ path: '/etc/later', contentFrom }],
  });
  await world.clock.advance(60 * MINUTE);
  expect(world.condition('w', 'DataSecretAvailable')).toContain('Secret later does not exist');

  await world.api.create(Secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'later', namespace: 'default' },
    data: { text: Buffer.from('now').toString('base64') },
  });
  await world.until(() => world.isReady('w'));

  const [token] = await world.tokens();
  expect(tokenExpiry(token as Secret)).toBeGreaterThan(world.clock.now() + 10 * MINUTE);
  expect(world.userData('w')).toContain(`${token?.metadata.name.slice('bootstrap-token-'.length)}.`);
});
