import { inOneProject, type Project } from '../e2e/up-project';

jest.setTimeout(120_000);

let project: Project;
inOneProject((made) => {
  project = made;
});

test('printed commands work when they are pasted, also where the data directory has a blank in its name', async () => {
  const sandbox = project.start('sandbox', '--data-dir', 'my state');
  await sandbox.says('Ctrl-C stops it');
  const { stdout } = await sandbox.stop();

  const file = `'${project.directory}/my state/kubeconfig'`;
  expect(stdout).toContain(`export KUBECONFIG=${file}\n`);
  expect(stdout).toContain(`Next: npx capstan run --kubeconfig ${file}\n`);
});
