import { patienceLeft, sift } from '../../../reconciler/control-plane/kubeadm-control-plane/patience';
import { machine } from './machines';

const NONE = new Map<string, number>();
const pod = (status: 'True' | 'False' | 'Unknown', reason: string) => ({ type: 'EtcdPodHealthy', status, reason });

test('what is bad in another way than before waits a second, and then it is said', () => {
  const joining = machine({ name: 'm', conditions: { EtcdPodHealthy: 'Unknown' } });
  const report = pod('False', 'DoesNotExist');

  const first = sift(joining, [report], NONE, 5000);
  const later = sift(joining, [report], first.held, 5999);
  const last = sift(joining, [report], later.held, 6000);

  expect([first.due, later.due, last.due]).toEqual([[], [], [report]]);
  expect([patienceLeft(first.held, 5000), patienceLeft(later.held, 5999)]).toEqual([1000, 1]);
  expect(patienceLeft(last.held, 6000)).toBeUndefined();
});

test('what becomes good, ceases to be good or was never said does not wait', () => {
  const good = pod('True', 'Running');
  const bad = pod('False', 'Deleting');

  expect(sift(machine({ name: 'm', conditions: { EtcdPodHealthy: 'False' } }), [good], NONE, 0).due).toEqual([good]);
  expect(sift(machine({ name: 'm', conditions: { EtcdPodHealthy: 'True' } }), [bad], NONE, 0).due).toEqual([bad]);
  expect(sift(machine({ name: 'm' }), [bad], NONE, 0).due).toEqual([bad]);
});

test('a better report in the meantime takes the place of the one that waits', () => {
  const joining = machine({ name: 'm', conditions: { EtcdPodHealthy: 'Unknown' } });
  const { held } = sift(joining, [pod('False', 'DoesNotExist')], NONE, 0);

  const better = sift(joining, [pod('True', 'Running')], held, 500);

  expect(better).toEqual({ due: [pod('True', 'Running')], held: NONE });
});
