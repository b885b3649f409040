import { renderStatus } from '../../cli/commands/status';
import { clusterViews } from '../../cli/view/cluster-view';
import { visibleWidth } from '../../cli/view/fit-line';
import { fleetView } from '../../cli/view/fleet-view';
import { noSuchCluster, tryNamedCluster } from '../../cli/view/named-cluster';
import { AS_THEY_ARE, commandsFor } from '../../cli/view/printed-commands';
import { condition, fleetOf, object, snapshotOf } from './plain-objects';

const cluster = object('Cluster', 'dev', undefined, condition('Available', 'False', 'NotAvailable', '* Workers: …'));
const pool = object('MachineDeployment', 'dev-a', 'Cluster/dev', condition('RollingOut', 'True', 'RollingOut'));
const machineSet = object('MachineSet', 'dev-a-1', 'MachineDeployment/dev-a');
const machine = object('Machine', 'dev-a-1-x', 'MachineSet/dev-a-1', condition('Ready', 'False', 'NotReady', 'no VM'));
const message = 'No match found for kube-v1.34.9: no Template has exactly this name, nor one that differs in case only';
const vm = object(
  'CloudStackMachine',
  'dev-a-1-x',
  'Machine/dev-a-1-x',
  condition('Ready', 'False', 'NotFoundInCloudStack', message),
);

const command = 'kubectl annotate cluster.cluster.x-k8s.io two --namespace default capstan.dev/confirm-delete=u';
const fleet = fleetOf(
  { pendingDeletions: [{ apiVersion: 'v1', kind: 'Cluster', namespace: 'default', name: 'two', command }] },
  condition('Ready', 'False', 'FetchFailed', 'cannot read https://bob:hunter2secret@git.example.org/fleet.git'),
);

const inNamespace = (namespace: string) => ({ ...cluster, metadata: { ...cluster.metadata, namespace } });

test('a password in the URL of a repository is shown nowhere', () => {
  const view = fleetView(fleet);

  const text = renderStatus([view], [], AS_THEY_ARE);

  expect(view.url).toBe('https://git.example.org/fleet.git');
  expect(`${text}${JSON.stringify(view)}`).not.toMatch(/hunter2secret|bob/);
});

test('the line of a cluster whose rollout hangs names the object that blocks, its reason and message', async () => {
  const views = clusterViews(await snapshotOf(cluster, pool, machineSet, machine, vm));

  const [line] = renderStatus([], views, AS_THEY_ARE).split('\n');

  expect(line).toBe(`○ Cluster dev  CloudStackMachine dev-a-1-x: NotFoundInCloudStack: ${message}`);
  expect(views[0]).toMatchObject({ reason: `CloudStackMachine dev-a-1-x: NotFoundInCloudStack: ${message}` });
});

test('nothing is cut where there is no terminal; on one, lines fit and the reason of a cluster is still whole', async () => {
  const views = clusterViews(await snapshotOf(cluster, pool, machineSet, machine, vm));

  const piped = renderStatus([], views, AS_THEY_ARE);
  const narrow = renderStatus([], views, AS_THEY_ARE, { width: 80 });

  expect(piped).not.toContain('…');
  const lines = narrow.split('\n');
  expect(Math.max(...lines.map(visibleWidth))).toBeLessThanOrEqual(80);
  expect(narrow.replace(/\n│ +/g, ' ')).toContain(message);
});

test('clusters carry their namespace where it is not default, or the name is there twice', async () => {
  const titles = async (...namespaces: string[]) =>
    clusterViews(await snapshotOf(...namespaces.map(inNamespace))).map(({ title }) => title);

  expect(await titles('default')).toEqual(['dev']);
  expect(await titles('team-a')).toEqual(['team-a/dev']);
  expect(await titles('default', 'team-a')).toEqual(['default/dev', 'team-a/dev']);
  const [view] = clusterViews(await snapshotOf(inNamespace('team-a')));
  const text = renderStatus([], view === undefined ? [] : [view], AS_THEY_ARE);
  expect(text).toContain('○ Cluster team-a/dev');
  expect(text).toContain('Next: npx capstan why dev --namespace team-a\n');
  const both = clusterViews(await snapshotOf(inNamespace('default'), inNamespace('team-a')));
  expect(renderStatus([], both, AS_THEY_ARE)).toContain('Next: npx capstan why dev --namespace default\n');
});

test('what to ask next is the cluster that is not ready, or the Fleet where there is none', async () => {
  const views = clusterViews(await snapshotOf(cluster));

  expect(renderStatus([fleetView(fleet)], [], AS_THEY_ARE)).toMatch(/\n\nNext: npx capstan why fleet\n$/);
  expect(renderStatus([fleetView(fleet)], views, AS_THEY_ARE)).toMatch(/\n\nNext: npx capstan why dev\n$/);
});

test('printed commands lead to the management cluster, unless the environment does already', async () => {
  const views = clusterViews(await snapshotOf(cluster));
  const text = (commands: typeof AS_THEY_ARE) => renderStatus([fleetView(fleet, commands)], views, commands);

  expect(text(AS_THEY_ARE)).toContain(`Cluster two left git. To delete it: ${command}`);
  expect(text(AS_THEY_ARE)).not.toContain('--kubeconfig');
  const found = text(commandsFor('/tmp/a b/kubeconfig', true));
  expect(found).toContain(`${command} --kubeconfig '/tmp/a b/kubeconfig'`);
  expect(found).toContain('npx capstan why dev\n');
  expect(text(commandsFor('/tmp/kubeconfig', false))).toContain('npx capstan why dev --kubeconfig /tmp/kubeconfig\n');
});

test('a pool that is being deleted is not ready', async () => {
  const going = {
    ...object(
      'MachineDeployment',
      'dev-a',
      'Cluster/dev',
      condition('Deleting', 'True', 'Deleting', 'one machine left'),
    ),
    spec: { replicas: 0, template: { spec: {} } },
    status: { observedGeneration: 1, replicas: 0 },
  };
  const leaving = { ...going, metadata: { ...going.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const ready = async (deployment: typeof going) =>
    clusterViews(await snapshotOf(cluster, deployment)).flatMap(({ tree }) =>
      tree.children.map((child) => child.ready),
    );

  expect(await ready(going)).toEqual([true]);
  expect(await ready(leaving)).toEqual([false]);
});

test('a line of the tree shows the cause under a heading, not the heading alone', async () => {
  const heading = 'Scaling up from 1 to 3 replicas is blocked because:';
  const scaling = object(
    'MachineDeployment',
    'dev-a',
    'Cluster/dev',
    condition('ScalingUp', 'True', 'ScalingUp', `${heading}\n* the control plane is upgrading\n* and more`),
  );

  const [view] = clusterViews(await snapshotOf(cluster, scaling));

  expect(view?.reasons).toContain(`pool a: ScalingUp: ${heading} the control plane is upgrading`);
});

test('a namespace without clusters is named', () => {
  expect(renderStatus([], [], AS_THEY_ARE, { namespace: 'nosuch' })).toBe('No clusters in namespace nosuch.\n');
  expect(renderStatus([], [], AS_THEY_ARE)).toContain('They come from git');
});

test('a cluster that is not there is told in one form by all commands, with those that are', async () => {
  const { clusters } = await snapshotOf(cluster, inNamespace('team-a'));

  expect(noSuchCluster(clusters, 'x', undefined).message).toBe(
    'there is no cluster x; there are dev --namespace default, dev --namespace team-a',
  );
  expect(noSuchCluster([], 'x', 'nosuch').message).toBe(
    'there is no cluster x in namespace nosuch; there are none yet',
  );
  expect(() => tryNamedCluster(clusters, 'dev', undefined)).toThrow('choose one with --namespace');
  expect(tryNamedCluster(clusters, 'dev', 'team-a')?.metadata.namespace).toBe('team-a');
});
