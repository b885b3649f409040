import { Command, Option } from 'commander';
import { wrongInput } from '../command-error';
import { toolVersion } from '../installation';
import { findProject, projectNotice } from '../project';
import type { Checkout } from '../publish/checkout';
import { notCommittedText } from '../publish/not-committed';
import { type Published, publish } from '../publish/publish';
import type { Destination } from '../publish/push-failure';
import { findRunningSandbox } from '../running-sandbox';
import { refuseEmptyFolder } from '../up/definition-files';
import { nameRepository, roleOfRemote } from '../up/repository';

/** `capstan publish [--push]`. */
export function publishCommand(): Command {
  return new Command('publish')
    .description('Compile the cluster definitions, commit the manifests with their provenance, and push on request')
    .option('--clusters <dir>', 'folder of cluster definitions (default: "clusters" of the project)')
    .option('--push', 'push HEAD to the remote that the reconciler reads')
    .option(
      '--remote <name>',
      'remote to push to (default: that of `capstan up`, else where git pushes the branch, else capstan)',
    )
    .addOption(new Option('--output <format>', 'print one JSON object').choices(['json']))
    .addHelpText(
      'after',
      '\nExample:\n  $ capstan publish --push\n\nExit codes: 0 done, 1 failed, 2 wrong definitions, manifests edited by hand,\n  a merge or rebase under way, or HEAD on no branch',
    )
    .action(async (options: { clusters?: string; push?: true; remote?: string; output?: string }) => {
      if (options.remote !== undefined && options.push !== true)
        throw wrongInput('--remote says where to push; add --push');
      if (options.clusters !== undefined) refuseEmptyFolder(options.clusters);
      const project = findProject(process.cwd(), options.clusters);
      const { directory, clusters } = project;
      const notice = projectNotice(project, process.cwd());
      if (notice !== undefined) process.stderr.write(`${notice}\n`);
      let to: ReadDestination | undefined;
      const result = await publish({
        directory,
        clusters,
        onBranch: true,
        push:
          options.push === true
            ? async (checkout) => {
                to = await destination(checkout, options.remote);
                return to;
              }
            : undefined,
        toolVersion: toolVersion(),
      });
      for (const warning of result.warnings) process.stderr.write(`warning: ${warning}\n`);
      if (options.output === 'json') process.stdout.write(`${JSON.stringify(result)}\n`);
      else process.stdout.write(describe(result, to?.isUnread === true));
    });
}

/** Where to push, and what becomes of it there. */
interface ReadDestination extends Destination {
  /** The repository of an `up` that does not run. */
  readonly isUnread: boolean;
}

function describe(result: Published, isUnread: boolean): string {
  const revision = result.commit.slice(0, 12);
  const lines = [
    result.committed
      ? `Committed ${result.manifests}/ as ${revision}.`
      : `${result.manifests}/ is up to date at ${revision}.`,
  ];
  const notCommitted = notCommittedText(result.uncommittedSources);
  if (notCommitted !== undefined) lines.push(notCommitted);
  if (result.remote === undefined) lines.push('Next: git push, or npx capstan publish --push');
  else {
    lines.push(result.pushed ? `Pushed to ${result.remote}.` : `${result.remote} has it already: nothing was pushed.`);
    lines.push(
      isUnread
        ? `Next: start npx capstan up; none runs that reads ${result.remote}`
        : 'Next: watch it arrive with npx capstan status',
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Where `--push` goes: to the remote that the reconciler reads, else where git itself would push. */
async function destination(checkout: Checkout, named: string | undefined): Promise<ReadDestination> {
  const ask = asker(checkout);
  const running = await runningRemote(checkout, named);
  const remotes = (await ask('remote')).split('\n').filter((name) => name !== '');
  const listed = remotes.length === 0 ? 'none' : remotes.join(', ');
  if (named !== undefined && !remotes.includes(named))
    throw wrongInput(`there is no remote ${named}; \`git remote\` lists ${listed}`);
  const roleOf = async (remote: string) => roleOfRemote(remote, await ask('config', `remote.${remote}.url`));
  const ofUp = running !== undefined && remotes.includes(running) ? running : 'capstan';
  const branch = await ask('symbolic-ref', '--short', 'HEAD');
  const isMeant = ['read', 'unread'].includes((await roleOf(ofUp)) ?? '');
  const remote = named ?? (isMeant ? ofUp : ((await pushRemoteOf(ask, branch)) ?? (await ownRemote(remotes, roleOf))));
  if (remote === undefined) {
    const fix =
      remotes.length === 0 ? 'add one with `git remote add`, or run `npx capstan up`' : 'choose one with --remote';
    throw wrongInput(
      `cannot tell where to push: branch ${branch} has no upstream, and there are these remotes: ${listed}; ${fix}`,
    );
  }
  const role = await roleOf(remote);
  return { remote, ref: `refs/heads/${role === undefined ? branch : 'main'}`, isUnread: role === 'unread' };
}

/** Where git is told nothing: a remote that a user has given our name. */
async function ownRemote(
  remotes: readonly string[],
  roleOf: (remote: string) => Promise<ReturnType<typeof roleOfRemote>>,
): Promise<string | undefined> {
  return remotes.includes('capstan') && (await roleOf('capstan')) !== 'gone' ? 'capstan' : undefined;
}

/** What git answers, trimmed; nothing where it fails. */
function asker({ git }: Checkout) {
  return async (...args: string[]) => (await git.raw(args).catch(() => '')).trim();
}

/** The remote that git itself pushes a branch to. */
async function pushRemoteOf(ask: ReturnType<typeof asker>, branch: string): Promise<string | undefined> {
  const keys = [`branch.${branch}.pushRemote`, 'remote.pushDefault', `branch.${branch}.remote`];
  const names = await Promise.all(keys.map((key) => ask('config', key)));
  // `.` is this repository: the branch follows another one of it.
  return names.find((name) => name !== '' && name !== '.');
}

/** The remote that the `up` of this checkout reads; one that somebody removed is added again when it is meant. */
async function runningRemote(checkout: Checkout, named: string | undefined): Promise<string | undefined> {
  const running = findRunningSandbox(process.cwd());
  if (running?.repository === undefined || (named !== undefined && named !== running.remote)) return running?.remote;
  const { name, isNew } = await nameRepository(checkout, running.repository);
  if (isNew)
    process.stderr.write(
      `warning: the remote of the running up was gone; added it again: ${name} (${running.repository})\n`,
    );
  return name;
}
