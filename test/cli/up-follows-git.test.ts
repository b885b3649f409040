import { inOneProject, type Project } from '../e2e/up-project';

jest.setTimeout(240_000);

let project: Project;
inOneProject((made) => {
  project = made;
  project.define('dev', { namespace: 'team-a' });
});

test('up makes the namespaces of its clusters, and those that are published while it runs', async () => {
  const up = project.start('up', '--latency', 'instant');
  await up.says('Ctrl-C stops everything');
  project.define('two', { namespace: 'team-b' });

  const published = await project.capstan('publish', '--push');
  await up.says(/was published\.[\s\S]*Ready at revision/);
  const status = await project.capstan('status', '--output', 'json');

  expect(published).toMatchObject({ code: 0, stdout: expect.stringContaining('Pushed to capstan.') });
  expect(JSON.parse(status.stdout).clusters).toMatchObject([
    { namespace: 'team-a', name: 'dev', ready: true },
    { namespace: 'team-b', name: 'two', ready: true },
  ]);
  const { stdout } = await up.stop('SIGINT');
  // What was said once stays as it was said: nothing is written over, and no empty frame between.
  expect(stdout).toContain('Try:\n  1. npx capstan kubeconfig dev');
  expect(stdout).not.toContain('\n\n\n');
});

test('a revision that is refused is shown with its reasons while up runs', async () => {
  const up = project.start('up', '--latency', 'instant');
  await up.says('Ctrl-C stops everything');
  project.write('manifests/dev/broken.yaml', 'a: [1\n');
  project.commit('Break it');

  project.git('push', '--quiet', 'capstan', 'HEAD:main');

  await up.says(/Fleet fleet: RevisionRefused: [\s\S]*manifests\/dev\/broken\.yaml/);
  await up.stop('SIGINT');
});

test('a cluster that left git is shown with the command that deletes it, which works where it is pasted', async () => {
  const up = project.start('up', '--latency', 'instant');
  await up.says('Ctrl-C stops everything');
  project.git('rm', '--quiet', 'clusters/two.ts');

  await project.capstan('publish', '--push');

  const file = project.kubeconfig();
  const command = `kubectl annotate cluster.cluster.x-k8s.io two --namespace team-b capstan.dev/confirm-delete=`;
  await up.says(new RegExp(`Cluster team-b/two left git\\. To delete it: ${command}\\S+ --kubeconfig ${file}\\n`));
  await up.stop('SIGINT');
});
