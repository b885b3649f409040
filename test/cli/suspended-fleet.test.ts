import type { Fleet } from '../../api/kinds';
import { fleetReasons } from '../../cli/up/goal';
import { fleetView } from '../../cli/view/fleet-view';
import { commandsFor } from '../../cli/view/printed-commands';
import { whyFleet } from '../../cli/view/why';
import { whyGit } from '../../cli/view/why-git';
import { condition, fleetOf, object, SINCE, snapshotOf } from './plain-objects';

const asking = { now: Date.parse(SINCE), commands: commandsFor('/tmp/kubeconfig', true) };
const running: Fleet = {
  ...fleetOf(
    {},
    condition('Ready', 'True', 'ReconciliationSucceeded', 'revision 123, 7 objects'),
    condition('Reconciling', 'False', 'Suspended', 'spec.suspend is true'),
  ),
  apiVersion: 'capstan.dev/v1alpha1',
};
const suspended = { ...running, spec: { ...running.spec, suspend: true } };
const cluster = object('Cluster', 'dev', undefined, condition('Available', 'True', 'Available'));

test('a suspended Fleet is what git waits for, with the command that resumes it', async () => {
  const expected = {
    object: 'Fleet default/fleet',
    reason: 'Suspended',
    message: 'spec.suspend is true: git is not followed',
    since: SINCE,
    nextStep: `resume it: kubectl patch fleet.capstan.dev fleet --namespace default --type merge -p '{"spec":{"suspend":null}}' --kubeconfig /tmp/kubeconfig`,
  };

  expect(whyFleet(suspended, asking)).toMatchObject(expected);
  expect(whyGit(await snapshotOf(cluster, suspended), cluster, asking)).toMatchObject([expected]);
});

test('status and up show a suspended Fleet as such, whatever it did before', () => {
  expect(fleetView(suspended)).toMatchObject({ ready: false, reason: 'Suspended' });
  expect(fleetReasons(suspended)).toEqual(['Fleet fleet: Suspended: spec.suspend is true: git is not followed']);
});

test('a Fleet that goes on is not held up by what it said while it was suspended', () => {
  expect(whyFleet(running, asking)).toBeUndefined();
  expect(fleetView(running)).toMatchObject({ ready: true });
});
