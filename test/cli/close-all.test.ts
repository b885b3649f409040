import { type Closer, closeAfter, closeAll, withClosers } from '../../cli/close-all';
import { describeFailure, wrongInput } from '../../cli/command-error';

const failing =
  (message: string): Closer =>
  () => {
    throw new Error(message);
  };

test('all parts are stopped, the last one first, whatever fails', async () => {
  const stopped: number[] = [];
  const closers: Closer[] = [() => void stopped.push(1), failing('disk full'), () => void stopped.push(2)];

  await expect(closeAll(closers)).rejects.toThrow('stopping failed: disk full');

  expect(stopped).toEqual([2, 1]);
  expect(closers).toEqual([]);
});

test('what ended a command is told first, with its exit code, and then what could not be stopped', async () => {
  const run = withClosers(async (closers) => {
    closers.push(failing('disk full'));
    throw wrongInput('3 mistakes');
  });

  const failure = describeFailure(await run.catch((error: unknown) => error));

  expect(failure).toEqual({ text: '3 mistakes\nstopping failed: disk full', exitCode: 2 });
});

test('parts in parts do not repeat themselves', async () => {
  const inner = () => closeAll([failing('port lost')]);

  expect(await closeAfter(wrongInput('no'), [inner])).toMatchObject({ message: 'no\nstopping failed: port lost' });
});

test('a failure stays itself when everything stops', async () => {
  const failure = new Error('no');

  expect(await closeAfter(failure, [() => undefined])).toBe(failure);
});
