import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { wrongInput } from '../command-error';
import { shellPath } from '../shell-word';
import type { Checkout } from './checkout';

/** What git keeps while an operation waits for the user, by the file that tells. */
const OPERATIONS: readonly { readonly file: string; readonly what: string; readonly command: string }[] = [
  { file: 'rebase-merge', what: 'a rebase', command: 'rebase' },
  { file: 'rebase-apply/applying', what: 'git am', command: 'am' },
  { file: 'rebase-apply', what: 'a rebase', command: 'rebase' },
  { file: 'MERGE_HEAD', what: 'a merge', command: 'merge' },
  { file: 'CHERRY_PICK_HEAD', what: 'a cherry-pick', command: 'cherry-pick' },
  { file: 'REVERT_HEAD', what: 'a revert', command: 'revert' },
];

/** More names would hide what to do. */
const NAMES_LIMIT = 10;

/**
 * Refuses a checkout in which git would not make a commit of the manifests alone.
 * @throws CommandError (2) during a merge, rebase, cherry-pick or revert, and while files are unmerged.
 */
export async function refuseUnfinishedWork(checkout: Checkout, manifests: string): Promise<void> {
  const operation = await operationUnderWay(checkout);
  const unmerged = await unmergedFiles(checkout);
  if (operation === undefined && unmerged.length === 0) return;
  const what =
    operation === undefined
      ? 'there are unmerged files in this checkout; resolve them, `git add` them'
      : `${operation.what} is under way in this checkout; finish it with \`git ${operation.command} --continue\` or drop it with \`git ${operation.command} --abort\``;
  throw wrongInput(`${what}, then publish. Nothing was rendered.${conflicts(checkout, manifests, unmerged)}`);
}

/** @throws CommandError (2) when HEAD is on no branch, where a commit would soon be lost. */
export async function refuseDetachedHead({ git, root }: Checkout): Promise<void> {
  if ((await git.find(['symbolic-ref', '--quiet', 'HEAD'])) !== undefined) return;
  const bisects = existsSync(resolve(root, (await git.revparse(['--git-path', 'BISECT_START'])).trim()));
  const fix = bisects
    ? 'a bisect is under way; end it with `git bisect reset`'
    : 'make one here with `git switch -c NAME`, or go back to yours with `git switch NAME`';
  throw wrongInput(
    `HEAD is on no branch (it is detached), and the commit would be lost with the next switch; ${fix}, then publish. Nothing was rendered.`,
  );
}

async function operationUnderWay({ git, root }: Checkout) {
  const names = OPERATIONS.flatMap(({ file }) => ['--git-path', file]);
  const paths = (await git.raw(['rev-parse', ...names])).trim().split('\n');
  return OPERATIONS.find((_, index) => existsSync(resolve(root, paths[index] ?? '')));
}

async function unmergedFiles({ git }: Checkout): Promise<string[]> {
  const names = await git.raw(['diff', '--name-only', '--diff-filter=U', '-z']);
  return names.split('\0').filter((name) => name !== '');
}

function conflicts({ root }: Checkout, manifests: string, unmerged: readonly string[]): string {
  if (unmerged.length === 0) return '';
  const more = unmerged.length > NAMES_LIMIT ? ` and ${unmerged.length - NAMES_LIMIT} more` : '';
  const list = `\nConflicts: ${unmerged.slice(0, NAMES_LIMIT).join(', ')}${more}`;
  const folder = relative(root, manifests);
  if (!unmerged.some((name) => name.startsWith(`${folder}/`))) return list;
  return `${list}\nThose in ${folder}/ need no editing: when the definitions are merged, \`npx cdk8s synth\` renders them anew, then \`git add ${shellPath(manifests)}\`.`;
}
