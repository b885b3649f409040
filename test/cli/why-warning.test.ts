import type { Blocking } from '../../cli/view/blocking';
import { renderWhy } from '../../cli/view/render-why';
import { withWarning } from '../../cli/view/warning-event';
import { why } from '../../cli/view/why';
import { SeededRandom } from '../../machinery/random';
import { VirtualClock } from '../../machinery/virtual-clock';
import { silentLog } from '../../reconciler/runtime';
import { EventSink } from '../../reconciler/runtime/events';
import { createKubeServer } from '../../sandbox/kube';
import { condition, object, SINCE, snapshotOf } from './plain-objects';

const clock = new VirtualClock();
const kube = createKubeServer({ clock, random: new SeededRandom(1) });
afterAll(() => kube.close());
const now = Date.parse(SINCE);

async function blockingOf(reason: string, message: string): Promise<Blocking> {
  const cluster = object('Cluster', 'dev', undefined, condition('Available', 'False', reason, message));
  const blocking = why(await snapshotOf(cluster), cluster, { now });
  if (blocking === undefined) throw new Error('nothing blocks');
  return blocking;
}

beforeAll(async () => {
  const sink = new EventSink({ api: kube.api(), clock, log: silentLog, instance: 'test' });
  const recorder = sink.recorder('test');
  recorder.event(object('Cluster', 'dev', undefined), 'Warning', 'Older', 'an older fault');
  await clock.advance(2000);
  recorder.event(object('Cluster', 'dev', undefined), 'Warning', 'Unforeseen', 'the newest fault');
  await clock.advance(2000);
  recorder.event(object('Cluster', 'dev', undefined), 'Normal', 'Fine', 'no fault');
  recorder.event(object('Cluster', 'other', undefined), 'Warning', 'Foreign', 'somebody else');
  await clock.advance(2000);
  await sink.stop();
});

test.each([
  ['InternalError', 'something', 0],
  ['SomethingNew', '', 0],
  ['NotAvailable', 'it is not', 6 * 60_000],
])('%s "%s" is told with the latest warning about the object', async (reason, message, ageMs) => {
  const blocking = await withWarning(kube.api(), await blockingOf(reason, message), { now: now + ageMs });

  expect(blocking.warning).toMatchObject({ reason: 'Unforeseen', message: 'the newest fault' });
  expect(renderWhy('dev', blocking, now + ageMs)).toMatch(/event +Unforeseen \(.* ago\): the newest fault/);
});

test.each([
  ['NotAvailable', 'it is not'],
  ['InternalError', 'because of the newest fault'],
])('%s "%s" says enough by itself', async (reason, message) => {
  const blocking = await withWarning(kube.api(), await blockingOf(reason, message), { now });

  expect(blocking.warning).toBeUndefined();
});
