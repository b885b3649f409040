import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { LOOPS } from '../../reconciler/main';

const root = join(__dirname, '../..');

function management(...args: string[]) {
  const loader = ['-C', 'capstan-source', '--require', 'tsx/cjs', 'apps/management/main.ts'];
  return spawnSync(process.execPath, [...loader, ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
}

interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: { readonly [key: string]: string } };
  readonly spec?: {
    readonly group?: string;
    readonly selector?: object;
    readonly template?: { readonly metadata: { readonly labels?: object } };
    readonly conversion?: { readonly webhook?: { readonly clientConfig?: { readonly service?: object } } };
  };
}

function isRendered(value: unknown): value is Rendered {
  return typeof value === 'object' && value !== null && 'kind' in value && 'metadata' in value;
}

const objectsOf = (yaml: string) => loadAll(yaml).filter(isRendered);
const count = (objects: readonly Rendered[], kind: string) => objects.filter((object) => object.kind === kind).length;

test('the management side is rendered with CRDs, rights and the Deployment', () => {
  const { status, stdout } = management('registry.example/capstan:1', LOOPS.join(','));

  const objects = objectsOf(stdout);
  expect(status).toBe(0);
  for (const kind of ['Namespace', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Deployment', 'Service'])
    expect([kind, count(objects, kind)]).toEqual([kind, 1]);
  const crds = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  expect(new Set(crds.map(({ spec }) => spec?.group))).toEqual(
    new Set([
      'infrastructure.cluster.x-k8s.io',
      'capstan.dev',
      'cluster.x-k8s.io',
      'bootstrap.cluster.x-k8s.io',
      'controlplane.cluster.x-k8s.io',
    ]),
  );
  const cluster = crds.find(({ metadata }) => metadata.name === 'cloudstackclusters.infrastructure.cluster.x-k8s.io');
  expect(cluster?.metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'capstan' });
  expect(cluster?.spec?.conversion?.webhook?.clientConfig?.service).toMatchObject({
    namespace: 'capstan-system',
    name: 'capstan-webhook',
  });
  expect(stdout).toContain('image: "registry.example/capstan:1"');
  // A selector is immutable: it must not follow from the structure of this app.
  const selected = { 'app.kubernetes.io/name': 'capstan', 'app.kubernetes.io/component': 'reconciler' };
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  expect(deployment?.spec?.selector).toEqual({ matchLabels: selected });
  expect(deployment?.spec?.template?.metadata.labels).toMatchObject(selected);
  expect(objects.find(({ kind }) => kind === 'Service')?.spec?.selector).toEqual(selected);
});

test('beside an upstream Cluster API its CRDs are left to it', () => {
  const objects = objectsOf(management('image', 'gitops,infrastructure').stdout);

  const groups = new Set(
    objects.filter(({ kind }) => kind === 'CustomResourceDefinition').map(({ spec }) => spec?.group),
  );
  expect(groups).toEqual(new Set(['infrastructure.cluster.x-k8s.io', 'capstan.dev']));
});

test.each([[[]], [['--help']], [['image', 'gitops,dns']]])('%j is refused with the usage', (args) => {
  const { status, stdout, stderr } = management(...args);

  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain('usage: node dist/apps/management/main.js IMAGE [LOOPS]');
});

test('the Deployment is let into a namespace with the restricted Pod Security Standard', () => {
  const { stdout } = management('registry.example/capstan:1', LOOPS.join(','));

  const deployment = objectsOf(stdout).find(({ kind }) => kind === 'Deployment');
  expect(deployment).toHaveProperty(
    'spec.template.spec.containers.0.securityContext',
    expect.objectContaining({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    }),
  );
});

test('the loss or the drain of one node leaves another reconciler', () => {
  const objects = objectsOf(management('image').stdout);

  const selector = {
    matchLabels: { 'app.kubernetes.io/name': 'capstan', 'app.kubernetes.io/component': 'reconciler' },
  };
  const budget = objects.find(({ kind }) => kind === 'PodDisruptionBudget');
  expect(budget?.spec).toEqual({ maxUnavailable: 1, selector });
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  expect(deployment).toHaveProperty('spec.replicas', 2);
  expect(deployment).toHaveProperty(
    'spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution',
    [
      {
        weight: 100,
        podAffinityTerm: expect.objectContaining({ topologyKey: 'kubernetes.io/hostname', labelSelector: selector }),
      },
    ],
  );
});
