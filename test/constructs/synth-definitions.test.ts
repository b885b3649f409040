import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type DefinitionsProject, GOOD, inFreshProject } from './definitions-project';

let project: DefinitionsProject;
inFreshProject((made) => {
  project = made;
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
  project.install('cdk8s');
  project.define('good.ts', patched("replace('/spec/none/none', 1)"));
  const misfit = project.synth();
  project.define('good.ts', patched("add('/spec/rollout', { type: 'RollingUpdate' })"));
  const unknown = project.synth();
  project.define('good.ts', patched("add('/spec/rollout', { strategy: { type: 'RollingUpdate' } })"));
  const fit = project.synth();

  expect(misfit.errors).toContain('good/good/control-plane: construct: cannot be rendered (');
  expect(unknown.errors).toContain(
    'good/good/control-plane: spec.rollout.type = "RollingUpdate": is not a known field',
  );
  expect([misfit.code, unknown.code, fit.code]).toEqual([2, 2, 0]);
  const rendered = readFileSync(project.path('manifests/good/kubeadmcontrolplane.good-control-plane.yaml'), 'utf8');
  expect(rendered).toContain('rollout:\n    strategy:\n      type: RollingUpdate\n');
});

test('a file that cannot be loaded is told in one line, without a stack or paths of this machine', () => {
  project.define('broken.ts', 'const = ;');
  project.define('lost.ts', "import nothing from './nothing';\nexport default nothing;\n");
  project.define('number.ts', 'export default 5;\n');

  const { errors } = project.synth();

  expect(errors).toMatch(
    /clusters\/broken\.ts: module: cannot be loaded \(.*clusters\/broken\.ts:1:6.*\); correct the file/,
  );
  expect(errors).toContain(
    "clusters/lost.ts: module: cannot be loaded (Cannot find module './nothing', at clusters/lost.ts:1); correct the file",
  );
  expect(errors).toContain('clusters/number.ts: default export: is not a cluster definition; write: export default');
  expect(errors).not.toContain(project.folder);
});

test.each([
  ['tsx', () => project.synth()],
  ['the package', () => project.synthAsInstalled()],
])('an error at run time names the line that the user wrote, loaded by %s', (_name, run) => {
  mkdirSync(project.path('clusters/lib'));
  project.define('lib/zones.ts', 'interface Zone { name: string }\n\nexport const zone = (of?: Zone) => of!.name;\n');
  project.define(
    'direct.ts',
    'interface Unused { a: string }\n\nconst none: { a?: { b: string } } = {};\nexport default none.a!.b;\n',
  );
  project.define('nested.ts', "import { zone } from './lib/zones';\nexport default zone();\n");
  project.define('syntax.js', '\nconst = ;\n');
  project.define(
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
  project.define('good.ts', GOOD);
  project.define('async.ts', "async function load() {\n  throw new Error('no answer');\n}\nexport default load();\n");
  project.define(
    'later.ts',
    "export default [new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 100_000))];\n",
  );
  project.define('aside.ts', `${GOOD.replace("'good'", "'aside'")}void Promise.reject(new Error('ignored'));\n`);

  const { code, errors } = project.synth();

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
  expect(existsSync(project.path('manifests'))).toBe(false);
});

test('a definition that renders nothing, or only later, does not take its cluster out of git', () => {
  const head = "import { defineClusterWith, WorkloadCluster } from 'capstan';\n";
  project.define('good.ts', GOOD);
  project.define(
    'later.js',
    `${head}export default defineClusterWith('later', async () => {\n  throw new Error('no');\n});\n`,
  );
  project.define('none.js', `${head}export default defineClusterWith('none', () => undefined);\n`);

  const { code, errors } = project.synth();

  expect(code).toBe(2);
  for (const text of [
    '3 mistakes in the cluster definitions:',
    'clusters/later.js: later: renders asynchronously, and nothing waits for it; render by code without async',
    'clusters/later.js: promise: was rejected (no, at clusters/later.js:3)',
    'clusters/none.js: none: renders no object; make a WorkloadCluster in it, or remove the definition',
  ])
    expect(errors).toContain(text);
  expect(existsSync(project.path('manifests'))).toBe(false);
});

test('a definition that ends the process is a mistake, and takes no cluster out of git', () => {
  project.define('good.ts', GOOD);
  expect(project.synth().code).toBe(0);
  project.define('x.ts', 'process.exit(0);\n');

  expect(project.synth()).toEqual({
    code: 2,
    errors: 'a definition, or what it imports, ended the process (process.exit); nothing was written\n',
  });
  expect(existsSync(project.path('manifests/good/cluster.good.yaml'))).toBe(true);
});

test('a Secret is not written to git; what a Fleet refuses is said, because Argo CD and Flux take it', () => {
  const withObject = (name: string, object: string) =>
    project.define(
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
  project.install('cdk8s');
  withObject('job', "{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x' } }");
  const warned = project.synth();
  withObject('leak', "{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, stringData: { key: 'hunter2' } }");
  const refused = project.synth();

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

test('a folder of definitions that is not there is told once', () => {
  expect(project.synth({ CAPSTAN_CLUSTERS: 'nowhere' })).toMatchObject({
    code: 2,
    errors: expect.stringContaining('  - nowhere: folder: does not exist; create the folder, or name another one with'),
  });
});

test('what is not read is told in one line; what a definition imports is no surprise', () => {
  for (const folder of ['lib', 'team', 'notes']) mkdirSync(project.path('clusters', folder));
  project.define('good.ts', `import { zone } from './lib/zone';\n${GOOD.replace("'zone-1'", 'zone')}`);
  project.define('lib/zone.ts', "export const zone = 'zone-1';\n");
  project.define('team/other.ts', GOOD);
  project.define('notes/plan.md', 'Plans\n');
  project.define('module.mts', GOOD);
  project.define('good.test.ts', GOOD);

  const { code, errors } = project.synth();

  expect(code).toBe(0);
  expect(errors).toBe(
    'warning: not read: clusters/module.mts, clusters/team/; only *.ts and *.js directly in clusters are\n7 manifests rendered\n',
  );
});

test('the type check that is advised works with a configuration of TypeScript and without one', () => {
  project.define('bad.ts', 'export default IsolatedNetwork;');
  project.define('plain.js', 'export default IsolatedNetwork;');

  const { errors } = project.synth();
  writeFileSync(project.path('tsconfig.json'), '{}');

  expect(errors).toContain('correct the file; `npx tsc --noEmit clusters/bad.ts` shows type errors');
  expect(errors).toMatch(/^ {2}- clusters\/plain\.js: .*; correct the file$/m);
  expect(project.synth().errors).toContain('correct the file; `npx tsc --noEmit` shows type errors');
});
