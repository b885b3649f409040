import fc from 'fast-check';
import { SeededRandom } from '../../../machinery/random';
import {
  addLearner,
  type EtcdState,
  elect,
  hasQuorum,
  moveLeader,
  newEtcd,
  promote,
  removeMember,
  voters,
} from '../../../sandbox/guest/etcd/members';

const random = new SeededRandom(1);
const up = () => true;
const node = (n: number) => ({ name: `node-${n}`, machineId: `vm-${n}`, address: `10.0.0.${n}` });

function ofSize(size: number): EtcdState {
  let state = newEtcd(random, node(1));
  for (let n = 2; n <= size; n++) {
    state = addLearner(state, random, node(n), up);
    state = promote(state, state.members.at(-1)?.id ?? '');
  }
  return state;
}

const idAt = (state: EtcdState, index: number) => state.members[index]?.id ?? '';

test('a learner has no vote', () => {
  const state = addLearner(ofSize(1), random, node(2), up);

  expect(voters(state)).toHaveLength(1);
  expect(hasQuorum(state, (member) => member.name === 'node-1')).toBe(true);
  expect(() => addLearner(state, random, node(3), up)).toThrow('too many learner');
});

test('a member that is down may be removed while the others are a quorum', () => {
  const state = ofSize(3);
  const isRunning = (member: { name: string }) => member.name !== 'node-3';

  expect(removeMember(state, idAt(state, 2), isRunning).members.map((member) => member.name)).toEqual([
    'node-1',
    'node-2',
  ]);
  expect(() => removeMember(state, idAt(state, 0), isRunning)).toThrow('unhealthy cluster');
});

test('the last member and unknown members are not removed', () => {
  const state = ofSize(1);

  expect(() => removeMember(state, idAt(state, 0), up)).toThrow('not enough started members');
  expect(() => removeMember(state, 'ffff', up)).toThrow('member not found');
});

test('removing the leader elects another; a leader may hand over to a voter', () => {
  const state = ofSize(3);
  const moved = moveLeader(state, state.leaderId, idAt(state, 1));

  expect(moved.leaderId).toBe(idAt(state, 1));
  expect(moved.term).toBe(state.term + 1);
  expect(removeMember(moved, moved.leaderId, up).leaderId).not.toBe(moved.leaderId);
  expect(() => moveLeader(state, idAt(state, 1), idAt(state, 2))).toThrow('not leader');
});

test('there is a leader exactly while there is a quorum, and it runs', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
      (size, running) => {
        const state = ofSize(size);
        const isRunning = (member: { machineId: string }) => running[Number(member.machineId.slice(3)) - 1] === true;

        const after = elect(state, isRunning);
        const leader = after.members.find((member) => member.id === after.leaderId);

        expect(leader !== undefined).toBe(hasQuorum(state, isRunning));
        if (leader !== undefined) expect(isRunning(leader)).toBe(true);
        expect(elect(after, isRunning)).toBe(after);
      },
    ),
  );
});
