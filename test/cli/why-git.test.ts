import { commandsFor } from '../../cli/view/printed-commands';
import { renderWhy } from '../../cli/view/render-why';
import { why, whyFleet } from '../../cli/view/why';
import { whyGit } from '../../cli/view/why-git';
import { condition, fleetOf, object, SINCE, snapshotOf } from './plain-objects';

const now = Date.parse(SINCE);
const asking = { now, commands: commandsFor('/tmp/kubeconfig', true) };
const cluster = object('Cluster', 'dev', undefined, condition('Available', 'False', 'NotAvailable', 'no machines'));

function pending(name: string) {
  const command = `kubectl annotate cluster.cluster.x-k8s.io ${name} --namespace default capstan.dev/confirm-delete=u`;
  return { apiVersion: 'v1', kind: 'Cluster', namespace: 'default', name, command };
}
const DELETION = condition('DeletionPending', 'True', 'ConfirmationRequired', 'several clusters left git');
const READY = condition('Ready', 'True', 'ReconciliationSucceeded');

test('a faulty cluster that left git is told about both, with the command that deletes it', async () => {
  const fleet = fleetOf({ pendingDeletions: [pending('other'), pending('dev')] }, DELETION, READY);
  const snapshot = await snapshotOf(cluster, fleet);

  const text = renderWhy('dev', why(snapshot, cluster, asking), now, { git: whyGit(snapshot, cluster, asking) });

  expect(text).toContain('dev waits for Cluster default/dev');
  expect(text).toContain('Available: NotAvailable');
  expect(text).toContain('Cluster default/dev left git and waits for confirmation');
  expect(text).toContain(`${pending('dev').command} --kubeconfig /tmp/kubeconfig`);
  expect(text).not.toContain('cluster.x-k8s.io other');
});

test('a refused revision is mentioned, because corrections in it do not reach the cluster', async () => {
  const refused = condition(
    'Ready',
    'False',
    'RevisionRefused',
    'manifests/dev/a.yaml: no\nrevision 123 stays applied',
  );
  const snapshot = await snapshotOf(cluster, fleetOf({}, refused));

  const text = renderWhy('dev', why(snapshot, cluster, asking), now, { git: whyGit(snapshot, cluster, asking) });

  expect(text).toContain('Available: NotAvailable');
  expect(text).toMatch(/git +Fleet default\/fleet: RevisionRefused: manifests\/dev\/a\.yaml: no\n +revision 123/);
  expect(text).toContain('correct the files of the message in git and push');
});

test('another cluster that left git is no matter of this one', async () => {
  const snapshot = await snapshotOf(cluster, fleetOf({ pendingDeletions: [pending('other')] }, DELETION, READY));

  expect(whyGit(snapshot, cluster, asking)).toEqual([]);
});

const refusedFor = (...problems: string[]) =>
  fleetOf({}, condition('Ready', 'False', 'RevisionRefused', ['revision 123 is refused:', ...problems].join('\n')));
const notFound = (file: string, namespace: string) =>
  `- manifests/${file}.yaml: Cluster ${namespace}/${file}: namespaces "${namespace}" not found`;

test('a namespace that the API server lacks is created, upon which the revision is applied without another push', () => {
  const fleet = refusedFor(notFound('a', 'prod'), notFound('b', 'prod'), notFound('c', 'edge'));

  expect(whyFleet(fleet, asking)?.nextStep).toBe(
    'create what is missing, or name another namespace in git and push: kubectl create namespace prod --kubeconfig /tmp/kubeconfig; kubectl create namespace edge --kubeconfig /tmp/kubeconfig; the revision is tried again by itself',
  );
});

test('what a revision lacks besides a namespace is corrected in git', () => {
  const fleet = refusedFor(notFound('a', 'prod'), '- manifests/b.yaml: Cluster prod/b: spec.paused: must be a boolean');

  expect(whyFleet(fleet, asking)?.nextStep).toMatch(
    /^correct the files of the message in git and push; .* stays applied; besides, create what is missing: kubectl create namespace prod --kubeconfig \/tmp\/kubeconfig$/,
  );
});
