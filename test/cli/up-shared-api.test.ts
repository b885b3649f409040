import { Fleet, Secret } from '../../api/kinds';
import { SystemClock } from '../../machinery/clock';
import { connectKube } from '../../reconciler/kube';
import { inFreshProject, type Project } from '../e2e/up-project';

jest.setTimeout(240_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
});

/** An API server of others, and a way to run `up` against it. */
async function startShared() {
  const sandbox = project.start('sandbox', '--parts', 'kube', '--data-dir', '../management');
  await sandbox.says('Ctrl-C stops it');
  const file = project.kubeconfig();
  const { api, close } = await connectKube({ kind: 'kubeconfig', file }, { clock: new SystemClock() });
  return {
    api,
    up: (...options: string[]) =>
      project.shell(
        `XDG_STATE_HOME='${project.folder}/state' capstan up --kubeconfig '${file}' --latency instant --exit-when-ready --timeout 30 ${options.join(' ')}`,
      ),
    stop: async () => {
      close();
      await sandbox.stop();
    },
  };
}

test('up on an API server that others use leaves their Fleet and their credentials as they are', async () => {
  const { api, up, stop } = await startShared();
  expect(await up()).toMatchObject({ code: 0 });
  const url = 'https://git.example.org/fleet.git';
  const fleet = { namespace: 'capstan-system', name: 'fleet' };
  const suspended = { source: { url }, suspend: true };
  const before = await api.get(Fleet, fleet);

  await api.patch(Fleet, fleet, { type: 'merge', patch: { spec: suspended } });
  expect(await up()).toMatchObject({ code: 1, stderr: expect.stringContaining(`follows ${url}`) });
  expect((await api.get(Fleet, fleet)).spec).toMatchObject(suspended);

  await api.patch(Fleet, fleet, { type: 'merge', patch: { spec: { ...before.spec, suspend: null } } });
  const credentials = { namespace: 'default', name: 'cloudstack-credentials' };
  const data = { 'api-url': Buffer.from('https://cloud.example.org/client/api').toString('base64') };
  await api.patch(Secret, credentials, { type: 'merge', patch: { data } });
  expect(await up()).toMatchObject({ code: 1, stderr: expect.stringContaining('leads to https://cloud.example.org/') });
  expect((await api.get(Secret, credentials)).data).toMatchObject(data);

  await stop();
});

test('a Fleet of others is no reason why a cluster of up would not be ready', async () => {
  const { api, up, stop } = await startShared();
  expect(await up()).toMatchObject({ code: 0 });
  await api.create(Fleet, {
    apiVersion: 'capstan.dev/v1alpha1',
    kind: 'Fleet',
    metadata: { namespace: 'default', name: 'theirs' },
    spec: { source: { url: 'https://git.example.org/fleet.git' }, suspend: true },
  });

  const { code, stdout } = await up('--output', 'json');

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ ready: true, clusters: [{ name: 'dev', ready: true, reasons: [] }] });
  await stop();
});
