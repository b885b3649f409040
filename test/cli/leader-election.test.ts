import { electsLeader } from '../../cli/commands/run';
import { LOOPS } from '../../reconciler/main';

test('processes that do all the work elect a leader, in whichever order their loops are named', () => {
  expect(electsLeader({}, LOOPS)).toBe(true);
  expect(electsLeader({}, [...LOOPS].reverse())).toBe(true);
  expect(electsLeader({}, [...LOOPS, 'gitops'])).toBe(true);
});

test('processes that divide the work elect none, unless they are asked to', () => {
  for (const [flags, loops] of [
    [{}, ['gitops', 'infrastructure']],
    [{ namespace: 'team' }, LOOPS],
    [{ watchFilter: 'blue' }, LOOPS],
  ] as const) {
    expect(electsLeader(flags, loops)).toBe(false);
    expect(electsLeader({ ...flags, leaderElect: true }, loops)).toBe(true);
  }
  expect(electsLeader({ leaderElect: false }, LOOPS)).toBe(false);
});
