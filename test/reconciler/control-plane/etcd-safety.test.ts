import * as fc from 'fast-check';
import type { EtcdMember } from '../../../api/ports';
import { isEtcdSafeAfter, quorumOf } from '../../../reconciler/control-plane/kubeadm-control-plane/etcd-safety';

const member = (index: number, isLearner = false): EtcdMember => ({
  id: String(index),
  name: `node-${index}`,
  isLearner,
  peerUrls: [],
  clientUrls: [],
});
const members = (count: number) => Array.from({ length: count }, (_, index) => member(index));
const healthyBut =
  (...bad: number[]) =>
  (candidate: EtcdMember) =>
    !bad.includes(Number(candidate.id));

test.each([
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [5, 3],
])('of %d voting members %d decide', (count, quorum) => {
  expect(quorumOf(count)).toBe(quorum);
});

test('a healthy member of three may go, but not when another one is unhealthy', () => {
  expect(isEtcdSafeAfter({ kind: 'remove', memberId: '0' }, members(3), healthyBut())).toBe(true);
  expect(isEtcdSafeAfter({ kind: 'remove', memberId: '0' }, members(3), healthyBut(1))).toBe(false);
});

test('the unhealthy member of three may go', () => {
  expect(isEtcdSafeAfter({ kind: 'remove', memberId: '1' }, members(3), healthyBut(1))).toBe(true);
});

test('the last member never goes', () => {
  expect(isEtcdSafeAfter({ kind: 'remove', memberId: '0' }, members(1), healthyBut())).toBe(false);
});

test('a second member may come although it makes a quorum of two', () => {
  expect(isEtcdSafeAfter({ kind: 'add' }, members(1), healthyBut())).toBe(true);
});

test('a learner stops everything', () => {
  const learning = [member(0), member(1), member(2, true)];

  expect(isEtcdSafeAfter({ kind: 'add' }, learning, healthyBut())).toBe(false);
  expect(isEtcdSafeAfter({ kind: 'remove', memberId: '0' }, learning, healthyBut())).toBe(false);
});

test('a learner itself may go, because it has no vote', () => {
  const learning = [member(0), member(1), member(2, true)];

  expect(isEtcdSafeAfter({ kind: 'remove', memberId: '2' }, learning, healthyBut(2))).toBe(true);
  expect(isEtcdSafeAfter({ kind: 'remove', memberId: '2' }, learning, healthyBut(1, 2))).toBe(false);
});

test('whatever the state: after a removal called safe a majority of those left is healthy', () => {
  void fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }), fc.nat(8), (health, pick) => {
      const all = members(health.length);
      const victim = pick % health.length;
      const isHealthy = (candidate: EtcdMember) => health[Number(candidate.id)] === true;
      const safe = isEtcdSafeAfter({ kind: 'remove', memberId: String(victim) }, all, isHealthy);
      const left = health.filter((_, index) => index !== victim);
      expect(safe).toBe(left.length > 0 && left.filter(Boolean).length > left.length / 2);
    }),
  );
});
