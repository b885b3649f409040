import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

import {
  clusterDigests,
  isProvenance,
  type ManifestTree,
  PROVENANCE_FILE,
  treeDigest,
} from '../../apps/fleet/tree-digest';
import { trueProvenance } from '../../apps/fleet/true-provenance';
import { withoutSecrets } from '../../machinery/user-info';
import { CommandError } from '../command-error';
import { type Checkout, identityArguments } from './checkout';
import { runGit } from './git-process';
import { commitMessage, formatProvenance, type Source } from './provenance';

const COMMIT_HOOKS = ['pre-commit', 'prepare-commit-msg', 'commit-msg'];

/**
 * Commits the manifests at `path`, and nothing else, with the provenance of each cluster that is new or has none that
 * is true. False when there is nothing to commit.
 * @throws CommandError (1) when git does not make the commit.
 */
export async function commitManifests(
  checkout: Checkout,
  path: string,
  tree: ManifestTree,
  source: Source,
): Promise<boolean> {
  const { git, root } = checkout;
  const changed = await changedFiles(checkout, path);
  const kept = trueProvenance(path, tree);
  const due = [...clusterDigests(tree)].filter(
    ([cluster]) => !kept.has(cluster) || changed.some((file) => file.startsWith(`${cluster}/`)),
  );
  if (changed.length === 0 && due.length === 0) return false;
  mkdirSync(path, { recursive: true });
  for (const [cluster, digest] of due)
    writeFileSync(join(path, cluster, PROVENANCE_FILE), formatProvenance(source, digest));
  await git.raw(['add', '--force', '--', path]);
  if ((await git.raw(['diff', '--cached', '--name-only', '--', path])).trim() === '') return false;

  const identity = await identityArguments(checkout);
  const rendered = changed.some((file) => !isProvenance(file));
  const heading = `${rendered ? 'Render' : 'Record the provenance of'} ${relative(root, path)}`;
  const message = commitMessage(heading, source, treeDigest(tree));
  const end = await runGit(root, [...identity, 'commit', '--quiet', '--only', '-m', message, '--', path]);
  if (end.code !== 0) throw await commitFailure(checkout, path, `${end.stdout}${end.stderr}`);
  return true;
}

/** Paths below `path` that are not as in HEAD. */
export async function changedFiles({ git, root }: Checkout, path: string): Promise<string[]> {
  const options = ['--porcelain', '-z', '--no-renames', '--untracked-files=all', '--ignored=no'];
  const status = await git.raw(['status', ...options, '--', path]);
  const entries = status.split('\0').filter((entry) => entry !== '');
  return entries.map((entry) => relative(path, join(root, entry.slice(3))));
}

async function commitFailure(checkout: Checkout, path: string, said: string): Promise<CommandError> {
  const hooks = await commitHooks(checkout);
  const suspects =
    hooks.length === 0 ? '' : ` This repository has hooks that may refuse a commit: ${hooks.join(', ')}.`;
  const reason = said.trim() === '' ? 'git does not say why' : withoutSecrets(said.trim());
  return new CommandError(
    `git did not commit ${relative(checkout.root, path)}/: ${reason}\nThe manifests are rendered and staged, not committed.${suspects} Correct that, then publish again.`,
  );
}

async function commitHooks({ git, root }: Checkout): Promise<string[]> {
  const folder = resolve(root, (await git.revparse(['--git-path', 'hooks'])).trim());
  return COMMIT_HOOKS.filter((name) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
