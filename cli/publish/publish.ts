import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { PROVENANCE_FILE, replaceTree } from '../../apps/fleet/manifest-tree';
import { digestFile, rememberDigest } from '../../apps/fleet/rendered-digest';
import { readFolder, treeDigest } from '../../apps/fleet/tree-digest';
import { CommandError, wrongInput } from '../command-error';
import { type Checkout, identityArguments, openCheckout } from './checkout';
import { withCheckoutLock } from './checkout-lock';
import { commitMessage, formatProvenance, type Provenance, uncommittedSources } from './provenance';
import { runSynth } from './run-synth';

/** The cdk8s CLI's `output` of `cdk8s.yaml`. */
const LINK = '.cdk8s/out';

export interface PublishOptions {
  /** Folder of the project (with `cdk8s.yaml`), inside a git work tree. */
  readonly directory: string;
  /** @default 'clusters' */
  readonly clusters?: string | undefined;
  /** @default 'manifests' */
  readonly manifests?: string | undefined;
  /** Remote and branch to push HEAD to. @default - nothing is pushed */
  readonly push?: { readonly remote: string; readonly ref: string } | undefined;
  readonly toolVersion: string;
}

export interface Published {
  /** HEAD after the command. */
  readonly commit: string;
  /** False: the manifests were up to date. */
  readonly committed: boolean;
  readonly pushed: boolean;
  readonly treeDigest: string;
  /** Names of the rendered clusters (folders of the tree). */
  readonly clusters: readonly string[];
  /** Folder of the manifests, relative to the top of the work tree. */
  readonly manifests: string;
  /** Sources that are not committed: HEAD alone does not render these manifests. */
  readonly uncommittedSources: readonly string[];
}

/**
 * Synthesises, commits `manifests/` (nothing else) with its provenance, and pushes.
 * @throws CommandError with code 2 when definitions are wrong, or when the manifests were edited by hand.
 */
export async function publish(options: PublishOptions): Promise<Published> {
  const checkout = await openCheckout(options.directory);
  return withCheckoutLock(checkout, () => publishAlone(checkout, options));
}

async function publishAlone(checkout: Checkout, options: PublishOptions): Promise<Published> {
  const folder = options.manifests ?? 'manifests';
  const clusters = resolve(options.directory, options.clusters ?? 'clusters');
  const path = join(realpathSync(options.directory), folder);
  const link = join(options.directory, LINK);
  const before = treeDigest(readFolder(path));
  const ours = before === rememberedDigest(link) || (await isCommitted(checkout, path));

  const tree = await runSynth(options.directory, options.clusters ?? 'clusters');
  const rendered = treeDigest(tree);
  if (!ours && before !== rendered) {
    const changed = await checkout.git.raw(['status', '--porcelain', '--', path]);
    throw wrongInput(
      `${folder}/ holds changes that synth did not write:\n${changed.trimEnd()}\nMove them into clusters/, or drop them with \`git restore --staged --worktree ${folder} && git clean -fd ${folder}\`. Nothing was committed.`,
    );
  }
  if (before !== rendered) replaceTree(path, tree);
  rememberDigest(link, rendered);

  const uncommitted = await uncommittedSources(checkout, { clusters, manifests: path });
  const committed = await commitManifests(checkout, path, {
    sourceCommit: (await checkout.head()) ?? null,
    ...(uncommitted.length === 0 ? {} : { uncommittedSources: uncommitted }),
    toolVersion: `capstan ${options.toolVersion}`,
    treeDigest: rendered,
  });
  const commit = await checkout.head();
  if (commit === undefined) throw new CommandError('there is no commit to publish; commit your definitions first');
  if (options.push !== undefined) await push(checkout, options.push);
  return {
    commit,
    committed,
    pushed: options.push !== undefined,
    treeDigest: rendered,
    clusters: [...new Set([...tree.keys()].map((file) => file.split('/')[0] ?? ''))],
    manifests: relative(checkout.root, path),
    uncommittedSources: uncommitted,
  };
}

/** False when there is nothing to commit. */
async function commitManifests(checkout: Checkout, path: string, provenance: Provenance): Promise<boolean> {
  const { git, root } = checkout;
  if (await isCommitted(checkout, path)) return false;
  writeFileSync(join(path, PROVENANCE_FILE), formatProvenance(provenance));
  await git.raw(['add', '--force', '--', path]);
  const identity = await identityArguments(git);
  const message = commitMessage(relative(root, path), provenance);
  await git.raw([...identity, 'commit', '--quiet', '--no-verify', '--only', '-m', message, '--', path]);
  return true;
}

async function push(checkout: Checkout, { remote, ref }: { remote: string; ref: string }): Promise<void> {
  try {
    await checkout.git.raw(['push', '--quiet', remote, `HEAD:${ref}`]);
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).trim().split('\n').slice(-3).join(' ');
    throw new CommandError(`push to ${remote} failed: ${why}\nThe commit is made; fetch, rebase and push again.`, 1, {
      cause: error,
    });
  }
}

async function isCommitted({ git }: Checkout, path: string): Promise<boolean> {
  return (await git.raw(['status', '--porcelain', '--ignored=no', '--', path])).trim() === '';
}

function rememberedDigest(link: string): string | undefined {
  const file = digestFile(link);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
