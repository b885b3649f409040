import type { Clock } from '../../../machinery/clock';
import type { Resource } from '../../../machinery/kube-object';
import { SeededRandom } from '../../../machinery/random';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { electLeader, fencedApi, silentLog } from '../../../reconciler/runtime';
import { lostAnswer, MemoryApi } from './memory-api';
import { World, watcher, widget, widgets } from './world';

const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};
const ours = { namespace: 'capstan-system', name: 'capstan' };
const capc = { namespace: 'capc-system', name: 'capc-leader-election-controller' };

/** The same time, read from a clock that somebody sets. */
function setForward(clock: VirtualClock, byMs: () => number): Clock {
  return {
    now: () => clock.now() + byMs(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
    sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    hold: (work) => clock.hold(work),
  };
}

function contend(api: MemoryApi, clock: Clock, identity: string, keys = [ours]) {
  return electLeader({ api, clock, random: new SeededRandom(identity.length), log: silentLog, identity, leases: keys });
}

function open() {
  return { api: new MemoryApi(), clock: new VirtualClock() };
}

const spec = (api: MemoryApi, key = ours) => api.peek(leases, key)?.spec;

test('one of two contenders leads, and the other takes over when it stops', async () => {
  const { api, clock } = open();
  const first = contend(api, clock, 'first');
  await clock.settle();
  const second = contend(api, clock, 'second');
  await clock.advance(60_000);
  expect([first.isLeader(), second.isLeader()]).toEqual([true, false]);

  await first.stop();
  await clock.advance(3000);

  expect([first.isLeader(), second.isLeader()]).toEqual([false, true]);
  expect(spec(api)).toMatchObject({ holderIdentity: 'second', leaseTransitions: 1, leaseDurationSeconds: 15 });
  await second.stop();
});

/** Leases whose holder is dead: it neither renews them nor gives them up. */
function leaveBehind(api: MemoryApi, keys = [ours]): void {
  for (const metadata of keys)
    api.put(leases, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata,
      spec: {
        holderIdentity: 'dead',
        leaseDurationSeconds: 15,
        leaseTransitions: 4,
        renewTime: '2026-01-01T00:00:00.000000Z',
      },
    });
}

test.each([
  ['its lease has', [ours]],
  ['both of its leases have', [ours, capc]],
])('a leader that dies is followed after %s ended, not before', async (_what, keys) => {
  const { api, clock } = open();
  leaveBehind(api, keys);
  const second = contend(api, clock, 'second', keys);

  await clock.advance(14_900);
  const before = second.isLeader();
  await clock.advance(3000);

  expect([before, second.isLeader()]).toEqual([false, true]);
  for (const key of keys) expect(spec(api, key)).toMatchObject({ holderIdentity: 'second', leaseTransitions: 5 });
  await second.stop();
});

test('a leader that is known to be gone is followed at once', async () => {
  const { api, clock } = open();
  leaveBehind(api);
  const isGone = (identity: string) => identity === 'dead';
  const second = electLeader({
    api,
    clock,
    random: new SeededRandom(1),
    log: silentLog,
    identity: 'second',
    leases: [ours],
    isGone,
  });

  await clock.advance(3000);

  expect(second.isLeader()).toBe(true);
  await second.stop();
});

test('who keeps the lead through outages loses it only to another process', async () => {
  const { api, clock } = open();
  const options = { api, clock, random: new SeededRandom(1), log: silentLog, leases: [ours] };
  const first = electLeader({ ...options, identity: 'first', renewDeadlineMs: Number.POSITIVE_INFINITY });
  await clock.advance(5000);
  api.before = () => {
    throw lostAnswer();
  };
  await clock.advance(60_000);
  const through = [first.isLeader(), first.lost.aborted];
  api.before = () => undefined;
  await clock.advance(5000);
  const after = [first.isLeader(), first.lost.aborted];
  const lease = api.peek(leases, ours);
  api.put(leases, {
    ...lease,
    metadata: ours,
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    spec: { holderIdentity: 'second', leaseDurationSeconds: 15 },
  });
  await clock.advance(5000);

  expect([through, after, [first.isLeader(), first.lost.aborted]]).toEqual([
    [true, false],
    [true, false],
    [false, true],
  ]);
  await first.stop();
});

test('at no time do two lead, even when the leader is cut off from the API server', async () => {
  const { api, clock } = open();
  const first = contend(api, clock, 'first');
  await clock.settle();
  const second = contend(api, clock, 'second');
  await clock.advance(5000);
  let bothLed = false;
  let cutOff = true;
  api.before = (call) => {
    const body = call.body as { spec?: { holderIdentity?: string } } | undefined;
    if (cutOff && body?.spec?.holderIdentity === 'first') throw lostAnswer();
  };

  for (let second100 = 0; second100 < 600; second100++) {
    await clock.advance(100);
    bothLed ||= first.isLeader() && second.isLeader();
  }
  cutOff = false;

  expect(bothLed).toBe(false);
  expect([first.isLeader(), second.isLeader(), first.lost.aborted]).toEqual([false, true, true]);
  await first.stop();
  await second.stop();
});

test('a contender whose clock is set forward does not take the lease of a leader that missed one renewal', async () => {
  const { api, clock } = open();
  let aheadMs = 0;
  const first = contend(api, clock, 'first');
  await clock.settle();
  const second = contend(
    api,
    setForward(clock, () => aheadMs),
    'second',
  );
  let bothLed = false;
  let tenth = 0;
  api.before = (call) => {
    const body = call.body as { spec?: { holderIdentity?: string } } | undefined;
    const isMissed = tenth > 90 && tenth < 130;
    if (isMissed && body?.spec?.holderIdentity === 'first') throw lostAnswer();
  };
  for (; tenth < 300; tenth++) {
    await clock.advance(100);
    if (tenth === 110) aheadMs = 3600_000;
    bothLed ||= first.isLeader() && second.isLeader();
  }

  expect(bothLed).toBe(false);
  expect([first.isLeader(), second.isLeader()]).toEqual([true, false]);
  await first.stop();
  await second.stop();
});

test.each(['forward', 'back'])('a leader that dies is followed although the clock is set %s meanwhile', async (way) => {
  const { api, clock } = open();
  leaveBehind(api);
  let aheadMs = 0;
  const second = contend(
    api,
    setForward(clock, () => aheadMs),
    'second',
  );
  await clock.advance(5000);
  aheadMs = way === 'forward' ? 3600_000 : -3600_000;
  await clock.advance(20_000);

  expect(second.isLeader()).toBe(true);
  await second.stop();
});

test('short trouble does not cost the lead', async () => {
  const { api, clock } = open();
  const leader = contend(api, clock, 'first');
  await clock.advance(5000);
  api.before = () => {
    throw lostAnswer();
  };
  await clock.advance(5500);
  api.before = () => undefined;
  await clock.advance(60_000);

  expect([leader.isLeader(), leader.lost.aborted]).toEqual([true, false]);
  await leader.stop();
});

test('all leases are needed: while the old provider holds its own, we wait', async () => {
  const { api, clock } = open();
  const old = contend(api, clock, 'capc', [capc]);
  await clock.settle();
  const capstan = contend(api, clock, 'capstan', [ours, capc]);
  let hasWon = false;
  capstan.acquired.then(
    () => {
      hasWon = true;
    },
    () => undefined,
  );
  await clock.advance(120_000);
  expect(hasWon).toBe(false);

  await old.stop();
  await clock.advance(5000);

  expect([hasWon, capstan.isLeader()]).toEqual([true, true]);
  await capstan.stop();
});

test('someone who takes the lease by force ends our lead at the next look', async () => {
  const { api, clock } = open();
  const leader = contend(api, clock, 'first');
  await clock.advance(5000);
  const lease = api.peek(leases, ours);
  if (lease === undefined) throw new Error('no lease');
  api.put(leases, { ...lease, spec: { holderIdentity: 'thief', leaseDurationSeconds: 15 } });

  await clock.advance(5000);

  expect([leader.isLeader(), leader.lost.aborted]).toEqual([false, true]);
  await leader.stop();
  expect(spec(api)).toMatchObject({ holderIdentity: 'thief' });
});

test('behind the fence nothing is written without the lead, and everything can be read', async () => {
  const { api } = open();
  let leads = true;
  const fenced = fencedApi(api, () => leads);
  await fenced.create(widgets, widget('a'));

  leads = false;

  await expect(fenced.create(widgets, widget('b'))).rejects.toMatchObject({ code: 'NOT_LEADER' });
  await expect(fenced.delete(widgets, { namespace: 'default', name: 'a' })).rejects.toMatchObject({
    code: 'NOT_LEADER',
  });
  expect((await fenced.list(widgets)).items).toHaveLength(1);
});

test('what the fence held back is done when the lead turns out to be ours still', async () => {
  let leads = false;
  const world = new World();
  await world.start(
    ({ objects }) => [
      watcher(async (key) => {
        if (key === 'default/a') await objects.apply(widgets, widget('b'), 'test');
      }),
    ],
    { api: fencedApi(world.api, () => leads) },
  );
  await world.api.create(widgets, widget('a'));
  await world.clock.advance(2000);
  expect(world.names()).toEqual(['a']);

  leads = true;
  await world.clock.advance(30_000);

  expect(world.names()).toEqual(['a', 'b']);
  await world.manager.stop();
});
