import { SystemClock } from '../../machinery/clock';

const MONTH_MS = 30 * 24 * 3600_000;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('a timer that is due in months waits that long, although the platform cannot', () => {
  let calls = 0;
  new SystemClock().after(2 * MONTH_MS, () => calls++);

  jest.advanceTimersByTime(2 * MONTH_MS - 1);
  const before = calls;
  jest.advanceTimersByTime(1);

  expect([before, calls]).toEqual([0, 1]);
});

test.each([0, MONTH_MS])('a long timer that is cancelled after %d ms is never called', (afterMs) => {
  let calls = 0;
  const timer = new SystemClock().after(2 * MONTH_MS, () => calls++);

  jest.advanceTimersByTime(afterMs);
  timer.cancel();
  jest.advanceTimersByTime(3 * MONTH_MS);

  expect(calls).toBe(0);
  expect(jest.getTimerCount()).toBe(0);
});
