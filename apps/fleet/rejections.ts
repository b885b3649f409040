import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Runs `work` and returns with its result the reasons of promises that it leaves rejected. Without this they would end
 * the process with a stack.
 */
export async function withRejections<T>(work: () => T): Promise<{ readonly result: T; readonly reasons: unknown[] }> {
  const reasons: unknown[] = [];
  const note = (reason: unknown) => reasons.push(reason);
  process.on('unhandledRejection', note);
  try {
    const result = work();
    await nextTurn();
    return { result, reasons };
  } finally {
    process.off('unhandledRejection', note);
  }
}
