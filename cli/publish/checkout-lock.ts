import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../machinery/errors';
import { releaseLock, tryTakeLock } from '../../sandbox/lock-file';
import { CommandError } from '../command-error';
import type { Checkout } from './checkout';

const RETRY_MS = 50;
/** Longer than any synth; then something is wrong that a human must see. */
const PATIENCE_MS = 120_000;

/**
 * Runs `work` while no other Capstan command changes this checkout: git refuses two commits at once, and two synths
 * would replace the same folder.
 */
export async function withCheckoutLock<T>({ git, root }: Checkout, work: () => Promise<T>): Promise<T> {
  return withLock(resolve(root, await git.revparse(['--git-path', 'capstan.lock'])), work);
}

/** Runs `work` while no other Capstan command changes remotes: all work trees of a repository share them. */
export async function withRemotesLock<T>({ git, root }: Checkout, work: () => Promise<T>): Promise<T> {
  return withLock(resolve(root, await git.revparse(['--git-common-dir']), 'capstan-remotes.lock'), work);
}

async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  for (let waitedMs = 0; !tryTake(file); waitedMs += RETRY_MS) {
    if (waitedMs > PATIENCE_MS) {
      throw new CommandError(
        `another command has been at work in this checkout for minutes; if none is, remove ${file}`,
      );
    }
    await sleep(RETRY_MS);
  }
  try {
    return await work();
  } finally {
    releaseLock(file);
  }
}

function tryTake(file: string): boolean {
  try {
    return tryTakeLock(file);
  } catch (cause) {
    throw new CommandError(`cannot write ${file} (${messageOf(cause)}); use a checkout that can be written`, 1, {
      cause,
    });
  }
}
