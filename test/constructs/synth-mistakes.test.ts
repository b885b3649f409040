import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { type DefinitionsProject, GOOD, inFreshProject, SYNTH } from './definitions-project';

let project: DefinitionsProject;
inFreshProject((made) => {
  project = made;
});

test('reports all mistakes at once, with path, field, value and fix, and leaves the manifests untouched', () => {
  project.define('good.ts', GOOD);
  project.synth();
  const before = project.manifests();
  project.define(
    'bad.ts',
    `import { defineCluster, IsolatedNetwork } from 'capstan';
export default defineCluster('bad', {
  kubernetesVersion: '1.34.2', zone: '', network: IsolatedNetwork.named('net'), podCidrs: ['10.0.0.0/33'],
  serviceCidrs: ['10.96.0.0/12'], colour: 'red', podCidr: [],
  controlPlane: { replicas: 2, replica: 1, offering: '' },
  pools: { ['a'.repeat(60)]: { replicas: -1, offering: 'Small Instance' } },
} as never);
`,
  );
  project.define('twin.ts', GOOD);
  project.define('broken.ts', 'this is not TypeScript');

  const { code, errors } = project.synth();

  expect(code).toBe(2);
  for (const line of [
    'bad/bad: kubernetesVersion = "1.34.2": not a Kubernetes version; write "v1.34.2"',
    'bad/bad: zone = "": is empty; write the name of a CloudStack zone',
    'bad/bad: podCidrs[0] = "10.0.0.0/33": not a CIDR range',
    'bad/bad: colour = "red": unknown field; remove it; known fields: controlPlane, ',
    'clusters/bad.ts: bad/bad: podCidr = []: unknown field; did you mean "podCidrs"?',
    'clusters/bad.ts: bad/bad: controlPlane.replica = 1: unknown field; did you mean "replicas"?',
    'bad/bad: controlPlane.replicas = 2: etcd needs an odd number of members; use 1 or 3',
    'bad/bad: controlPlane.offering = "": is empty',
    'replicas = -1: not a number of machines',
    'the name is too long',
    'clusters/twin.ts: name = "good": already defined in clusters/good.ts',
    'clusters/broken.ts: module',
  ]) {
    expect(errors).toContain(line);
  }
  expect(project.manifests()).toEqual(before);
});

test('values of a wrong type are mistakes like any other, wherever they stand', () => {
  project.define(
    'bad.ts',
    `import { defineCluster, IsolatedNetwork, SharedNetwork } from 'capstan';
export default [
  defineCluster('bad', {
    kubernetesVersion: 'v1.34.2', zone: 5, network: IsolatedNetwork.named('net', { vpc: { name: 'vpc', cidr: 'all' } }),
    controlPlane: { offering: 'x', labels: { 'a b': 'c' }, nodeDrainTimeoutSeconds: -1, dataDisk: { offering: 'y', device: 'vdb', label: 'a label that is long' } },
    pools: { one: null, two: { offering: 'x', kubernetesVersion: 'v1.35.0', maxSurge: 0 } },
    failureDomains: { 'B AD': { zone: '' } }, podCidrs: '10.0.0.0/8', endpoint: { host: 'a', port: 99999 }, hook: 'x',
  }),
  defineCluster('none'),
  defineCluster(5, 6),
  defineCluster('shared', {
    kubernetesVersion: 'v1.34.2', zone: 'z', network: SharedNetwork.named('net'), controlPlane: [], pools: 'many',
  }),
] as never;
`,
  );

  const { code, errors } = project.synth();

  expect(code).toBe(2);
  for (const line of [
    'bad/bad: zone = 5: is not a text',
    'bad/bad: network.vpc.cidr = "all": not a CIDR range',
    'bad/bad: controlPlane.labels.a b = "c": is not a valid label key',
    'bad/bad: controlPlane.nodeDrainTimeoutSeconds = -1: is not allowed here; use a whole number, 0 or more',
    'bad/bad: controlPlane.dataDisk.mountPath: is missing',
    'bad/bad: controlPlane.dataDisk.device = "vdb": is not an absolute path; write the device, e.g. "/dev/vdb"',
    'bad/bad: controlPlane.dataDisk.label = "a label that is long": is no label that every file system takes; write at most',
    'bad/bad: pools.one = null: is no pool',
    'bad/bad: pools.two.kubernetesVersion = "v1.35.0": is newer than the control plane (v1.34.2)',
    'bad/bad: pools.two.maxSurge = 0: a rollout could never begin',
    'bad/bad: failureDomains.B AD.network: is missing',
    'bad/bad: podCidrs = "10.0.0.0/8": is not a list',
    'bad/bad: endpoint.port = 99999: is not allowed here; use a whole number, from 1 to 65535',
    'bad/bad: hook = "x": unknown field',
    'none/none: props: is missing',
    'unnamed/unnamed: name = 5: is not a valid name',
    'shared/shared: endpoint: is missing: a shared network needs a fixed one',
    'shared/shared: controlPlane = []: is not an object',
    'shared/shared: pools = "many": is not an object',
  ]) {
    expect(errors).toContain(line);
  }
  expect(errors).not.toMatch(/\n\s+at /);
  expect(errors).not.toContain('renders no object');
});

test('a pool may only stand in a failure domain of its cluster, whenever that was added', () => {
  const pinned = GOOD.replace("offering: 'Large Instance'", "offering: 'Large Instance', failureDomain: 'second'");
  project.define('good.ts', pinned);
  const stray = project.synth();
  project.define(
    'good.ts',
    `import { defineClusterWith, IsolatedNetwork, WorkloadCluster } from 'capstan';
export default defineClusterWith('good', (scope) => new WorkloadCluster(scope, 'good', {
  kubernetesVersion: 'v1.34.2', zone: 'zone-1', network: IsolatedNetwork.named('net'),
  controlPlane: { offering: 'Medium Instance' }, pools: { general: { offering: 'x', failureDomain: 'second' } },
}).addFailureDomain('second', { zone: 'zone-2', network: IsolatedNetwork.named('net-2') }));
`,
  );

  expect(stray.errors).toContain(
    'good/good: pools.general.failureDomain = "second": is not a failure domain of this cluster; use "zone-1"',
  );
  expect(project.synth()).toMatchObject({ code: 0 });
});

test('of a list all mistakes are told, and clusters without a name do not hide each other', () => {
  project.define(
    'list.ts',
    `${GOOD.replace('export default', 'const good =')}export default [good, 7, undefined];
`,
  );
  const nameless =
    "kubernetesVersion: '1', zone: 'zone-1', network: IsolatedNetwork.named('n'), controlPlane: { offering: 'x' }";
  project.define(
    'nameless.ts',
    `import { defineCluster, IsolatedNetwork } from 'capstan';
export default ['', undefined].map((name) => defineCluster(name as never, { ${nameless} }));
`,
  );

  const { errors } = project.synth();

  for (const text of [
    'clusters/list.ts: default export[1]: is not a cluster definition',
    'clusters/list.ts: default export[2]: is not a cluster definition',
    'unnamed/unnamed: kubernetesVersion = "1"',
    'unnamed-2/unnamed: kubernetesVersion = "1"',
  ])
    expect(errors).toContain(text);
});

test('a long list of mistakes reaches a reader that is slow', async () => {
  const pools = Array.from({ length: 3000 }, (_, index) => `p${index}: { replicas: -1, offering: 'Large Instance' }`);
  project.define('good.ts', GOOD.replace("general: { replicas: 3, offering: 'Large Instance' }", pools.join(', ')));
  const child = spawn(process.execPath, SYNTH, {
    cwd: project.folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.pause();
  await new Promise((resolve) => setTimeout(resolve, 3000));

  const errors = await text(child.stderr);

  expect(errors.length).toBeGreaterThan(200_000);
  expect(errors.endsWith('Nothing was written; the manifests are as they were.\n')).toBe(true);
}, 30_000);

test('overlapping ranges are named', () => {
  project.define('good.ts', GOOD.replace("zone: 'zone-1',", "zone: 'zone-1', podCidrs: ['10.96.0.0/16'],"));

  const { errors } = project.synth();

  expect(errors).toContain('serviceCidrs[0] = "10.96.0.0/12": overlaps podCidrs[0] = "10.96.0.0/16"');
});

test('the machines of every failure domain have addresses beside those of pods and services', () => {
  const net = (gateway: string) =>
    `IsolatedNetwork.named('net', { gateway: '${gateway}', netmask: '255.255.255.0', vpc: { name: 'vpc', cidr: '10.0.0.0/8' } })`;
  project.define(
    'good.ts',
    GOOD.replace("IsolatedNetwork.named('net'),", `${net('192.168.1.1')},`).replace(
      'pools:',
      `failureDomains: { second: { zone: 'zone-2', network: ${net('10.97.0.1')} } }, pools:`,
    ),
  );

  const { errors } = project.synth();

  expect(errors.split('\n').filter((line) => line.includes('overlaps'))).toEqual([
    '  - clusters/good.ts: good/good: network.vpc.cidr = "10.0.0.0/8": overlaps serviceCidrs[0] = "10.96.0.0/12"; choose ranges that do not share addresses',
    '  - clusters/good.ts: good/good: network.gateway = "192.168.1.1": overlaps podCidrs[0] = "192.168.0.0/16"; choose ranges that do not share addresses',
    '  - clusters/good.ts: good/good: failureDomains.second.network.vpc.cidr = "10.0.0.0/8": overlaps serviceCidrs[0] = "10.96.0.0/12"; choose ranges that do not share addresses',
    '  - clusters/good.ts: good/good: failureDomains.second.network.gateway = "10.97.0.1": overlaps serviceCidrs[0] = "10.96.0.0/12"; choose ranges that do not share addresses',
  ]);
});

test('a netmask is one, and stands beside its gateway', () => {
  const masked = GOOD.replace("named('net')", "named('net', { gateway: '10.1.1.1', netmask: '255.0.255.0' })");
  const half = GOOD.replace("named('net')", "named('net', { netmask: '255.255.255.0' })").replace("'good'", "'half'");
  project.define('good.ts', masked);
  project.define('half.ts', half);

  const { errors } = project.synth();

  expect(errors).toContain('good/good: network.netmask = "255.0.255.0": not a netmask; write e.g. "255.255.255.0"');
  expect(errors).toContain('half/half: network.gateway: is missing; write it beside netmask, or leave both out');
  expect(errors).toMatch(/^2 mistakes/m);
});

test('a stray pool is told beside other mistakes, and one of a domain with mistakes is no stray', () => {
  const domains = "failureDomains: { second: { zone: '', network: IsolatedNetwork.named('net-2') } },";
  const pools =
    "pools: { one: { offering: 'x', failureDomain: 'second' }, two: { offering: 'x', failureDomain: 'third' } },";
  project.define('good.ts', GOOD.replace('replicas: 3,', 'replicas: 2,').replace(/pools: .*/, `${domains} ${pools}`));

  const { errors } = project.synth();

  expect(errors).toContain(
    'pools.two.failureDomain = "third": is not a failure domain of this cluster; use "zone-1" or',
  );
  expect(errors).toMatch(/^3 mistakes/m);
});

test('a pool that was added twice is named', () => {
  project.define(
    'good.ts',
    `import { defineClusterWith, IsolatedNetwork, WorkloadCluster } from 'capstan';
export default defineClusterWith('good', (scope) => new WorkloadCluster(scope, 'good', {
  kubernetesVersion: 'v1.34.2', zone: 'zone-1', network: IsolatedNetwork.named('net'),
  controlPlane: { offering: 'Medium Instance' }, pools: { general: { offering: 'Large Instance' } },
}).addPool('general', { offering: 'Large Instance' }));
`,
  );

  expect(project.synth().errors).toContain(
    'good/good: pools.general = "general": a pool with this name exists already',
  );
});

test.each([
  ['of a definition', "defineClusterWith('..', (scope) => new WorkloadCluster(scope, 'good', props))"],
  [
    'of an object',
    "defineClusterWith('good', (scope) => { new WorkloadCluster(scope, 'good', props); new ApiObject(scope, 'x', { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'x/../../../../escaped' } }); })",
  ],
])('a name %s that leads out of the manifests is a mistake', (_, definition) => {
  project.define(
    'good.ts',
    `import { defineClusterWith, IsolatedNetwork, WorkloadCluster } from 'capstan';
import { ApiObject } from 'cdk8s';
const props = {
  kubernetesVersion: 'v1.34.2', zone: 'zone-1', network: IsolatedNetwork.named('net'), controlPlane: { offering: 'Medium Instance' },
};
export default ${definition};
`,
  );
  project.install('cdk8s');
  const before = readdirSync(project.folder).sort();

  const { code, errors } = project.synth();

  expect(errors).toContain('is not a valid name');
  expect(code).toBe(2);
  expect(readdirSync(project.folder).sort()).toEqual(before);
});

test('names that differ in case alone are one name, as they are one folder to some file systems', () => {
  project.define('good.ts', GOOD);
  project.define('other.ts', GOOD.replace("'good'", "'GOOD'"));

  expect(project.synth().errors).toContain('clusters/other.ts: name = "GOOD": already defined in clusters/good.ts');
});

test('objects of two clusters that have one name are named, as a Fleet would refuse both', () => {
  const cluster = (name: string, pool: string) => GOOD.replace("'good'", `'${name}'`).replace('general:', `'${pool}':`);
  project.define('a.ts', cluster('a', 'b-c'));
  project.define('ab.ts', cluster('a-b', 'c'));

  const { code, errors } = project.synth();

  expect(code).toBe(2);
  expect(errors).toContain('a-b/a-b/pool-c: metadata.name = "a-b-c"');
  expect(errors).toContain('a/a/pool-b-c');
});

test('further networks of a pool come after the network of its own failure domain', () => {
  const definition = (
    ...lines: readonly string[]
  ) => `import { defineClusterWith, IsolatedNetwork, WorkloadCluster } from 'capstan';
export default defineClusterWith('good', (scope) => {
  const cluster = new WorkloadCluster(scope, 'good', {
    kubernetesVersion: 'v1.34.2', zone: 'zone-1', network: IsolatedNetwork.named('net'),
    controlPlane: { offering: 'Medium Instance' },
  });
  ${lines.join('\n  ')}
  return cluster;
});
`;
  const domain = "cluster.addFailureDomain('other', { zone: 'zone-2', network: IsolatedNetwork.named('net-2') });";
  const pool =
    "cluster.addPool('far', { offering: 'Large Instance', failureDomain: 'other', extraNetworks: ['storage'] });";
  project.define('good.ts', definition(pool, domain));
  const late = project.synth();
  project.define('good.ts', definition(domain, pool));
  const early = project.synth();

  expect([late.code, early.code]).toEqual([2, 0]);
  expect(late.errors).toContain('pools.far.extraNetworks');
  const [, template = ''] = [...project.manifests()].find(([path]) => path.includes('machinetemplate.good-far')) ?? [];
  expect(template).toContain('networks:\n        - name: net-2\n        - name: storage\n');
});

test('among the flags of the kubelet a provider id is a mistake, as it is not taken, and so are dashes before a name', () => {
  const flags = "kubeletExtraArgs: { 'provider-id': 'mine', '--v': '2', 'max-pods': '50' }";
  project.define('good.ts', GOOD.replace("offering: 'Large Instance'", `offering: 'Large Instance', ${flags}`));

  const { errors } = project.synth();
  expect(errors).toContain('pools.general.kubeletExtraArgs.provider-id = "mine": is not taken');
  expect(errors).toContain(
    'pools.general.kubeletExtraArgs.--v = "2": is not a flag of the kubelet; write its name without',
  );
  expect(errors).toMatch(/^2 mistakes/m);
});
