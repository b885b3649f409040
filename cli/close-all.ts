import { messageOf } from '../machinery/errors';
import { CommandError, describeFailure } from './command-error';

/** Ends one part of what a command has started. */
export type Closer = () => Promise<void> | void;

/**
 * Calls all closers, the last one first, and takes them off the list. One that fails does not keep others from being
 * called.
 * @throws CommandError with what failed
 */
export async function closeAll(closers: Closer[]): Promise<void> {
  const failures = await closeEach(closers);
  if (failures.length > 0) throw new CommandError(textOf(failures), 1, { cause: failures[0] });
}

/** Calls all closers after a failure. @returns that failure, with what failed besides */
export async function closeAfter(failure: unknown, closers: Closer[]): Promise<unknown> {
  const failures = await closeEach(closers);
  if (failures.length === 0) return failure;
  const { text, exitCode } = describeFailure(failure);
  return new CommandError(`${text}\n${textOf(failures)}`, exitCode, { cause: failure });
}

/** Runs `work` and closes what it has put on the list, however it ends. */
export async function withClosers(work: (closers: Closer[]) => Promise<void>): Promise<void> {
  const closers: Closer[] = [];
  try {
    await work(closers);
  } catch (error) {
    throw await closeAfter(error, closers);
  }
  await closeAll(closers);
}

async function closeEach(closers: Closer[]): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  for (const close of closers.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}

function textOf(failures: readonly unknown[]): string {
  return `stopping failed: ${failures.map((failure) => messageOf(failure).replace(/^stopping failed: /, '')).join('; ')}`;
}
