import { Installation, Project, type RunningCommand } from '../e2e/up-project';

jest.setTimeout(120_000);

let installation: Installation;
let project: Project;
let sandbox: RunningCommand;
beforeAll(async () => {
  installation = new Installation();
  project = new Project(installation);
  sandbox = project.start('sandbox', '--parts', 'kube');
  await sandbox.says('Ctrl-C stops it');
});
afterAll(async () => {
  await sandbox.stop();
  await project.close();
  installation.remove();
});

const COMMANDS = ['status', 'why dev', 'kubeconfig dev'];

test.each(COMMANDS)('a namespace that does not exist is wrong input: %s', async (command) => {
  const finished = await project.capstan(...command.split(' '), '--namespace', 'nosuch');

  expect(finished).toEqual({ code: 2, stdout: '', stderr: 'there is no namespace nosuch\n' });
});

test.each(COMMANDS)('the empty name of a namespace is wrong input: %s', async (command) => {
  const finished = await project.capstan(...command.split(' '), '--namespace=');

  expect(finished).toEqual({ code: 2, stdout: '', stderr: '--namespace: the name is empty\n' });
});

test.each(COMMANDS)(
  'an API server that serves no clusters is none whose clusters are all ready: %s',
  async (command) => {
    const finished = await project.capstan(...command.split(' '));

    expect(finished).toMatchObject({ code: 1, stdout: '' });
    expect(finished.stderr).toMatch(
      /^this API server does not serve clusters\.cluster\.x-k8s\.io: .*\nName another one/,
    );
  },
);

test('a namespace without clusters is none that is not ready', async () => {
  const reconciler = project.start('run', '--kubeconfig', project.kubeconfig(), '--diagnostics-port', '0');
  await reconciler.says('leadership won');
  await reconciler.says('controllers');
  await reconciler.stop();

  const status = await project.capstan('status', '--namespace', 'default');
  const why = await project.capstan('why', 'dev', '--namespace', 'default');

  expect(status).toEqual({ code: 0, stdout: 'No clusters in namespace default.\n', stderr: '' });
  expect(why).toMatchObject({ code: 2, stderr: 'there is no cluster dev in namespace default; there are none yet\n' });
});
