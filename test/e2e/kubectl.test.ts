import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { everyKubectl, Kubectl } from './kubectl';
import { Management } from './up-management';
import { eventually, Installation, Project } from './up-project';

const programs = everyKubectl();
if (programs.length === 0) console.info('skipped: there is no kubectl on the PATH or in KUBEBUILDER_ASSETS');
const suite = programs.length === 0 ? describe.skip : describe;

const settings = (value: string) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { value } });
const apply = (...flags: string[]) => ['apply', ...flags, '-f', '-'];

/** What a user does with the printed kubeconfigs, by kubectl as it is distributed. */
suite('unmodified kubectl', () => {
  let installation: Installation;
  let project: Project;
  let home: string;
  let managementConfig: string;
  let workloadConfig: string;

  beforeAll(async () => {
    installation = new Installation();
    project = new Project(installation);
    home = mkdtempSync(join(tmpdir(), 'capstan-test-kubectl-'));
    const up = project.start('up', '--latency', 'instant');
    await up.says('Ctrl-C stops everything', 120);
    managementConfig = project.kubeconfig();
    workloadConfig = join(home, 'dev.kubeconfig');
    writeFileSync(workloadConfig, (await project.capstan('kubeconfig', 'dev')).stdout, { mode: 0o600 });
  }, 180_000);
  afterAll(async () => {
    await project.close();
    installation.remove();
    rmSync(home, { recursive: true, force: true });
  });

  describe.each(programs)('%s on the management API', (program) => {
    let kubectl: Kubectl;
    const get = () => kubectl.run('get configmap settings -o jsonpath={.data.value}');
    beforeAll(() => {
      kubectl = new Kubectl(program, managementConfig, home);
    });
    afterEach(() => kubectl.run('delete configmap settings --ignore-not-found'));

    test('gets, describes and explains clusters', async () => {
      const rows = await kubectl.run('get clusters');
      expect(rows).toMatch(/^NAME +CLUSTERCLASS +AVAILABLE/);
      expect(rows).toMatch(/^dev +True/m);
      expect(await kubectl.run('get cloudstackmachines')).toMatch(/^dev-general-\S+ +dev +/m);
      expect(await kubectl.run('get kcp,md,ms,machines,cloudstackmachines -o name')).toMatch(
        /^kubeadmcontrolplane\.controlplane\.cluster\.x-k8s\.io\/dev-control-plane$/m,
      );
      expect(await kubectl.run('describe cluster dev')).toMatch(/^Kind: +Cluster$/m);
      expect(await kubectl.run('explain kubeadmcontrolplane.spec.replicas')).toMatch(/^FIELD: replicas <integer>$/m);
      expect(await kubectl.run('explain cloudstackmachine.spec.offering')).toMatch(/^ {2}name\s+<string>$/m);
      expect((await kubectl.try(['get', 'cluster', 'nobody'])).stderr).toMatch(/\(NotFound\).*"nobody" not found/);
    });

    test('applies on the client and on the server, and tells of a conflict between them', async () => {
      expect((await kubectl.try(apply(), { input: settings('one') })).stdout).toBe('configmap/settings created\n');
      expect((await kubectl.try(apply(), { input: settings('two') })).stdout).toBe('configmap/settings configured\n');
      expect((await kubectl.try(apply(), { input: settings('two') })).stdout).toBe('configmap/settings unchanged\n');
      const other = ['--server-side', '--field-manager=other'];
      const conflict = await kubectl.try(apply(...other), { input: settings('three') });
      expect(conflict).toMatchObject({ code: 1, stderr: expect.stringContaining('.data.value') });
      expect(await get()).toBe('two');
      await kubectl.try(apply(...other, '--force-conflicts'), { input: settings('three') });
      expect(await get()).toBe('three');
      expect((await kubectl.try(['diff', '-f', '-'], { input: settings('four') })).code).toBe(1);
    });

    test('edits, patches in three ways, labels and annotates', async () => {
      await kubectl.try(apply(), { input: settings('one') });

      await kubectl.run('edit configmap settings', { editor: "sed -i 's/value: one/value: edited/'" });
      expect(await get()).toBe('edited');
      await kubectl.run('patch configmap settings -p {"data":{"value":"strategic"}}');
      expect(await get()).toBe('strategic');
      await kubectl.run('patch configmap settings --type=merge -p {"data":{"value":"merge"}}');
      expect(await get()).toBe('merge');
      await kubectl.run(
        'patch configmap settings --type=json -p [{"op":"replace","path":"/data/value","value":"json"}]',
      );
      expect(await get()).toBe('json');
      await kubectl.run('label configmap settings tier=gold');
      await kubectl.run('annotate configmap settings note=here');
      expect(await kubectl.run('get configmaps -l tier=gold -o name')).toBe('configmap/settings\n');
    });

    test('waits for conditions and for deletion, and watches', async () => {
      expect(await kubectl.run('wait --for=condition=Available cluster/dev --timeout=10s')).toContain('condition met');
      await kubectl.try(apply(), { input: settings('one') });
      const watching = kubectl.run('get configmaps settings --watch --output-watch-events --request-timeout=3s');
      const waiting = kubectl.run('wait --for=delete configmap/settings --timeout=10s');
      await new Promise((resolve) => setTimeout(resolve, 1500));

      await kubectl.run('delete configmap settings');

      expect(await waiting).toContain('condition met');
      expect(await watching).toMatch(/^ADDED +settings .*\nDELETED +settings /m);
    });

    test('asks what it may do, and which kinds there are', async () => {
      expect(await kubectl.run('auth can-i create clusters')).toBe('yes\n');
      expect(await kubectl.run('auth whoami -o jsonpath={.status.userInfo.username}')).toBe('kubernetes-admin');
      const { stdout, code } = await kubectl.try(['auth', 'can-i', 'create', 'clusters', '--as=alice']);
      expect({ stdout, code }).toEqual({ stdout: 'no\n', code: 1 });
      expect(await kubectl.run('api-resources --api-group=cluster.x-k8s.io -o name')).toContain(
        'machinedeployments.cluster.x-k8s.io',
      );
    });
  });

  describe.each(programs)('%s on the workload cluster', (program) => {
    let kubectl: Kubectl;
    beforeAll(() => {
      kubectl = new Kubectl(program, workloadConfig, home);
    });

    test('lists nodes and pods; the server has a certificate of the CA in the <cluster>-ca Secret', async () => {
      const nodes = await kubectl.run('get nodes -o wide');
      expect(nodes).toMatch(/^dev-control-plane-\w+ +Ready +control-plane .* v1\.33\.5 /m);
      expect(nodes).toMatch(/^dev-general-\S+ +Ready +<none> .* v1\.33\.5 /m);
      const pods = await kubectl.run('get pods -A');
      for (const name of ['coredns', 'etcd', 'kube-apiserver', 'kube-proxy', 'kube-scheduler'])
        expect(pods).toMatch(new RegExp(`^kube-system +${name}-\\S+ +1/1 +Running`, 'm'));
      const management = new Kubectl(program, managementConfig, home);
      const authority = await management.run('get secret dev-ca -o jsonpath={.data.tls\\.crt}');
      const [, trusted] = /certificate-authority-data: "?([\w+/=]+)/.exec(await kubectl.run('config view --raw')) ?? [];
      expect(trusted).toBe(authority);
    });

    test('hears that simulated pods run no containers', async () => {
      const [pod = ''] = (await kubectl.run('get pods -n kube-system -l k8s-app=kube-proxy -o name')).split('\n');
      const told = expect.stringMatching(/is simulated and runs no containers/);

      for (const line of [`logs ${pod}`, `exec ${pod} -- true`, `attach ${pod}`, `port-forward ${pod} 10256`])
        expect(await kubectl.try(['-n', 'kube-system', ...line.split(' ')])).toMatchObject({
          code: 1,
          stdout: '',
          stderr: told,
        });
    });

    test('cordons, drains and uncordons a node', async () => {
      const [node = ''] = (await kubectl.run('get nodes -l !node-role.kubernetes.io/control-plane -o name')).split(
        '\n',
      );
      const name = node.replace('node/', '');

      expect(await kubectl.run(`cordon ${name}`)).toContain('cordoned');
      expect(await kubectl.run('get nodes')).toMatch(new RegExp(`^${name} +Ready,SchedulingDisabled`, 'm'));
      expect(await kubectl.run(`drain ${name} --ignore-daemonsets --delete-emptydir-data`)).toContain('drained');
      expect(await kubectl.run(`uncordon ${name}`)).toContain('uncordoned');
    });
  });

  test('scales a pool of the management cluster and sees the Node come', async () => {
    const [program = ''] = programs;
    const [management, workload] = [managementConfig, workloadConfig].map((file) => new Kubectl(program, file, home));
    const nodes = async () => ((await workload?.run('get nodes -o name')) ?? '').trim().split('\n').length;
    const look = await Management.of(managementConfig);
    const before = await nodes();
    // Git would put the number back: it owns the field until the Fleet rests.
    await management?.run('patch fleet fleet -n capstan-system --type=merge -p {"spec":{"suspend":true}}');

    await management?.run('scale machinedeployment dev-general --replicas=2');

    await look.ready('dev', ({ workers }) => workers.desired === 2);
    look.close();
    await eventually(
      async () => (await nodes()) === before + 1,
      () => 'the Node of the new machine does not come',
      30,
    );
  });
});
