import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type DefinitionsProject, GOOD, inFreshProject, root, SYNTH } from './definitions-project';

let project: DefinitionsProject;
inFreshProject((made) => {
  project = made;
});

test('renders one folder a cluster and one file an object', () => {
  project.define('good.ts', GOOD);

  expect(project.synth()).toMatchObject({ code: 0 });
  const files = [...project.manifests().keys()];
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
  project.define('good.ts', GOOD);
  project.synth({ TZ: 'UTC', LANG: 'C' });
  const first = project.manifests();
  rmSync(project.path('manifests'), { recursive: true });
  project.synth({ TZ: 'Pacific/Auckland', LANG: 'tr_TR.UTF-8' });

  expect(project.manifests()).toEqual(first);
});

test('deletes what is no longer rendered', () => {
  project.define('good.ts', GOOD);
  project.define('old.ts', GOOD.replace("'good'", "'old'"));
  project.synth();
  rmSync(project.path('clusters/old.ts'));
  project.synth();

  expect(existsSync(project.path('manifests/old'))).toBe(false);
  expect(existsSync(project.path('manifests/good'))).toBe(true);
});

test('an edit of a template changes its name; scaling does not', () => {
  project.define('good.ts', GOOD);
  project.synth();
  const templates = () => [...project.manifests().keys()].filter((file) => file.includes('machinetemplate'));
  const before = templates();
  project.define('good.ts', GOOD.replace('general: { replicas: 3', 'general: { replicas: 1'));
  project.synth();
  expect(templates()).toEqual(before);
  project.define('good.ts', GOOD.replace('Large Instance', 'Medium Instance'));
  project.synth();

  expect(templates()[0]).toBe(before[0]);
  expect(templates()[1]).not.toBe(before[1]);
});

test('the stock cdk8s command writes the same manifests, and a mistake leaves them as they were', () => {
  project.define('good.ts', GOOD);
  writeFileSync(project.path('cdk8s.yaml'), `language: typescript\napp: node ${SYNTH.join(' ')}\noutput: .cdk8s/out\n`);
  const cdk8s = join(root, 'node_modules/cdk8s-cli/bin/cdk8s');
  const options = {
    cwd: project.folder,
    encoding: 'utf8',
    env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' },
    stdio: 'pipe',
  } as const;
  execFileSync(process.execPath, [cdk8s, 'synth'], options);
  const before = project.manifests();
  project.define('good.ts', GOOD.replace("'v1.34.2'", "'latest'"));

  const failed = spawnSync(process.execPath, [cdk8s, 'synth'], options);

  expect(before.size).toBe(7);
  expect(failed.status).toBe(1);
  expect(`${failed.stdout}${failed.stderr}`).toContain('not a Kubernetes version');
  expect(project.manifests()).toEqual(before);
  expect(readFileSync(project.path('.cdk8s/rendered-digest'), 'utf8')).toMatch(/^sha256:/);
}, 120_000);

test('an affinity that is undefined is the default one', () => {
  project.define('good.ts', GOOD);
  project.synth();
  const before = project.manifests();
  project.define(
    'good.ts',
    GOOD.replace("offering: 'Medium Instance'", "offering: 'Medium Instance', affinity: undefined"),
  );
  project.synth();

  expect(project.manifests()).toEqual(before);
});

test('a data disk is formatted and mounted; kubeadm takes a new file system under etcd for empty', () => {
  const disk = (mountPath: string) =>
    `dataDisk: { offering: 'Small', mountPath: '${mountPath}', device: '/dev/vdb', filesystem: 'ext4', label: 'data' }`;
  project.define(
    'good.ts',
    GOOD.replace("'Medium Instance' }", `'Medium Instance', ${disk('/var/lib/etcd')} }`).replace(
      "'Large Instance' }",
      `'Large Instance', ${disk('/data')} }`,
    ),
  );

  expect(project.synth().code).toBe(0);

  const specOf = (kind: string) => {
    const [, text = ''] = [...project.manifests()].find(([file]) => file.includes(`/${kind}.`)) ?? [];
    return parse(text).spec;
  };
  const diskSetup = {
    partitions: [{ device: '/dev/vdb', layout: true, overwrite: false, tableType: 'gpt' }],
    filesystems: [{ device: '/dev/vdb', filesystem: 'ext4', label: 'data' }],
  };
  const notEmpty = { ignorePreflightErrors: ['DirAvailable--var-lib-etcd'] };
  expect(specOf('kubeadmcontrolplane').kubeadmConfigSpec).toMatchObject({
    diskSetup,
    mounts: [['LABEL=data', '/var/lib/etcd']],
    initConfiguration: { nodeRegistration: notEmpty },
    joinConfiguration: { nodeRegistration: notEmpty },
  });
  const worker = specOf('kubeadmconfigtemplate').template.spec;
  expect(worker).toMatchObject({ diskSetup, mounts: [['LABEL=data', '/data']] });
  expect(worker.joinConfiguration.nodeRegistration).not.toHaveProperty('ignorePreflightErrors');
});
