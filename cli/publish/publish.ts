import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { putBack, writeTree } from '../../apps/fleet/manifest-tree';
import { digestFile, rememberDigest } from '../../apps/fleet/rendered-digest';
import { clusterDigests, isProvenance, readFolder, treeDigest } from '../../apps/fleet/tree-digest';
import { CommandError, wrongInput } from '../command-error';
import { shellPath } from '../shell-word';
import { type Checkout, openCheckout } from './checkout';
import { withCheckoutLock } from './checkout-lock';
import { changedFiles, commitManifests } from './commit-manifests';
import { uncommittedSources } from './provenance';
import { push } from './push';
import type { Destination } from './push-failure';
import { runSynth } from './run-synth';
import { refuseDetachedHead, refuseUnfinishedWork } from './unfinished-work';

/** The cdk8s CLI's `output` of `cdk8s.yaml`. */
const LINK = '.cdk8s/out';

/** More lines would hide what to do about them. */
const CHANGES_LIMIT = 20;

export interface PublishOptions {
  /** Folder of the project (with `cdk8s.yaml`), inside a git work tree. */
  readonly directory: string;
  /** @default 'clusters' */
  readonly clusters?: string | undefined;
  /** @default 'manifests' */
  readonly manifests?: string | undefined;
  /** Refuse a HEAD that is on no branch, where a commit would soon be lost. @default false */
  readonly onBranch?: boolean | undefined;
  /** Remote and branch to push HEAD to, or who finds them. @default - nothing is pushed */
  readonly push?: Destination | ((checkout: Checkout) => Promise<Destination>) | undefined;
  readonly toolVersion: string;
}

export interface Published {
  /** HEAD after the command. */
  readonly commit: string;
  /** False: the manifests were up to date. */
  readonly committed: boolean;
  /** False: nothing was to be pushed, or the remote had it all. */
  readonly pushed: boolean;
  /** The remote that has HEAD now. Absent when nothing was to be pushed. */
  readonly remote?: string;
  readonly treeDigest: string;
  /** Names of the rendered clusters (folders of the tree). */
  readonly clusters: readonly string[];
  /** Folder of the manifests, relative to the top of the work tree. */
  readonly manifests: string;
  /** Sources that are not committed: HEAD alone does not render these manifests. */
  readonly uncommittedSources: readonly string[];
  /** What the author should know of, although it is no mistake. */
  readonly warnings: readonly string[];
}

/**
 * Synthesises, commits `manifests/` (nothing else) with its provenance, and pushes.
 * @throws CommandError with code 2 when definitions are wrong, when the manifests were edited by hand, or during a merge.
 */
export async function publish(options: PublishOptions): Promise<Published> {
  const checkout = await openCheckout(options.directory);
  return withCheckoutLock(checkout, () => publishAlone(checkout, options));
}

async function publishAlone(checkout: Checkout, options: PublishOptions): Promise<Published> {
  const folder = options.manifests ?? 'manifests';
  const clusters = resolve(options.directory, options.clusters ?? 'clusters');
  const path = join(realpathSync(options.directory), folder);
  putBack(path);
  const link = join(options.directory, LINK);
  await refuseUnfinishedWork(checkout, path);
  if (options.onBranch === true) await refuseDetachedHead(checkout);
  const to = typeof options.push === 'function' ? await options.push(checkout) : options.push;
  const before = treeDigest(readFolder(path));
  const foreign = before === rememberedDigest(link) ? [] : await changedManifests(checkout, path);

  // Not among temporary files: a publish that is killed would leave it there for ever.
  const scratch = resolve(checkout.root, await checkout.git.revparse(['--git-path', 'capstan-synth']));
  const { tree, warnings } = await runSynth(options.directory, options.clusters ?? 'clusters', scratch);
  const rendered = treeDigest(tree);
  if (foreign.length > 0 && before !== rendered) throw editedByHand(path, foreign);
  writeTree(path, tree);
  rememberDigest(link, rendered);

  const uncommitted = await uncommittedSources(checkout, { clusters, manifests: path });
  const committed = await commitManifests(checkout, path, tree, {
    sourceCommit: (await checkout.head()) ?? null,
    ...(uncommitted.length === 0 ? {} : { uncommittedSources: uncommitted }),
    toolVersion: `capstan ${options.toolVersion}`,
  });
  const commit = await checkout.head();
  if (commit === undefined) throw new CommandError('there is no commit to publish; commit your definitions first');
  const pushed = to !== undefined && (await push(checkout, to, committed ? commit : undefined));
  return {
    commit,
    committed,
    pushed,
    ...(to === undefined ? {} : { remote: to.remote }),
    treeDigest: rendered,
    clusters: [...clusterDigests(tree).keys()],
    manifests: relative(checkout.root, path),
    uncommittedSources: uncommitted,
    warnings,
  };
}

/** Provenance is publish's own: whatever happened to it is set right. */
async function changedManifests(checkout: Checkout, path: string): Promise<string[]> {
  return (await changedFiles(checkout, path)).filter((file) => !isProvenance(file));
}

function editedByHand(path: string, files: readonly string[]): CommandError {
  const shown = relative(process.cwd(), path) || '.';
  const folder = shellPath(path);
  const more = files.length > CHANGES_LIMIT ? [`  and ${files.length - CHANGES_LIMIT} more`] : [];
  const list = [...files.slice(0, CHANGES_LIMIT).map((file) => `  ${join(shown, file)}`), ...more].join('\n');
  return wrongInput(
    `${shown}/ holds changes that synth did not write:\n${list}\nMove them into clusters/, or drop them with \`git restore --staged --worktree ${folder} && git clean -fd ${folder}\`. Nothing was committed.`,
  );
}

function rememberedDigest(link: string): string | undefined {
  const file = digestFile(link);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
