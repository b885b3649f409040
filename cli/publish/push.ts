import type { Checkout } from './checkout';
import { runGit } from './git-process';
import { type Destination, pushFailure } from './push-failure';

/**
 * Pushes HEAD. False when the remote had it already.
 * @param commit - the one made in this run, if any
 * @throws CommandError (1) with git's reason.
 */
export async function push({ root }: Checkout, to: Destination, commit: string | undefined): Promise<boolean> {
  // Reasons are told apart by their words, which git translates otherwise.
  const end = await runGit(root, ['push', '--porcelain', to.remote, `HEAD:${to.ref}`], { LC_ALL: 'C' });
  if (end.code !== 0) throw pushFailure(to, end, commit);
  return !end.stdout.split('\n').some((line) => line.startsWith('=\t'));
}
