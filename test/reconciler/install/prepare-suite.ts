import { CloudStackMachineTemplate } from '../../../api';
import {
  ClusterRole,
  ClusterRoleBinding,
  CustomResourceDefinition,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from '../../../api/kinds';
import type { KubeApi, TypedResource } from '../../../api/ports';
import { ManagementChart } from '../../../apps/management/management-chart';
import { FastApp } from '../../../constructs';
import { chartsOf } from '../../../constructs/synthesis/fast-app';
import { SystemClock } from '../../../machinery/clock';
import { cloneJson, valueAt } from '../../../machinery/json';
import { type KubeObject, keyOf } from '../../../machinery/kube-object';
import { SystemRandom } from '../../../machinery/random';
import { type Management, serveManagement } from '../../../reconciler/management';
import { silentLog } from '../../../reconciler/runtime';
import { whenFollowed } from './when-followed';

/** An API server that a test may fill and need not tidy up. */
export interface InstallServer {
  /** The administrator's. */
  readonly api: KubeApi;
  /** Of the user `alice`, who has no rights but those that the suite grants. */
  readonly restricted: KubeApi;
  stop(): Promise<void>;
}

type Mode = 'install' | 'check';
type Address = 'url' | 'service';

const TEMPLATES = { namespace: '', name: 'cloudstackmachinetemplates.infrastructure.cluster.x-k8s.io' };
const WEBHOOKS = { namespace: '', name: 'capstan.dev' };
const SERVICE = { namespace: 'capstan-system', name: 'capstan-webhook' };
const templatesV1Beta3: TypedResource = { ...CloudStackMachineTemplate, version: 'v1beta3' };

const rendered: readonly KubeObject[] = (() => {
  const app = new FastApp();
  new ManagementChart(app, 'management', { image: 'capstan' });
  return chartsOf(app.node.findAll()).flatMap(({ objects }) => objects.map((object): KubeObject => object.toJson()));
})();

/** The CRDs of `management.yaml`; `note` stands for a newer release whose definitions differ. */
function crdsOfFile(note?: string): CustomResourceDefinition[] {
  const crds = rendered.filter(
    (object): object is CustomResourceDefinition => object.kind === 'CustomResourceDefinition',
  );
  return crds.map((crd) => {
    const copy = cloneJson(crd);
    for (const { schema } of note === undefined ? [] : copy.spec.versions) {
      if (schema?.openAPIV3Schema !== undefined) schema.openAPIV3Schema.description = note;
    }
    return copy;
  });
}

/** `management.yaml` and the reconciler's start, in every order, with the rights that the file grants. */
export function prepareSuite(start: () => Promise<InstallServer>): void {
  let server: InstallServer;
  let api: KubeApi;

  // A server for each test: deleting CRDs takes an API server longer than starting.
  beforeEach(async () => {
    server = await start();
    api = server.api;
    const role = rendered.find(({ kind }) => kind === 'ClusterRole');
    if (role === undefined) throw new Error('apps/management renders no ClusterRole');
    await api.patch(ClusterRole, keyOf(role), { type: 'apply', patch: role }, { fieldManager: 'kubectl' });
    await api.create(ClusterRoleBinding, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'alice' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role.metadata.name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'alice' }],
    });
  }, 60_000);

  afterEach(async () => {
    await server?.stop();
  }, 30_000);

  /** `kubectl apply --server-side`: a conflict is an error. */
  async function apply(crds: readonly CustomResourceDefinition[], fieldManager = 'kubectl'): Promise<void> {
    for (const patch of crds)
      await api.patch(CustomResourceDefinition, keyOf(patch), { type: 'apply', patch }, { fieldManager });
  }

  async function serving<T>(address: Address, work: (management: Management) => Promise<T>): Promise<T> {
    const management = await serveManagement({
      api: server.restricted,
      clock: new SystemClock(),
      random: new SystemRandom(),
      log: silentLog,
      namespace: 'capstan-system',
      webhooks: address === 'url' ? 'loopback' : { service: SERVICE, port: 0 },
    });
    try {
      return await work(management);
    } finally {
      await management.close();
    }
  }

  /** A start of the reconciler. */
  const prepare = (mode: Mode, address: Address) =>
    serving(address, (management) => management.prepare(server.restricted, mode));

  const templates = () => api.get(CustomResourceDefinition, TEMPLATES);
  const noteOf = ({ spec }: CustomResourceDefinition) =>
    valueAt(spec.versions, 0, 'schema', 'openAPIV3Schema', 'description');
  const clientConfig = async () => (await templates()).spec.conversion?.webhook?.clientConfig ?? {};
  /** What was written by name; the server itself keeps the status. */
  const written = async () =>
    new Map(
      (await api.list(CustomResourceDefinition)).items.map(({ metadata, spec }) => [
        metadata.name,
        { spec, managed: metadata.managedFields?.filter(({ subresource }) => subresource === undefined) },
      ]),
    );

  async function expectConversionBy(address: Address): Promise<void> {
    const config = await clientConfig();
    expect(Object.keys(config).sort()).toEqual(['caBundle', address].sort());
    expect(config.caBundle).toMatch(/^LS0t/);
    if (address === 'service') expect(config.service).toMatchObject(SERVICE);
  }

  async function expectAdmissionBy(address: Address): Promise<void> {
    for (const kind of [MutatingWebhookConfiguration, ValidatingWebhookConfiguration]) {
      const { webhooks } = await api.get<KubeObject>(kind, WEBHOOKS);
      expect(Object.keys(Object(valueAt(webhooks, 0, 'clientConfig'))).sort()).toEqual(['caBundle', address].sort());
    }
  }

  test('the API server keeps every field of the file, and applying it again changes nothing', async () => {
    const file = crdsOfFile();
    await apply(file);
    const before = await written();
    await apply(file);

    expect(await written()).toEqual(before);
    for (const { metadata, spec } of file)
      expect((await api.get(CustomResourceDefinition, { namespace: '', name: metadata.name })).spec).toMatchObject(
        spec,
      );
  }, 60_000);

  test.each<[Mode, Address]>([
    ['install', 'service'],
    ['install', 'url'],
    ['check', 'service'],
    ['check', 'url'],
  ])(
    'the file, then --crds=%s with webhooks by %s: the file and a newer one are applied without conflicts',
    async (mode, address) => {
      await apply(crdsOfFile());
      await prepare(mode, address);
      await expectConversionBy(address);
      await expectAdmissionBy(address);

      await apply(crdsOfFile());
      await expectConversionBy('service');
      await apply(crdsOfFile('of a newer release'));
      await expectConversionBy('service');
      expect(noteOf(await templates())).toBe('of a newer release');

      await prepare(mode, 'service');
      await apply(crdsOfFile('of the newest release'));
      await expectConversionBy('service');
      expect(noteOf(await templates())).toBe('of the newest release');
    },
    60_000,
  );

  test.each<Address>(['url', 'service'])(
    'what was installed without the file, with webhooks by %s, is taken over by a newer one without conflicts',
    async (address) => {
      await prepare('install', address);
      await expectConversionBy(address);

      await apply(crdsOfFile('of a newer release'));
      await prepare('check', 'service');

      await expectConversionBy('service');
      expect(noteOf(await templates())).toBe('of a newer release');
    },
    60_000,
  );

  test.each<Mode>(['install', 'check'])(
    'with --crds=%s the address follows the process, and old versions are converted',
    async (mode) => {
      await apply(crdsOfFile());

      for (const address of ['url', 'service', 'url'] as const) {
        await prepare(mode, address);
        await expectConversionBy(address);
        await expectAdmissionBy(address);
      }
      const made = await serving('url', async (management) => {
        await management.prepare(server.restricted, mode);
        return whenFollowed(() =>
          api.create(templatesV1Beta3, {
            apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta3',
            kind: 'CloudStackMachineTemplate',
            metadata: { name: 'converted', namespace: 'default' },
            spec: { template: { spec: { offering: { name: 'Small' }, template: { name: 'kube' } } } },
          }),
        );
      });

      expect(made.spec).toMatchObject({ template: { spec: { offering: { name: 'Small' } } } });
    },
    60_000,
  );

  test.each<Mode>(['install', 'check'])(
    'a second start with --crds=%s writes no CRD',
    async (mode) => {
      await apply(crdsOfFile());
      await prepare(mode, 'service');
      const before = await written();
      await prepare(mode, 'service');

      expect(await written()).toEqual(before);
    },
    60_000,
  );

  test('--crds=check leaves definitions alone, --crds=install brings them to its release', async () => {
    await apply(crdsOfFile('of another release'));

    await prepare('check', 'service');
    expect(noteOf(await templates())).toBe('of another release');
    await prepare('install', 'service');
    expect(noteOf(await templates())).toBe('What CloudStackMachines are made from.');
  }, 60_000);

  test('labels and annotations that somebody else put on a CRD stay', async () => {
    const [first, ...rest] = crdsOfFile();
    if (first === undefined) throw new Error('no CRD is rendered');
    first.metadata.labels = { ...first.metadata.labels, team: 'blue' };
    await apply([first, ...rest]);
    await prepare('install', 'url');
    await prepare('check', 'service');

    expect((await api.get(CustomResourceDefinition, keyOf(first))).metadata.labels).toEqual(first.metadata.labels);
  }, 60_000);

  test('definitions that a tool other than kubectl applies stay its own, without conflicts', async () => {
    await apply(crdsOfFile('of another release'), 'argocd-controller');
    await prepare('install', 'service');

    await expectConversionBy('service');
    expect(noteOf(await templates())).toBe('of another release');
    await apply(crdsOfFile('of a newer release'), 'argocd-controller');
    await expectConversionBy('service');
    await prepare('install', 'url');
    await apply(crdsOfFile('of the newest release'), 'argocd-controller');
    await expectConversionBy('service');
  }, 60_000);

  test('CRDs that were created or applied by the client are led to us as well', async () => {
    for (const crd of crdsOfFile()) await api.create(CustomResourceDefinition, crd, { fieldManager: 'kubectl-create' });
    for (const address of ['url', 'service', 'url'] as const) {
      await prepare('install', address);
      await expectConversionBy(address);
    }
  }, 60_000);

  test.each<Mode>(['install', 'check'])(
    'with --crds=%s the CRDs of an upstream Cluster API stay as they are',
    async (mode) => {
      const isUpstreams = ({ spec }: CustomResourceDefinition) => spec.group === 'cluster.x-k8s.io';
      const file = crdsOfFile();
      const upstream = file.filter(isUpstreams).map((crd) => {
        const { 'app.kubernetes.io/managed-by': _, ...labels } = crd.metadata.labels ?? {};
        return { ...crd, metadata: { ...crd.metadata, labels } };
      });
      await apply(upstream, 'clusterctl');
      await apply(file.filter((crd) => !isUpstreams(crd)));
      const before = await written();
      await prepare(mode, 'url');

      const after = await written();
      for (const { metadata } of upstream) expect(after.get(metadata.name)).toEqual(before.get(metadata.name));
      await expectConversionBy('url');
      const { webhooks } = await api.get(ValidatingWebhookConfiguration, WEBHOOKS);
      const groups = webhooks?.flatMap(({ rules }) => rules?.flatMap(({ apiGroups }) => apiGroups));
      expect(groups).toContain('infrastructure.cluster.x-k8s.io');
      expect(groups).not.toContain('cluster.x-k8s.io');
    },
    60_000,
  );

  test('--crds=check names every CRD that is absent or does not serve what the loops read', async () => {
    const [first, second, ...rest] = crdsOfFile();
    if (first === undefined || second === undefined) throw new Error('no CRDs are rendered');
    for (const version of second.spec.versions) version.served = !version.storage;
    await apply([second, ...rest]);

    await expect(prepare('check', 'url')).rejects.toThrow(
      new RegExp(`${first.metadata.name} does not exist[^]*${second.metadata.name} does not serve`),
    );
  }, 60_000);
}
