import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type GitCredentials,
  type GitFile,
  type GitReference,
  type GitSource,
  GitUnavailable,
} from '../../../api/ports';
import { withoutSecrets } from '../../../machinery/user-info';
import { gitAt, readBlobs } from './git-command';
import { DEFAULT_SOURCE_LIMITS, parseTree, type SourceLimits, sortOut } from './limits';

export interface GitSourceOptions {
  /** Folder for bare clones, one per repository; safe to delete while the process is stopped. */
  readonly cacheDirectory: string;
  /** Whether `file://` URLs and paths may be read. @default false */
  readonly allowLocal?: boolean;
  /** @default DEFAULT_SOURCE_LIMITS */
  readonly limits?: SourceLimits;
}

const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const MANIFEST = /\.(ya?ml|json)$/;
const HIDDEN = /(^|\/)\./;

/** Reads manifests from git's object database: shallow fetches, no work tree, no hooks, no links. */
export function createGitSource(options: GitSourceOptions): GitSource {
  const limits = options.limits ?? DEFAULT_SOURCE_LIMITS;
  return {
    async resolve(reference, signal) {
      refuseUrl(reference.url, options.allowLocal ?? false);
      const directory = await openClone(options.cacheDirectory, reference.url, signal);
      const git = gitAt(directory, signal, authentication(directory, reference.credentials));
      try {
        const commit = COMMIT.test(reference.ref) ? reference.ref : await remoteCommit(git, reference);
        if (!(await hasCommit(git, commit))) {
          await git.raw(['fetch', '--quiet', '--no-tags', '--depth=1', reference.url, commit]);
        }
        return { commit, tree: await folderTree(git, commit, normalPath(reference.path)) };
      } catch (error) {
        throw new GitUnavailable(reference.url, firstLine(error, reference.credentials), undefined);
      }
    },

    async read(reference, revision) {
      if (revision.tree === undefined) return { files: [], problems: [] };
      const directory = cloneDirectory(options.cacheDirectory, reference.url);
      const git = gitAt(directory, new AbortController().signal);
      const folder = normalPath(reference.path);
      const listing = await git.raw(['ls-tree', '-r', '-l', '-z', revision.tree]);
      const { accepted, problems } = sortOut(parseTree(listing, folder), limits);
      const wanted = accepted.filter(({ path }) => MANIFEST.test(path) && !HIDDEN.test(path.slice(folder.length)));
      const blobs = await readBlobs(
        directory,
        wanted.map(({ id }) => id),
      );
      const files = wanted.map(({ path }, index): GitFile => ({ path, content: blobs[index] ?? Buffer.alloc(0) }));
      return { files, problems };
    },
  };
}

type Git = ReturnType<typeof gitAt>;

async function remoteCommit(git: Git, reference: GitReference): Promise<string> {
  const output = await git.raw(['ls-remote', reference.url, reference.ref]);
  const line = output.split('\n').find((candidate) => candidate.endsWith(`\t${reference.ref}`));
  const commit = line?.slice(0, line.indexOf('\t'));
  if (commit === undefined || !COMMIT.test(commit)) throw new Error(`there is no ref ${reference.ref}`);
  return commit;
}

/** Undefined only where git says that there is no such folder: its objects leave git, which no failure may bring about. */
async function folderTree(git: Git, commit: string, path: string): Promise<string | undefined> {
  if (path === '') return (await git.raw(['rev-parse', '--verify', `${commit}^{tree}`])).trim();
  const [entry] = parseTree(await git.raw(['ls-tree', '-l', '-z', commit, '--', path]), '');
  if (entry === undefined) return undefined;
  if (entry.type !== 'tree') throw new Error(`${path} is not a folder`);
  return entry.id;
}

async function hasCommit(git: Git, commit: string): Promise<boolean> {
  return git.raw(['cat-file', '-e', `${commit}^{tree}`]).then(
    () => true,
    () => false,
  );
}

async function openClone(cache: string, url: string, signal: AbortSignal): Promise<string> {
  const directory = cloneDirectory(cache, url);
  if (!existsSync(join(directory, 'HEAD'))) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    await gitAt(directory, signal).raw(['init', '--quiet', '--bare', '--initial-branch=main', '.']);
  }
  return directory;
}

function cloneDirectory(cache: string, url: string): string {
  return join(cache, createHash('sha256').update(url).digest('hex').slice(0, 32));
}

/** Credentials go to git as configuration of one command, never into the URL or the clone's config file. */
function authentication(directory: string, credentials: GitCredentials | undefined): string[] {
  if (credentials === undefined) return [];
  if (credentials.bearerToken !== undefined)
    return [`http.extraHeader=Authorization: Bearer ${credentials.bearerToken}`];
  if (credentials.identity !== undefined) {
    const key = join(directory, 'capstan-identity');
    const hosts = join(directory, 'capstan-known-hosts');
    writeFileSync(key, credentials.identity, { mode: 0o600 });
    chmodSync(key, 0o600);
    writeFileSync(hosts, credentials.knownHosts ?? '');
    const options = `-o StrictHostKeyChecking=yes -o UserKnownHostsFile='${hosts}' -o IdentitiesOnly=yes -o BatchMode=yes`;
    return [`core.sshCommand=ssh -i '${key}' ${options}`];
  }
  if (credentials.username === undefined && credentials.password === undefined) return [];
  const basic = Buffer.from(`${credentials.username ?? ''}:${credentials.password ?? ''}`).toString('base64');
  return [`http.extraHeader=Authorization: Basic ${basic}`];
}

function refuseUrl(url: string, allowLocal: boolean): void {
  if (/^(https?|ssh):\/\/[^-]/.test(url)) return;
  if (allowLocal && (url.startsWith('/') || url.startsWith('file:///'))) return;
  const local = url.startsWith('/') || url.startsWith('file:');
  const fix = 'use an https:// or ssh:// URL';
  throw new GitUnavailable(url, local ? `only \`capstan run --allow-local-repositories\` reads it; ${fix}` : fix);
}

function normalPath(path: string): string {
  return path.replace(/^(\.?\/)+|\/+$/g, '').replace(/^\.$/, '');
}

function firstLine(error: unknown, credentials: GitCredentials | undefined): string {
  let text = (error instanceof Error ? error.message : String(error)).trim().split('\n')[0] ?? '';
  for (const secret of secretsIn(credentials)) text = text.replaceAll(secret, '***');
  // How long an attempt took is another with each, and no news.
  return withoutSecrets(text).replace(/ after \d+ ms\b/g, '');
}

/** Shorter than any token. */
const USERNAME_LIMIT = 16;

/** User names are none (`git` is also in most addresses), unless a token may stand in their place. */
function secretsIn({ username = '', password = '', bearerToken = '', identity = '' }: GitCredentials = {}): string[] {
  const isToken = password === '' || username.length >= USERNAME_LIMIT;
  return [password, bearerToken, identity, isToken ? username : ''].filter((secret) => secret !== '');
}
