import { valueAt } from '../machinery/json';
import { CommandError } from './command-error';

const CODES: readonly unknown[] = ['EADDRINUSE', 'EACCES'];

/** Lets a server listen; says which flag names another port when it cannot. @throws CommandError */
export async function openPort<T>(flag: string, port: number, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    // Some servers wrap what the system said.
    const code = [valueAt(error, 'code'), valueAt(error, 'cause', 'code')].find((known) => CODES.includes(known));
    if (code === 'EADDRINUSE')
      throw unusable(`port ${port} is taken; stop what listens there, or name another one with ${flag}`, error);
    if (code === 'EACCES')
      throw unusable(`port ${port} needs more rights than this process has; name another one with ${flag}`, error);
    throw error;
  }
}

function unusable(message: string, cause: unknown): CommandError {
  return new CommandError(message, 1, { cause });
}
