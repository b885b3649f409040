import { existsSync, mkdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { simpleGit } from 'simple-git';
import type { Checkout } from '../publish/checkout';

/** Name of the bare repository in a data directory. */
const REPOSITORY = 'repository.git';

/** The bare repository that `up` publishes to, and its name among the checkout's remotes. */
export interface UpRepository {
  readonly directory: string;
  readonly remote: string;
  /** Removes the remote again. */
  withdraw(): Promise<void>;
}

/**
 * Creates (or opens) the bare repository in the data directory and adds it to the checkout as remote `capstan`, or
 * `capstan-2`, … where that name is taken: by an `up` of this checkout that runs, or by a remote of the user's.
 * @param held - remotes of those that run
 */
export async function openRepository(
  checkout: Checkout,
  dataDirectory: string,
  held: ReadonlySet<string>,
): Promise<UpRepository> {
  const directory = join(dataDirectory, REPOSITORY);
  if (!existsSync(join(directory, 'HEAD'))) {
    mkdirSync(directory, { recursive: true });
    await simpleGit({ baseDir: directory }).raw(['init', '--quiet', '--bare', '--initial-branch=main', '.']);
  }
  const { git } = checkout;
  for (let number = 1; ; number++) {
    const remote = number === 1 ? 'capstan' : `capstan-${number}`;
    const url = (await git.raw(['config', '--get', `remote.${remote}.url`]).catch(() => '')).trim();
    if (url !== '' && url !== directory && (held.has(remote) || !isOurs(url))) continue;
    if (url === '') await git.raw(['remote', 'add', remote, directory]);
    else if (url !== directory) await git.raw(['remote', 'set-url', remote, directory]);
    return {
      directory,
      remote,
      withdraw: async () => {
        await git.raw(['remote', 'remove', remote]).catch(() => undefined);
      },
    };
  }
}

/** Left by an earlier `up` that was killed, or whose data directory rests; it is added again when that one starts. */
function isOurs(url: string): boolean {
  return isAbsolute(url) && url.endsWith(`/${REPOSITORY}`);
}
