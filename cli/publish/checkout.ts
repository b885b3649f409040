import { type SimpleGit, simpleGit } from 'simple-git';
import { messageOf } from '../../machinery/errors';
import { wrongInput } from '../command-error';

/** The git work tree that a command runs in. */
export interface Checkout {
  /** Its top folder. */
  readonly root: string;
  readonly git: SimpleGit;
  /** Commit id of HEAD, or undefined before the first commit. */
  head(): Promise<string | undefined>;
}

/** @throws CommandError (2) when the folder is not in a git work tree. */
export async function openCheckout(directory: string): Promise<Checkout> {
  const git = simpleGit({ baseDir: directory });
  const top = await git.revparse(['--show-toplevel']).catch((error: unknown) => {
    if (messageOf(error).includes('ENOENT')) throw wrongInput('git is not installed; install it and try again');
    throw wrongInput(`${directory} is not in a git repository; run \`git init\` and commit your files first`);
  });
  const root = simpleGit({ baseDir: top });
  return {
    root: top,
    git: root,
    head: () => root.revparse(['--verify', '--quiet', 'HEAD']).then(nonEmpty, () => undefined),
  };
}

/** An identity for commits where git has none (a bare CI machine). */
export async function identityArguments(git: SimpleGit): Promise<string[]> {
  const email = await git.raw(['config', 'user.email']).catch(() => '');
  return email.trim() === '' ? ['-c', 'user.name=capstan', '-c', 'user.email=capstan@localhost'] : [];
}

function nonEmpty(text: string): string | undefined {
  return text.trim() === '' ? undefined : text.trim();
}
