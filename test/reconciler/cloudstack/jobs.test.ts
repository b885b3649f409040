import { CloudStackRefused, CloudStackUnreachable, type JobOutcome } from '../../../api/ports';
import { VirtualClock } from '../../../machinery/virtual-clock';
import { Connection } from '../../../reconciler/cloudstack/connection';
import { JobPoller } from '../../../reconciler/cloudstack/jobs';
import { ScriptedTransport } from './scripted-transport';

function world(durationMs: number) {
  const clock = new VirtualClock();
  const ends = new Map<string, number>();
  const isDone = (id: string) => clock.now() >= (ends.get(id) ?? Number.POSITIVE_INFINITY);
  const transport = new ScriptedTransport()
    .on('queryAsyncJobResult', ({ parameters }) => {
      const id = parameters['jobid'] ?? '';
      return { jobid: id, jobstatus: isDone(id) ? 1 : 0, jobresult: { success: true } };
    })
    .on('listAsyncJobs', () => ({
      count: ends.size,
      asyncjobs: [...ends.keys()].filter((id) => !isDone(id)).map((jobid) => ({ jobid })),
    }));
  const jobs = new JobPoller(new Connection(transport, clock, 'test', undefined));
  const start = (id: string, wake: () => void) => {
    ends.set(id, clock.now() + durationMs);
    jobs.follow({ id, command: 'deployVirtualMachine' }, wake);
  };
  return { clock, transport, jobs, start };
}

test('a job that ends wakes everybody who follows it, once', async () => {
  const { clock, jobs, start } = world(800);
  const woken: string[] = [];

  start('j1', () => woken.push('a'));
  jobs.follow({ id: 'j1', command: 'deployVirtualMachine' }, () => woken.push('b'));
  await clock.advance(60_000);

  expect(woken).toEqual(['a', 'b']);
  expect(jobs.outcome('j1')).toEqual({ state: 'succeeded' });
});

test('who asks for a job that has ended is woken too', async () => {
  const { clock, jobs, start } = world(100);
  start('j1', () => undefined);
  await clock.advance(5000);
  let woken = 0;

  jobs.follow({ id: 'j1', command: 'deployVirtualMachine' }, () => woken++);
  await clock.advance(1);

  expect(woken).toBe(1);
});

test.each([300, 800, 5000, 25_000])(
  'once the usual time of %d ms is known, a job costs at most three calls',
  async (ms) => {
    const { clock, transport, start } = world(ms);
    start('first', () => undefined);
    await clock.advance(ms * 3 + 1000);
    transport.calls.length = 0;
    let endedAfter = 0;
    const began = clock.now();

    start('second', () => {
      endedAfter = clock.now() - began;
    });
    await clock.advance(ms * 3 + 1000);

    expect(transport.calls.length).toBeLessThanOrEqual(ms > 20_000 ? 5 : 3);
    expect(endedAfter - ms).toBeLessThanOrEqual(Math.max(200, ms * 0.65));
  },
);

test('many jobs are told apart by one list', async () => {
  const { clock, transport, start } = world(5000);
  let ended = 0;

  for (let index = 0; index < 20; index++) start(`j${index}`, () => ended++);
  await clock.advance(30_000);

  expect(ended).toBe(20);
  expect(transport.count('queryAsyncJobResult')).toBe(20);
});

test('nothing is asked when no job is followed', async () => {
  const { clock, transport } = world(100);

  await clock.advance(3_600_000);

  expect(transport.calls).toEqual([]);
});

test.each<[string, () => object | Error, JobOutcome]>([
  [
    'failed with its code and text',
    () => ({ jobstatus: 2, jobresultcode: 530, jobresult: { errorcode: 533, errortext: 'No destination found' } }),
    { state: 'failed', errorCode: 533, errorText: 'No destination found' },
  ],
  ['lost in a server restart', () => ({ jobstatus: 2, jobresultcode: 530 }), { state: 'lost' }],
  [
    'purged',
    () =>
      new CloudStackRefused(
        'queryAsyncJobResult',
        431,
        431,
        9999,
        'Invalid parameter id value=x, or entity does not exist',
      ),
    { state: 'lost' },
  ],
])('a job that is %s', async (_what, answer, outcome) => {
  const clock = new VirtualClock();
  const transport = new ScriptedTransport().on('queryAsyncJobResult', () => answer() as never);
  const jobs = new JobPoller(new Connection(transport, clock, 'test', undefined));
  let woken = 0;

  jobs.follow({ id: 'j', command: 'x' }, () => woken++);
  await clock.advance(10_000);

  expect(woken).toBe(1);
  expect(jobs.outcome('j')).toEqual(outcome);
});

test('silence of the server is not an outcome', async () => {
  const clock = new VirtualClock();
  let isDown = true;
  const transport = new ScriptedTransport().on('queryAsyncJobResult', () =>
    isDown ? new CloudStackUnreachable('queryAsyncJobResult', 'test', 'down') : { jobstatus: 1 },
  );
  const jobs = new JobPoller(new Connection(transport, clock, 'test', undefined));
  let woken = 0;

  jobs.follow({ id: 'j', command: 'x' }, () => woken++);
  await clock.advance(60_000);
  expect(woken).toBe(0);
  isDown = false;
  await clock.advance(10_000);

  expect(woken).toBe(1);
});
