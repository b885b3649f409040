import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually, inFreshProject, type Project } from '../e2e/up-project';

jest.setTimeout(120_000);

let project: Project;
inFreshProject((fresh) => {
  project = fresh;
});

interface Announced {
  readonly kubeconfig: string;
  readonly cloudstack: { readonly endpoint: string };
}

test('a sandbox announces itself in one JSON object and ends cleanly on SIGTERM', async () => {
  const sandbox = project.start('sandbox', '--output', 'json', '--latency', 'instant');
  await sandbox.says('"examples"');

  const { code, stdout, stderr } = await sandbox.stop('SIGTERM');

  expect(JSON.parse(stdout)).toEqual({
    kubeconfig: expect.stringContaining(project.temporary),
    cloudstack: {
      endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/client\/api$/),
      apiKey: expect.any(String),
      secretKey: expect.any(String),
      examples: {
        zone: expect.any(String),
        network: expect.any(String),
        publicIp: expect.any(String),
        offering: expect.any(String),
        template: expect.any(String),
        kubernetesVersion: expect.any(String),
        sshKey: expect.any(String),
      },
    },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(project.leftBehind()).toEqual([]);
});

test('a signal in the first moment of a sandbox leaves nothing behind, too', async () => {
  const sandbox = project.start('sandbox', '--output', 'json');
  await eventually(
    () => project.leftBehind().length > 0,
    () => 'no folder was made',
  );

  await sandbox.stop('SIGTERM');

  expect(project.leftBehind()).toEqual([]);
});

test('a sandbox ends with the npm that started it, although the shell between them passes no signal on', async () => {
  const shell = startThroughShell({ npm_command: 'exec' });
  const { cloudstack } = await announcementOf(shell);

  shell.kill('SIGTERM');

  await eventually(
    async () => !(await answers(cloudstack.endpoint)) && project.leftBehind().length === 0,
    () => `the sandbox still runs: ${project.leftBehind().join()}`,
    30,
  );
});

test('a sandbox that was not started by npm outlives its shell', async () => {
  const shell = startThroughShell({});
  const { cloudstack } = await announcementOf(shell);
  const { pid } = JSON.parse(project.read('.cdk8s/sandbox.json'))[0];

  shell.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 2_000));

  expect(await answers(cloudstack.endpoint)).toBe(true);
  process.kill(pid, 'SIGTERM');
  await eventually(
    () => project.leftBehind().length === 0,
    () => 'the sandbox does not end',
    30,
  );
});

/** As npm does it: the command is not the last thing that the shell does, so the shell stays in between. */
function startThroughShell(variables: { readonly npm_command?: string }): ChildProcess {
  const { npm_command: _, npm_lifecycle_script: __, KUBECONFIG: ___, ...environment } = process.env;
  const program = join(project.directory, 'node_modules/capstan/bin/capstan.js');
  const script = `"${process.execPath}" "${program}" sandbox --output json --latency instant; exit $?`;
  return spawn('sh', ['-c', script], {
    cwd: project.directory,
    env: { ...environment, ...variables, TMPDIR: project.temporary },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

async function announcementOf(shell: ChildProcess): Promise<Announced> {
  if (shell.stdout === null) throw new Error('the shell has no output');
  for await (const line of createInterface({ input: shell.stdout })) return JSON.parse(line);
  throw new Error('the sandbox ended without an announcement');
}

async function answers(endpoint: string): Promise<boolean> {
  return fetch(endpoint).then(
    () => true,
    () => false,
  );
}
