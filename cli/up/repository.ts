import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { type ObjectKey, parseApiVersion } from '../../machinery/kube-object';
import { isJournalOpen } from '../../sandbox/journal';
import { type Checkout, type Git, gitFailure, gitIn } from '../publish/checkout';
import { withRemotesLock } from '../publish/checkout-lock';
import { runGit, runGitNow } from '../publish/git-process';

/** Name of the bare repository in a data directory. */
const REPOSITORY = 'repository.git';
const MAIN = 'refs/heads/main';
const CLUSTER_API_GROUP = 'cluster.x-k8s.io';
/** Names that are given here. */
const REMOTE = /^capstan(-\d+)?$/;
/** Named, because a careful user's git does not use a bare repository that it only comes across. */
const BARE = '--git-dir=.';
const URL_KEYS = '^remote\\..*\\.url$';

/** What a commit's manifests ask for. */
export interface Contents {
  readonly clusters: readonly ObjectKey[];
  /** Namespaces that its objects are in. */
  readonly namespaces: readonly string[];
}

/**
 * What a remote is: the repository of an `up` that runs (`read`) or does not (`unread`), that of one whose data directory
 * is gone, or undefined for any other.
 */
export function roleOfRemote(name: string, url: string): 'read' | 'unread' | 'gone' | undefined {
  if (!REMOTE.test(name) || !isRepositoryOfUp(url)) return undefined;
  if (!existsSync(url)) return 'gone';
  return isLeftOver(url) ? 'unread' : 'read';
}

/** Whether a URL leads to a repository that some `up` has made. */
export function isRepositoryOfUp(url: string): boolean {
  return isAbsolute(url) && url.endsWith(`/${REPOSITORY}`);
}

/** The bare repository that `up` publishes to, and its name among the checkout's remotes. */
export interface UpRepository {
  readonly directory: string;
  readonly remote: string;
  /** Commit id of what was pushed last, or undefined. */
  head(): string | undefined;
  /** What a commit asks for. */
  contents(commit: string, manifests: string): Promise<Contents>;
  /** Removes the remote again, unless it leads somewhere else by now. */
  withdraw(): Promise<void>;
  /** {@link withdraw} for a process that ends this moment. */
  withdrawNow(): void;
}

/** Creates (or opens) the bare repository in the data directory and makes it a remote of the checkout. */
export async function openRepository(checkout: Checkout, dataDirectory: string): Promise<UpRepository> {
  const directory = join(dataDirectory, REPOSITORY);
  mkdirSync(directory, { recursive: true });
  const bare = gitIn(directory, [BARE]);
  if (!existsSync(join(directory, 'HEAD'))) await initialise(directory, checkout);
  // Checkouts of CI jobs are shallow, and nobody asks this repository for what they lack.
  await bare.raw(['config', 'receive.shallowUpdate', 'true']);
  return {
    directory,
    remote: (await nameRepository(checkout, directory)).name,
    head: () => headOf(directory),
    contents: (commit, manifests) => contentsOf(directory, commit, manifests),
    withdraw: () =>
      withRemotesLock(checkout, async () => {
        for (const name of namesOf(directory, await remotes(checkout.git)))
          await checkout.git.raw(['remote', 'remove', name]).catch(() => undefined);
      }),
    withdrawNow: () => {
      const listed = runGitNow(checkout.root, ['config', '--null', '--get-regexp', URL_KEYS]);
      for (const name of namesOf(directory, parseRemotes(listed.stdout)))
        runGitNow(checkout.root, ['remote', 'remove', name]);
    },
  };
}

/**
 * The remote of the checkout that is this repository. Where there is none it is added as `capstan`, or `capstan-2`, …
 * where that name is taken: by an `up` that runs, in this work tree or another one, or by a remote of the user's.
 */
export function nameRepository(
  checkout: Checkout,
  directory: string,
): Promise<{ readonly name: string; readonly isNew: boolean }> {
  const { git } = checkout;
  return withRemotesLock(checkout, async () => {
    const known = await remotes(git);
    const [own] = namesOf(directory, known);
    if (own !== undefined) return { name: own, isNew: false };
    for (let number = 1; ; number++) {
      const name = number === 1 ? 'capstan' : `capstan-${number}`;
      const url = known.get(name);
      if (url !== undefined && !isLeftOver(url)) continue;
      await git.raw(['remote', url === undefined ? 'add' : 'set-url', name, directory]);
      return { name, isNew: true };
    }
  });
}

/** URLs as they are configured, by the name of the remote. */
async function remotes(git: Git): Promise<ReadonlyMap<string, string>> {
  return parseRemotes((await git.find(['config', '--null', '--get-regexp', URL_KEYS])) ?? '');
}

function parseRemotes(listed: string): ReadonlyMap<string, string> {
  const entries = listed.split('\0').filter((entry) => entry !== '');
  return new Map(
    entries.map((entry) => {
      const end = entry.indexOf('\n');
      return [entry.slice('remote.'.length, end - '.url'.length), entry.slice(end + 1)];
    }),
  );
}

function namesOf(directory: string, known: ReadonlyMap<string, string>): string[] {
  return [...known].flatMap(([name, url]) => (url === directory && REMOTE.test(name) ? [name] : []));
}

/**
 * Left by an earlier `up` that was killed, or whose data directory rests; it is added again when that one starts. One
 * that runs, for whichever work tree, holds its data directory.
 */
function isLeftOver(url: string): boolean {
  return isRepositoryOfUp(url) && !isJournalOpen({ directory: join(dirname(url), 'cloudstack') });
}

/** In the formats that are read here and pushed to from the checkout, which need not be those for new repositories. */
async function initialise(directory: string, { git }: Checkout): Promise<void> {
  const objects = `--object-format=${await git.revparse(['--show-object-format'])}`;
  const options = ['init', '--quiet', '--bare', '--initial-branch=main', objects];
  const end = await runGit(directory, options, { GIT_DEFAULT_REF_FORMAT: 'files' });
  if (end.code !== 0) throw gitFailure('init', directory, end);
}

/** Read from the files: it is asked several times a second, and pushes write it. */
function headOf(directory: string): string | undefined {
  return (
    textOf(join(directory, MAIN))?.trim() ??
    // Git gathers references there when it cleans up.
    textOf(join(directory, 'packed-refs'))
      ?.split('\n')
      .flatMap((line) => (line.endsWith(` ${MAIN}`) ? line.split(' ') : []))[0]
  );
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Patterns as synth writes these lines, and an answer in one form, whatever the user's configuration says. */
const GREP = ['grep', '--basic-regexp', '--text', '--no-color', '--no-line-number', '--no-column', '--null'];
const FIELDS = ['^apiVersion: ', '^kind: ', '^  name: ', '^  namespace: '];

async function contentsOf(directory: string, commit: string, manifests: string): Promise<Contents> {
  const patterns = FIELDS.flatMap((field) => ['-e', field]);
  const end = await runGit(directory, [BARE, ...GREP, ...patterns, commit, '--', manifests]);
  // It ends with 1 where nothing is found.
  if (end.code > 1) throw gitFailure('grep', directory, end);
  const objects = new Map<string, { readonly [field: string]: string }>();
  for (const [, path = '', field = '', value = ''] of end.stdout.matchAll(/^([^\0\n]+)\0 *(\w+): "?(.*?)"?$/gm))
    objects.set(path, { [field]: value, ...objects.get(path) });
  const clusters: ObjectKey[] = [];
  const namespaces = new Set<string>();
  for (const { apiVersion = '', kind, name = '', namespace } of objects.values()) {
    if (namespace === undefined) continue;
    namespaces.add(namespace);
    if (kind === 'Cluster' && parseApiVersion(apiVersion).group === CLUSTER_API_GROUP)
      clusters.push({ namespace, name });
  }
  return { clusters, namespaces: [...namespaces].sort() };
}
