import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Management } from './up-management';
import { eventually, inFreshProject, type Project, type RunningCommand } from './up-project';

jest.setTimeout(400_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
});

const ready = 'Ctrl-C stops everything';

function up(latency = 'instant'): RunningCommand {
  return project.start('up', '--latency', latency, '--data-dir', '../state');
}

/** Everything that must be the same after a restart. */
async function standing() {
  const management = await Management.ofProject(project);
  try {
    const view = await management.ready();
    return {
      management: readFileSync(join(project.folder, 'state/kubeconfig'), 'utf8'),
      workload: (await project.capstan('kubeconfig', 'dev')).stdout,
      endpoint: view.endpoint,
      instances: await management.instances(),
    };
  } finally {
    management.close();
  }
}

test('after a stop and a start with the same directory everything is as it was, and a second process is refused', async () => {
  const first = up();
  await first.says(ready);
  const before = await standing();
  expect(before.workload).toContain(before.endpoint);
  expect([...before.instances.values()]).toEqual([expect.any(String), expect.any(String)]);

  const second = await project.capstan('up', '--data-dir', '../state');
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`in use by process ${first.pid}`);
  expect(await first.stop()).toMatchObject({ code: 0 });
  const again = up();
  await again.says(ready);

  expect(await standing()).toEqual(before);
  expect(await again.stop()).toMatchObject({ code: 0 });
  expect(project.leftBehind()).toEqual([]);
});

test('killed in the middle of creation, it goes on where it was', async () => {
  const first = up('lab');
  await first.says(/Deploying|Starting/);
  const management = await Management.ofProject(project);
  await eventually(
    async () => [...(await management.instances()).values()].some((id) => id !== ''),
    () => 'no machine gets an instance',
  );
  const created = [...(await management.instances())].filter(([, id]) => id !== '');
  management.close();
  const kubeconfig = readFileSync(join(project.folder, 'state/kubeconfig'), 'utf8');

  await first.stop('SIGKILL');
  const again = up('lab');
  await again.says(ready);

  const after = await standing();
  expect(after.management).toBe(kubeconfig);
  expect([...after.instances]).toEqual(expect.arrayContaining(created));
  expect(after.instances.size).toBe(2);
});

test('killed in the middle of a rollout, it ends with the same endpoint and new machines of the new version', async () => {
  const first = up('lab');
  await first.says(ready);
  const before = await standing();
  project.define('dev', { kubernetesVersion: 'v1.34.2' });
  project.commit('Upgrade');
  expect(await project.capstan('publish', '--push')).toMatchObject({ code: 0 });
  const management = await Management.ofProject(project);
  await eventually(
    async () => (await management.instances()).size > 2,
    () => 'no new machine comes',
  );
  management.close();

  await first.stop('SIGKILL');
  const again = up('lab');
  await again.says(ready, 150);

  const after = await standing();
  expect(after.management).toBe(before.management);
  expect(after.endpoint).toBe(before.endpoint);
  expect(after.workload).toBe(before.workload);
  expect(after.instances.size).toBe(2);
  const look = await Management.ofProject(project);
  const { machines } = await look.snapshot();
  look.close();
  expect(machines.map(({ spec }) => spec.version)).toEqual(['v1.34.2', 'v1.34.2']);
});
