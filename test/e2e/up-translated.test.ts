import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Progress } from '../../cli/up/progress';
import { Up } from '../../cli/up/up';
import { SystemClock } from '../../machinery/clock';
import { connectKube } from '../../reconciler/kube';
import { silentLog } from '../../reconciler/runtime';
import { resources } from '../../sandbox/guest/workload/resources';
import { latencyProfiles } from '../../sandbox/latency';
import { Management } from './up-management';
import { Installation, Project } from './up-project';

jest.setTimeout(240_000);

let installation: Installation;
const projects: Project[] = [];
const running: Up[] = [];
beforeAll(() => {
  installation = new Installation();
});
afterEach(async () => {
  for (const up of running.splice(0)) await up.stop();
  for (const project of projects.splice(0)) await project.close();
});
afterAll(() => installation.remove());

/** Standard output of a command that nobody looks at. */
function lines(): { readonly stream: NodeJS.WriteStream; text(): string } {
  let text = '';
  const stream = Object.create(process.stderr, {
    isTTY: { value: false },
    write: {
      value: (part: string) => {
        text += part;
        return true;
      },
    },
  });
  return { stream, text: () => text };
}

/** `capstan up` on a system like macOS: nobody can listen at an address of 127.64.0.0/10. */
async function upWithoutRange(project: Project): Promise<{ readonly up: Up; readonly said: () => string }> {
  const { stream, text } = lines();
  const up = new Up({
    directory: project.directory,
    clusters: 'clusters',
    dataDir: join(project.folder, 'state'),
    latency: latencyProfiles.instant,
    canBind: async () => false,
    toolVersion: '0.0.0',
    log: silentLog,
    progress: new Progress(stream, () => 0),
    startedAt: performance.now(),
  });
  running.push(up);
  await up.start();
  return { up, said: text };
}

function newProject(): Project {
  const project = new Project(installation);
  projects.push(project);
  return project;
}

/** Nodes of a cluster, asked with what `capstan kubeconfig` prints and nothing else. */
async function nodesOf(project: Project, name: string): Promise<{ readonly server: string; readonly nodes: string[] }> {
  const { code, stdout, stderr } = await project.capstan('kubeconfig', name);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  project.write(`${name}.kubeconfig`, stdout);
  const file = join(project.directory, `${name}.kubeconfig`);
  const connection = await connectKube({ kind: 'kubeconfig', file }, { clock: new SystemClock() });
  try {
    const { items } = await connection.api.list(resources.nodes);
    return { server: connection.server, nodes: items.map(({ metadata }) => metadata.name) };
  } finally {
    connection.close();
  }
}

test('several clusters of several sandboxes come up at ports of 127.0.0.1, grow, and are reached with their kubeconfigs', async () => {
  const [one, other] = [newProject(), newProject()];
  one.define('second');
  one.commit('Define second');

  const ups = await Promise.all([upWithoutRange(one), upWithoutRange(other)]);
  const isReady = await Promise.all(ups.map(({ up }) => up.waitUntilReady(AbortSignal.timeout(120_000))));

  expect(isReady).toEqual([true, true]);
  expect(ups[0].said()).toContain(
    'This system has no 127.64.0.0/10: API servers of clusters listen at ports of 127.0.0.1',
  );
  const places = await Promise.all([nodesOf(one, 'dev'), nodesOf(one, 'second'), nodesOf(other, 'dev')]);
  expect(new Set(places.map(({ server }) => server)).size).toBe(3);
  for (const { server, nodes } of places) {
    expect(server).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(nodes).toHaveLength(2);
  }
  // The identity that certificates are checked against is the public address.
  const [view] = ups[1].up.views();
  const publicIp = new URL(view?.endpoint ?? '').hostname;
  expect(publicIp).toMatch(/^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./);
  expect(readFileSync(join(other.directory, 'dev.kubeconfig'), 'utf8')).toContain(`tls-server-name: ${publicIp}`);
  if (view !== undefined) expect(ups[1].up.endpointOf(view)).toMatch(/^https:\/\/127\.0\.0\.1:\d+ \(in place of 127\./);

  // Members of etcd are looked after through port-forwards while the control plane grows.
  other.define('dev', { controlPlane: { replicas: 3, offering: 'Medium Instance' } });
  expect(await other.capstan('publish', '--push')).toMatchObject({ code: 0 });
  const management = await Management.ofProject(other);
  try {
    await management.ready('dev', ({ controlPlane }) => controlPlane.ready === 3);
  } finally {
    management.close();
  }
  expect((await nodesOf(other, 'dev')).nodes).toHaveLength(4);
});

test('after a restart clusters listen at the ports of before', async () => {
  const project = newProject();
  const first = await upWithoutRange(project);
  expect(await first.up.waitUntilReady(AbortSignal.timeout(120_000))).toBe(true);
  const before = await nodesOf(project, 'dev');
  await first.up.stop();

  const second = await upWithoutRange(project);
  expect(await second.up.waitUntilReady(AbortSignal.timeout(120_000))).toBe(true);

  expect(await nodesOf(project, 'dev')).toEqual(before);
});
