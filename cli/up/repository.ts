import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { type SimpleGit, simpleGit } from 'simple-git';
import { type ObjectKey, parseApiVersion } from '../../machinery/kube-object';
import type { Checkout } from '../publish/checkout';

/** Name of the bare repository in a data directory. */
const REPOSITORY = 'repository.git';
const CLUSTER_API_GROUP = 'cluster.x-k8s.io';

/** What a commit's manifests ask for. */
export interface Contents {
  readonly clusters: readonly ObjectKey[];
  /** Namespaces that its objects are in. */
  readonly namespaces: readonly string[];
}

/** The bare repository that `up` publishes to, and its name among the checkout's remotes. */
export interface UpRepository {
  readonly directory: string;
  readonly remote: string;
  /** Commit id of what was pushed last, or undefined. */
  head(): string | undefined;
  /** What a commit asks for. */
  contents(commit: string, manifests: string): Promise<Contents>;
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
  const bare = simpleGit({ baseDir: directory });
  for (let number = 1; ; number++) {
    const remote = number === 1 ? 'capstan' : `capstan-${number}`;
    const url = (await git.raw(['config', '--get', `remote.${remote}.url`]).catch(() => '')).trim();
    if (url !== '' && url !== directory && (held.has(remote) || !isOurs(url))) continue;
    if (url === '') await git.raw(['remote', 'add', remote, directory]);
    else if (url !== directory) await git.raw(['remote', 'set-url', remote, directory]);
    return {
      directory,
      remote,
      head: () => headOf(directory),
      contents: (commit, manifests) => contentsOf(bare, commit, manifests),
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

/** Read from the file: it is asked several times a second, and pushes write it. */
function headOf(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, 'refs/heads/main'), 'utf8').trim();
  } catch {
    return undefined;
  }
}

async function contentsOf(bare: SimpleGit, commit: string, manifests: string): Promise<Contents> {
  // Synth writes both lines in one form. Nothing found is no failure of ours.
  const patterns = ['-e', '^apiVersion: ', '-e', '^kind: ', '-e', '^  name: ', '-e', '^  namespace: '];
  const lines = await bare.raw(['grep', ...patterns, commit, '--', manifests]).catch(() => '');
  const objects = new Map<string, { readonly [field: string]: string }>();
  for (const [, path = '', field = '', value = ''] of lines.matchAll(/^([^:]+:[^:]+): *(\w+): "?(.*?)"?$/gm))
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
