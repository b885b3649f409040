import { messageOf } from '../machinery/errors';
import { CommandError } from './command-error';

/** Ends one part of what a command has started. */
export type Closer = () => Promise<void> | void;

/**
 * Calls all closers, the last one first, and takes them off the list. One that fails does not keep others from being
 * called.
 * @throws CommandError with what failed
 */
export async function closeAll(closers: Closer[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closers.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0)
    throw new CommandError(`stopping failed: ${failures.map(messageOf).join('; ')}`, 1, { cause: failures[0] });
}
