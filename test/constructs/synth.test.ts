import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readFolder } from '../../apps/fleet/tree-digest';

const root = join(__dirname, '../..');
let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'capstan-project-'));
  mkdirSync(join(project, 'clusters'));
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules/capstan'));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const GOOD = `import { defineCluster, IsolatedNetwork } from 'capstan';
export default defineCluster('good', {
  kubernetesVersion: 'v1.34.2',
  zone: 'zone-1',
  network: IsolatedNetwork.named('net'),
  controlPlane: { replicas: 3, offering: 'Medium Instance' },
  pools: { general: { replicas: 3, offering: 'Large Instance' } },
});
`;

const define = (name: string, text: string) => writeFileSync(join(project, 'clusters', name), text);

function synth(environment: { readonly [name: string]: string } = {}) {
  const tsx = join(root, 'node_modules/tsx/dist/cjs/index.cjs');
  return run(['-C', 'capstan-source', '--require', tsx, join(root, 'apps/fleet/main.ts')], environment);
}

/** As a project without tsx does. */
function synthAsInstalled() {
  execFileSync(process.execPath, [join(root, 'scripts/build.js'), '--stale'], { cwd: root, stdio: 'pipe' });
  return run([join(root, 'dist/apps/fleet/main.js')]);
}

function run(args: readonly string[], environment: { readonly [name: string]: string } = {}) {
  const result = spawnSync(process.execPath, args, {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
  return { code: result.status, errors: result.stderr };
}

test('renders one folder a cluster and one file an object', () => {
  define('good.ts', GOOD);

  expect(synth()).toMatchObject({ code: 0 });
  const files = [...readFolder(join(project, 'manifests')).keys()];
  expect(files.map((file) => file.replace(/-[0-9a-f]{8}\.yaml$/, '-#.yaml'))).toEqual([
    'good/cloudstackcluster.good.yaml',
    'good/cloudstackmachinetemplate.good-control-plane-#.yaml',
    'good/cloudstackmachinetemplate.good-general-#.yaml',
    'good/cluster.good.yaml',
    'good/kubeadmconfigtemplate.good-general-#.yaml',
    'good/kubeadmcontrolplane.good-control-plane.yaml',
    'good/machinedeployment.good-general.yaml',
  ]);
});

test('gives the same bytes in another place, time zone and locale', () => {
  define('good.ts', GOOD);
  synth({ TZ: 'UTC', LANG: 'C' });
  const first = readFolder(join(project, 'manifests'));
  rmSync(join(project, 'manifests'), { recursive: true });
  synth({ TZ: 'Pacific/Auckland', LANG: 'tr_TR.UTF-8' });

  expect(readFolder(join(project, 'manifests'))).toEqual(first);
});

test('deletes what is no longer rendered', () => {
  define('good.ts', GOOD);
  define('old.ts', GOOD.replace("'good'", "'old'"));
  synth();
  rmSync(join(project, 'clusters/old.ts'));
  synth();

  expect(existsSync(join(project, 'manifests/old'))).toBe(false);
  expect(existsSync(join(project, 'manifests/good'))).toBe(true);
});

test('an edit of a template changes its name; scaling does not', () => {
  define('good.ts', GOOD);
  synth();
  const templates = () =>
    [...readFolder(join(project, 'manifests')).keys()].filter((file) => file.includes('machinetemplate'));
  const before = templates();
  define('good.ts', GOOD.replace('general: { replicas: 3', 'general: { replicas: 1'));
  synth();
  expect(templates()).toEqual(before);
  define('good.ts', GOOD.replace('Large Instance', 'Medium Instance'));
  synth();

  expect(templates()[0]).toBe(before[0]);
  expect(templates()[1]).not.toBe(before[1]);
});

test('reports all mistakes at once, with path, field, value and fix, and leaves the manifests untouched', () => {
  define('good.ts', GOOD);
  synth();
  const before = readFolder(join(project, 'manifests'));
  define(
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
  define('twin.ts', GOOD);
  define('broken.ts', 'this is not TypeScript');

  const { code, errors } = synth();

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
  expect(readFolder(join(project, 'manifests'))).toEqual(before);
});

test('values of a wrong type are mistakes like any other, wherever they stand', () => {
  define(
    'bad.ts',
    `import { defineCluster, IsolatedNetwork, SharedNetwork } from 'capstan';
export default [
  defineCluster('bad', {
    kubernetesVersion: 'v1.34.2', zone: 5, network: IsolatedNetwork.named('net', { vpc: { name: 'vpc', cidr: 'all' } }),
    controlPlane: { offering: 'x', labels: { 'a b': 'c' }, nodeDrainTimeoutSeconds: -1, dataDisk: { offering: 'y' } },
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

  const { code, errors } = synth();

  expect(code).toBe(2);
  for (const line of [
    'bad/bad: zone = 5: is not a text',
    'bad/bad: network.vpc.cidr = "all": not a CIDR range',
    'bad/bad: controlPlane.labels.a b = "c": is not a valid label key',
    'bad/bad: controlPlane.nodeDrainTimeoutSeconds = -1: is not allowed here; use a whole number, 0 or more',
    'bad/bad: controlPlane.dataDisk.mountPath: is missing',
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
  define('good.ts', pinned);
  const stray = synth();
  define(
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
  expect(synth()).toMatchObject({ code: 0 });
});

test('every raw field can be reached; what the patch makes of the object is checked, and a patch that does not fit is named', () => {
  const patched = (patch: string) => `import { defineClusterWith, IsolatedNetwork, WorkloadCluster } from 'capstan';
import { JsonPatch } from 'cdk8s';
export default defineClusterWith('good', (scope) => {
  const cluster = new WorkloadCluster(scope, 'good', {
    kubernetesVersion: 'v1.34.2', zone: 'zone-1', network: IsolatedNetwork.named('net'),
    controlPlane: { offering: 'Medium Instance' },
  });
  cluster.controlPlane?.addJsonPatch(JsonPatch.${patch});
  return cluster;
});
`;
  symlinkSync(join(root, 'node_modules/cdk8s'), join(project, 'node_modules/cdk8s'));
  define('good.ts', patched("replace('/spec/none/none', 1)"));
  const misfit = synth();
  define('good.ts', patched("add('/spec/rollout', { type: 'RollingUpdate' })"));
  const unknown = synth();
  define('good.ts', patched("add('/spec/rollout', { strategy: { type: 'RollingUpdate' } })"));
  const fit = synth();

  expect(misfit.errors).toContain('good/good/control-plane: construct: cannot be rendered (');
  expect(unknown.errors).toContain(
    'good/good/control-plane: spec.rollout.type = "RollingUpdate": is not a known field',
  );
  expect([misfit.code, unknown.code, fit.code]).toEqual([2, 2, 0]);
  const rendered = readFileSync(join(project, 'manifests/good/kubeadmcontrolplane.good-control-plane.yaml'), 'utf8');
  expect(rendered).toContain('rollout:\n    strategy:\n      type: RollingUpdate\n');
});

test('a file that cannot be loaded is told in one line, without a stack or paths of this machine', () => {
  define('broken.ts', 'const = ;');
  define('lost.ts', "import nothing from './nothing';\nexport default nothing;\n");
  define('number.ts', 'export default 5;\n');

  const { errors } = synth();

  expect(errors).toMatch(
    /clusters\/broken\.ts: module: cannot be loaded \(.*clusters\/broken\.ts:1:6.*\); correct the file/,
  );
  expect(errors).toContain(
    "clusters/lost.ts: module: cannot be loaded (Cannot find module './nothing', at clusters/lost.ts:1); correct the file",
  );
  expect(errors).toContain('clusters/number.ts: default export: is not a cluster definition; write: export default');
  expect(errors).not.toContain(project);
});

test.each([
  ['tsx', synth],
  ['the package', synthAsInstalled],
])('an error at run time names the line that the user wrote, loaded by %s', (_name, run) => {
  mkdirSync(join(project, 'clusters/lib'));
  define('lib/zones.ts', 'interface Zone { name: string }\n\nexport const zone = (of?: Zone) => of!.name;\n');
  define(
    'direct.ts',
    'interface Unused { a: string }\n\nconst none: { a?: { b: string } } = {};\nexport default none.a!.b;\n',
  );
  define('nested.ts', "import { zone } from './lib/zones';\nexport default zone();\n");
  define('syntax.js', '\nconst = ;\n');
  define(
    'rendered.ts',
    "import { defineClusterWith } from 'capstan';\nexport default defineClusterWith('late', () => {\n  throw new Error('no');\n});\n",
  );

  const { code, errors } = run();

  expect(code).toBe(2);
  for (const text of [
    "clusters/direct.ts: module: cannot be loaded (Cannot read properties of undefined (reading 'b'), at clusters/direct.ts:4);",
    "clusters/nested.ts: module: cannot be loaded (Cannot read properties of undefined (reading 'name'), at clusters/lib/zones.ts:3);",
    "clusters/syntax.js: module: cannot be loaded (Unexpected token '=', at clusters/syntax.js:2);",
    'clusters/rendered.ts: late: cannot be rendered (no, at clusters/rendered.ts:3);',
  ])
    expect(errors).toContain(text);
});

test('a promise that is exported, or left to itself and rejected, is a mistake like any other', () => {
  define('good.ts', GOOD);
  define('async.ts', "async function load() {\n  throw new Error('no answer');\n}\nexport default load();\n");
  define(
    'later.ts',
    "export default [new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 100_000))];\n",
  );
  define('aside.ts', `${GOOD.replace("'good'", "'aside'")}void Promise.reject(new Error('ignored'));\n`);

  const { code, errors } = synth();

  expect(code).toBe(2);
  for (const text of [
    '4 mistakes in the cluster definitions:',
    'clusters/async.ts: default export: is a promise, and nothing waits for definitions; export the definition itself',
    'clusters/later.ts: default export[0]: is a promise',
    'clusters/async.ts: promise: was rejected (no answer, at clusters/async.ts:2)',
    'clusters/aside.ts: promise: was rejected (ignored, at clusters/aside.ts:9)',
  ])
    expect(errors).toContain(text);
  expect(errors).not.toMatch(/\n\s+at /);
  expect(existsSync(join(project, 'manifests'))).toBe(false);
});

test('a definition that renders nothing, or only later, does not take its cluster out of git', () => {
  const head = "import { defineClusterWith, WorkloadCluster } from 'capstan';\n";
  define('good.ts', GOOD);
  define('later.js', `${head}export default defineClusterWith('later', async () => {\n  throw new Error('no');\n});\n`);
  define('none.js', `${head}export default defineClusterWith('none', () => undefined);\n`);

  const { code, errors } = synth();

  expect(code).toBe(2);
  for (const text of [
    '3 mistakes in the cluster definitions:',
    'clusters/later.js: later: renders asynchronously, and nothing waits for it; render by code without async',
    'clusters/later.js: promise: was rejected (no, at clusters/later.js:3)',
    'clusters/none.js: none: renders no object; make a WorkloadCluster in it, or remove the definition',
  ])
    expect(errors).toContain(text);
  expect(existsSync(join(project, 'manifests'))).toBe(false);
});

test('a definition that ends the process is a mistake, and takes no cluster out of git', () => {
  define('good.ts', GOOD);
  expect(synth().code).toBe(0);
  define('x.ts', 'process.exit(0);\n');

  expect(synth()).toEqual({
    code: 2,
    errors: 'a definition, or what it imports, ended the process (process.exit); nothing was written\n',
  });
  expect(existsSync(join(project, 'manifests/good/cluster.good.yaml'))).toBe(true);
});

test('a Secret is not written to git; what a Fleet refuses is said, because Argo CD and Flux take it', () => {
  const withObject = (name: string, object: string) =>
    define(
      `${name}.ts`,
      `import { defineClusterWith, IsolatedNetwork, WorkloadCluster } from 'capstan';
import { ApiObject } from 'cdk8s';
export default defineClusterWith('${name}', (scope) => {
  new ApiObject(scope, 'more', ${object} as never);
  return new WorkloadCluster(scope, '${name}', {
    kubernetesVersion: 'v1.34.2',
    zone: 'zone-1',
    network: IsolatedNetwork.named('net'),
    controlPlane: { offering: 'Medium Instance' },
  });
});
`,
    );
  symlinkSync(join(root, 'node_modules/cdk8s'), join(project, 'node_modules/cdk8s'));
  withObject('job', "{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x' } }");
  const warned = synth();
  withObject('leak', "{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, stringData: { key: 'hunter2' } }");
  const refused = synth();

  expect(warned).toMatchObject({
    code: 0,
    errors: expect.stringMatching(/^warning: job\/more: a Fleet refuses Job \(batch\/v1\); it takes Cluster API, /),
  });
  expect(refused).toMatchObject({
    code: 2,
    errors: expect.stringContaining('clusters/leak.ts: leak/more: kind: is a Secret, which everybody who reads'),
  });
  expect(refused.errors).not.toContain('hunter2');
});

test('of a list all mistakes are told, and clusters without a name do not hide each other', () => {
  define(
    'list.ts',
    `${GOOD.replace('export default', 'const good =')}export default [good, 7, undefined];
`,
  );
  const nameless =
    "kubernetesVersion: '1', zone: 'zone-1', network: IsolatedNetwork.named('n'), controlPlane: { offering: 'x' }";
  define(
    'nameless.ts',
    `import { defineCluster, IsolatedNetwork } from 'capstan';
export default ['', undefined].map((name) => defineCluster(name as never, { ${nameless} }));
`,
  );

  const { errors } = synth();

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
  define('good.ts', GOOD.replace("general: { replicas: 3, offering: 'Large Instance' }", pools.join(', ')));
  const tsx = join(root, 'node_modules/tsx/dist/cjs/index.cjs');
  const child = spawn(process.execPath, ['-C', 'capstan-source', '--require', tsx, join(root, 'apps/fleet/main.ts')], {
    cwd: project,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.pause();
  await new Promise((resolve) => setTimeout(resolve, 3000));

  const errors = await text(child.stderr);

  expect(errors.length).toBeGreaterThan(200_000);
  expect(errors.endsWith('Nothing was written; the manifests are as they were.\n')).toBe(true);
}, 30_000);

test('a folder of definitions that is not there is told once', () => {
  expect(synth({ CAPSTAN_CLUSTERS: 'nowhere' })).toMatchObject({
    code: 2,
    errors: expect.stringContaining('  - nowhere: folder: does not exist; create the folder, or name another one with'),
  });
});

test('what is not read is told in one line; what a definition imports is no surprise', () => {
  for (const folder of ['lib', 'team', 'notes']) mkdirSync(join(project, 'clusters', folder));
  define('good.ts', `import { zone } from './lib/zone';\n${GOOD.replace("'zone-1'", 'zone')}`);
  define('lib/zone.ts', "export const zone = 'zone-1';\n");
  define('team/other.ts', GOOD);
  define('notes/plan.md', 'Plans\n');
  define('module.mts', GOOD);
  define('good.test.ts', GOOD);

  const { code, errors } = synth();

  expect(code).toBe(0);
  expect(errors).toBe(
    'warning: not read: clusters/module.mts, clusters/team/; only *.ts and *.js directly in clusters are\n7 manifests rendered\n',
  );
});

test('overlapping ranges are named', () => {
  define('good.ts', GOOD.replace("zone: 'zone-1',", "zone: 'zone-1', podCidrs: ['10.96.0.0/16'],"));

  const { errors } = synth();

  expect(errors).toContain('serviceCidrs[0] = "10.96.0.0/12": overlaps podCidrs[0] = "10.96.0.0/16"');
});

test('a pool that was added twice is named', () => {
  define(
    'good.ts',
    `import { defineClusterWith, IsolatedNetwork, WorkloadCluster } from 'capstan';
export default defineClusterWith('good', (scope) => new WorkloadCluster(scope, 'good', {
  kubernetesVersion: 'v1.34.2', zone: 'zone-1', network: IsolatedNetwork.named('net'),
  controlPlane: { offering: 'Medium Instance' }, pools: { general: { offering: 'Large Instance' } },
}).addPool('general', { offering: 'Large Instance' }));
`,
  );

  expect(synth().errors).toContain('good/good: pools.general = "general": a pool with this name exists already');
});

test('the stock cdk8s command writes the same manifests, and a mistake leaves them as they were', () => {
  define('good.ts', GOOD);
  const app = `node -C capstan-source --require ${join(root, 'node_modules/tsx/dist/cjs/index.cjs')} ${join(root, 'apps/fleet/main.ts')}`;
  writeFileSync(join(project, 'cdk8s.yaml'), `language: typescript\napp: ${app}\noutput: .cdk8s/out\n`);
  const cdk8s = join(root, 'node_modules/cdk8s-cli/bin/cdk8s');
  const options = {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' },
    stdio: 'pipe',
  } as const;
  execFileSync(process.execPath, [cdk8s, 'synth'], options);
  const before = readFolder(join(project, 'manifests'));
  define('good.ts', GOOD.replace("'v1.34.2'", "'latest'"));

  const failed = spawnSync(process.execPath, [cdk8s, 'synth'], options);

  expect(before.size).toBe(7);
  expect(failed.status).toBe(1);
  expect(`${failed.stdout}${failed.stderr}`).toContain('not a Kubernetes version');
  expect(readFolder(join(project, 'manifests'))).toEqual(before);
  expect(readFileSync(join(project, '.cdk8s/rendered-digest'), 'utf8')).toMatch(/^sha256:/);
}, 120_000);

test('an affinity that is undefined is the default one', () => {
  define('good.ts', GOOD);
  synth();
  const before = readFolder(join(project, 'manifests'));
  define('good.ts', GOOD.replace("offering: 'Medium Instance'", "offering: 'Medium Instance', affinity: undefined"));
  synth();

  expect(readFolder(join(project, 'manifests'))).toEqual(before);
});

test.each([
  ['of a definition', "defineClusterWith('..', (scope) => new WorkloadCluster(scope, 'good', props))"],
  [
    'of an object',
    "defineClusterWith('good', (scope) => { new WorkloadCluster(scope, 'good', props); new ApiObject(scope, 'x', { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'x/../../../../escaped' } }); })",
  ],
])('a name %s that leads out of the manifests is a mistake', (_, definition) => {
  define(
    'good.ts',
    `import { defineClusterWith, IsolatedNetwork, WorkloadCluster } from 'capstan';
import { ApiObject } from 'cdk8s';
const props = {
  kubernetesVersion: 'v1.34.2', zone: 'zone-1', network: IsolatedNetwork.named('net'), controlPlane: { offering: 'Medium Instance' },
};
export default ${definition};
`,
  );
  symlinkSync(join(root, 'node_modules/cdk8s'), join(project, 'node_modules/cdk8s'));
  const before = readdirSync(project).sort();

  const { code, errors } = synth();

  expect(errors).toContain('is not a valid name');
  expect(code).toBe(2);
  expect(readdirSync(project).sort()).toEqual(before);
});

test('names that differ in case alone are one name, as they are one folder to some file systems', () => {
  define('good.ts', GOOD);
  define('other.ts', GOOD.replace("'good'", "'GOOD'"));

  expect(synth().errors).toContain('clusters/other.ts: name = "GOOD": already defined in clusters/good.ts');
});

test('objects of two clusters that have one name are named, as a Fleet would refuse both', () => {
  const cluster = (name: string, pool: string) => GOOD.replace("'good'", `'${name}'`).replace('general:', `'${pool}':`);
  define('a.ts', cluster('a', 'b-c'));
  define('ab.ts', cluster('a-b', 'c'));

  const { code, errors } = synth();

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
  define('good.ts', definition(pool, domain));
  const late = synth();
  define('good.ts', definition(domain, pool));
  const early = synth();

  expect([late.code, early.code]).toEqual([2, 0]);
  expect(late.errors).toContain('pools.far.extraNetworks');
  const [, template = ''] =
    [...readFolder(join(project, 'manifests'))].find(([path]) => path.includes('machinetemplate.good-far')) ?? [];
  expect(template).toContain('networks:\n        - name: net-2\n        - name: storage\n');
});

test('a provider id among the flags of the kubelet is a mistake, as it is not taken', () => {
  const flags = "kubeletExtraArgs: { 'provider-id': 'mine' }";
  define('good.ts', GOOD.replace("offering: 'Large Instance'", `offering: 'Large Instance', ${flags}`));

  expect(synth().errors).toContain('pools.general.kubeletExtraArgs.provider-id = "mine": is not taken');
});
