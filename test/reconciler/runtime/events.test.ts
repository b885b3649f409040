import type { Resource } from '../../../machinery/kube-object';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { silentLog } from '../../../reconciler/runtime';
import { EventSink } from '../../../reconciler/runtime/events';
import { lostAnswer, MemoryApi } from './memory-api';
import { widget } from './world';

const events: Resource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
const about = widget('a', { metadata: { name: 'a', namespace: 'default', uid: 'u-1' } });

function open(api = new MemoryApi()) {
  const clock = new VirtualClock();
  const sink = new EventSink({ api, clock, log: silentLog, instance: 'test' });
  return { api, clock, sink, recorder: sink.recorder('widget-controller') };
}

async function written(api: MemoryApi) {
  return (await api.list(events)).items;
}

test('repetitions become one Event with a count', async () => {
  const { api, clock, recorder } = open();
  recorder.event(about, 'Warning', 'Broken', 'it is broken');
  await clock.settle();
  await clock.advance(60_000);
  recorder.event(about, 'Warning', 'Broken', 'it is broken');
  recorder.event(about, 'Warning', 'Broken', 'it is broken');
  await clock.settle();

  const [event, ...more] = await written(api);

  expect(more).toEqual([]);
  expect(event).toMatchObject({
    count: 3,
    reason: 'Broken',
    type: 'Warning',
    source: { component: 'widget-controller' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:01:00Z',
    involvedObject: { kind: 'Widget', name: 'a', uid: 'u-1' },
  });
});

test('an event told while the last write ends does not wait for the next one', async () => {
  const missing: number[] = [];
  for (let turns = 0; turns < 20; turns++) {
    const { api, clock, recorder } = open();
    recorder.event(about, 'Normal', 'First', 'made it');
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    recorder.event(about, 'Normal', 'Second', 'found it');
    await clock.settle();
    if ((await written(api)).length < 2) missing.push(turns);
  }

  expect(missing).toEqual([]);
});

test('after a restart the same event goes on being counted', async () => {
  const first = open();
  first.recorder.event(about, 'Normal', 'Created', 'made it');
  await first.clock.settle();

  const second = open(first.api);
  second.recorder.event(about, 'Normal', 'Created', 'made it');
  await second.clock.settle();

  expect(await written(first.api)).toMatchObject([{ count: 2 }]);
});

test('a flood about one object is cut off, and others are still heard', async () => {
  const { api, clock, recorder } = open();
  for (let index = 0; index < 500; index++) recorder.event(about, 'Normal', 'Noise', `number ${index}`);
  recorder.event(widget('b', { metadata: { name: 'b', uid: 'u-2' } }), 'Normal', 'News', 'hello');
  await clock.settle();

  const all = await written(api);

  expect(all.filter((event) => event.reason === 'Noise')).toHaveLength(25);
  expect(all.filter((event) => event.reason === 'News')).toHaveLength(1);
});

test('an Event that cannot be written is no failure', async () => {
  const { api, clock, sink, recorder } = open();
  api.before = () => {
    throw lostAnswer();
  };

  recorder.event(about, 'Normal', 'Created', 'made it');
  await clock.settle();
  await sink.stop();

  api.before = () => undefined;
  expect(await written(api)).toEqual([]);
});
