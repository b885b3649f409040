/** Why a push failed: git's own reason, and what to do about that one. */

import { withoutSecrets } from '../../machinery/user-info';
import { CommandError } from '../command-error';
import type { GitEnd } from './git-process';

export interface Destination {
  readonly remote: string;
  readonly ref: string;
}

/** Lines of git that advise for other situations, or say no more than that it failed. */
const NOISE =
  /^(hint: |error: failed to push some refs|Please make sure you have the correct access|and the repository exists)/;

/** The first that fits counts: what only happens to follow from another failure comes later. */
const ADVICE: readonly { readonly fits: RegExp; readonly advice: (to: Destination) => string }[] = [
  {
    fits: /\[rejected\].*\((fetch first|non-fast-forward|needs force|stale info)\)/,
    advice: ({ remote, ref }) =>
      `It has commits that HEAD lacks: \`git pull --rebase ${remote} ${branchOf(ref)}\`, then publish again.`,
  },
  {
    fits: /shallow update not allowed/,
    advice: () =>
      'This checkout is shallow (it lacks older commits), and the server has not got those: `git fetch --unshallow`, then publish again.',
  },
  {
    fits: /\[remote rejected\]/,
    advice: ({ ref }) =>
      `The server does not accept it: ask who runs it, or publish from another branch than ${branchOf(ref)} and have it merged.`,
  },
  {
    fits: /could not read (Username|Password)|Authentication failed|Permission denied|Host key verification failed|error: 40[13]|[Aa]ccess denied|not authorized/,
    advice: ({ remote }) =>
      `You have no access: check your credentials (SSH agent, credential helper, token) for \`git remote get-url ${remote}\`.`,
  },
  {
    fits: /Could not resolve host|[Cc]onnection (refused|timed out|reset)|Failed to connect|unable to access|Operation timed out|No route to host/,
    advice: ({ remote }) => `Is \`git remote get-url ${remote}\` right, and can it be reached from here?`,
  },
  {
    fits: /does not appear to be a git repository|repository '.*' not found|[Rr]epository not found|does not exist/,
    advice: ({ remote }) =>
      `There is no repository (or none that you may see): correct it with \`git remote set-url ${remote} URL\`.`,
  },
];

/** @param commit - the one made in this run, if any */
export function pushFailure(to: Destination, { stdout, stderr }: GitEnd, commit: string | undefined): CommandError {
  const refused = stdout.split('\n').flatMap((line) => (line.startsWith('!') ? (line.split('\t')[2] ?? []) : []));
  const said = stderr.split('\n').filter((line) => line.trim() !== '' && !NOISE.test(line));
  const reason = withoutSecrets([...refused, ...said].join('\n'));
  const advice = ADVICE.find(({ fits }) => fits.test(reason))?.advice(to) ?? 'Correct that, then publish again.';
  return new CommandError(
    [
      `push to ${to.remote} failed: ${reason === '' ? 'git does not say why' : reason}`,
      ...(commit === undefined ? [] : [`The commit ${commit.slice(0, 12)} is made and stays.`]),
      advice,
    ].join('\n'),
  );
}

function branchOf(ref: string): string {
  return ref.replace(/^refs\/heads\//, '');
}
