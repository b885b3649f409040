import { answer } from '../../cli/commands/why';
import { noSuchCluster } from '../../cli/view/named-cluster';
import { condition, fleetOf, object, SINCE, snapshotOf } from './plain-objects';

const asking = { now: Date.parse(SINCE) };
const cluster = object('Cluster', 'dev', undefined, condition('Available', 'True', 'Available'));
const machine = object('Machine', 'dev-a', undefined, condition('Ready', 'True', 'Ready'));
const READY = condition('Ready', 'True', 'ReconciliationSucceeded');

test.each(['dev/', '/dev-a', 'dev/dev-a/more', '', 'fleet/dev-a'])(
  'the name %j, which names nothing, is wrong input',
  async (name) => {
    const snapshot = await snapshotOf(cluster, machine, fleetOf({}, READY));

    expect(() => answer(snapshot, name, undefined, asking)).toThrow(expect.objectContaining({ exitCode: 2 }));
  },
);

test('a name that is misspelt does not wait for the deletion of another cluster', async () => {
  const pending = condition('DeletionPending', 'True', 'ConfirmationRequired', 'Cluster default/old left git');
  const snapshot = await snapshotOf(cluster, fleetOf({}, READY, pending));

  expect(() => answer(snapshot, 'dve', undefined, asking)).toThrow('there is no cluster dve; there are dev');
});

test('a cluster that is not there yet waits for the revision that is refused', async () => {
  const refused = condition('Ready', 'False', 'RevisionRefused', 'a.yaml: no');
  const snapshot = await snapshotOf(cluster, fleetOf({}, refused));

  expect(answer(snapshot, 'new', undefined, asking)).toMatchObject([{ reason: 'RevisionRefused' }]);
});

test('the clusters that there are, are named as commands take them', async () => {
  const elsewhere = { ...cluster, metadata: { ...cluster.metadata, name: 'prod', namespace: 'team' } };
  const namesake = { ...cluster, metadata: { ...cluster.metadata, namespace: 'team' } };
  const { clusters } = await snapshotOf(cluster, elsewhere, namesake);

  expect(noSuchCluster(clusters, 'team', undefined).message).toBe(
    'there is no cluster team; there are dev --namespace default, prod --namespace team, dev --namespace team',
  );
});
