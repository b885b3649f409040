import { Fleet, Secret } from '../../api/kinds';
import { SystemClock } from '../../machinery/clock';
import { connectKube } from '../../reconciler/kube';
import { inFreshProject, type Project } from '../e2e/up-project';

jest.setTimeout(240_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
});

test('up on an API server that others use leaves their Fleet and their credentials as they are', async () => {
  const sandbox = project.start('sandbox', '--parts', 'kube', '--data-dir', '../management');
  await sandbox.says('Ctrl-C stops it');
  const file = project.kubeconfig();
  const up = () =>
    project.shell(
      `XDG_STATE_HOME='${project.folder}/state' capstan up --kubeconfig '${file}' --latency instant --exit-when-ready --timeout 30`,
    );
  expect(await up()).toMatchObject({ code: 0 });
  const { api, close } = await connectKube({ kind: 'kubeconfig', file }, { clock: new SystemClock() });
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

  close();
  await sandbox.stop();
});
