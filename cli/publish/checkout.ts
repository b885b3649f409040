import { messageOf } from '../../machinery/errors';
import { withoutSecrets } from '../../machinery/user-info';
import { CommandError, wrongInput } from '../command-error';
import { type GitEnd, runGit } from './git-process';

/** Git in one folder, with the user's whole environment: it answers what the user's own git does. */
export interface Git {
  /** What it prints. @throws CommandError (1) when git ends with another code than 0 */
  raw(args: readonly string[]): Promise<string>;
  /** As `raw`; undefined when git ends with 1, which is how it says that there is none. */
  find(args: readonly string[]): Promise<string | undefined>;
  /** As `raw`, trimmed. */
  revparse(args: readonly string[]): Promise<string>;
}

/** The git work tree that a command runs in. */
export interface Checkout {
  /** Its top folder. */
  readonly root: string;
  readonly git: Git;
  /** Commit id of HEAD, or undefined before the first commit. */
  head(): Promise<string | undefined>;
}

/** @throws CommandError (2) when the folder is not in a git work tree that git may use. */
export async function openCheckout(directory: string): Promise<Checkout> {
  const end = await topOf(directory);
  if (end.code !== 0) {
    const said = end.stderr.trim();
    if (said.includes('not a git repository'))
      throw wrongInput(`${directory} is not in a git repository; run \`git init\` and commit your files first`);
    throw wrongInput(`git does not use ${directory}: ${said}`);
  }
  const root = end.stdout.trim();
  const git = gitIn(root);
  return { root, git, head: async () => (await git.find(['rev-parse', '--verify', '--quiet', 'HEAD']))?.trim() };
}

/**
 * Git in a folder that is known to be a repository.
 * @param options - git's own, before each command
 */
export function gitIn(directory: string, options: readonly string[] = []): Git {
  const run = async (args: readonly string[], none?: number) => {
    const end = await runGit(directory, [...options, ...args]);
    if (end.code === none) return undefined;
    if (end.code !== 0) throw gitFailure(args[0] ?? '', directory, end);
    return end.stdout;
  };
  const raw = async (args: readonly string[]) => (await run(args)) ?? '';
  return {
    raw,
    find: (args) => run(args, 1),
    revparse: async (args) => (await raw(['rev-parse', ...args])).trim(),
  };
}

export function gitFailure(command: string, directory: string, { stderr }: GitEnd): CommandError {
  return new CommandError(`git ${command} failed in ${directory}: ${withoutSecrets(stderr.trim())}`);
}

/** An identity for commits where git has none (a bare CI machine). */
export async function identityArguments({ root }: Checkout): Promise<string[]> {
  const email = await runGit(root, ['config', 'user.email']);
  return email.stdout.trim() === '' ? ['-c', 'user.name=capstan', '-c', 'user.email=capstan@localhost'] : [];
}

async function topOf(directory: string): Promise<GitEnd> {
  try {
    // The reason is told apart by its words, which git translates otherwise.
    return await runGit(directory, ['rev-parse', '--show-toplevel'], { LC_ALL: 'C' });
  } catch (error) {
    if (messageOf(error).includes('ENOENT')) throw wrongInput('git is not installed; install it and try again');
    throw error;
  }
}
